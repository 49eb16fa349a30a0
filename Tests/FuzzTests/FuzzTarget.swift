/// Something that takes bytes from outside, and what must hold whatever these are.
///
/// A target is run by libFuzzer (`scripts/fuzz`), and by the tests over its seeds in `Seeds/<name>`.
struct FuzzTarget: Sendable {
    /// What was broken, in words.
    struct Finding: Error, CustomStringConvertible {
        let description: String
    }

    let name: String
    /// Throws a `Finding`; it must not take more time or memory than the input's length justifies.
    let run: @Sendable ([UInt8]) throws -> Void

    static let all: [FuzzTarget] = [
        arrow, json, lines, records, workers, csv, documents, configuration, package, times, values, http, paths, rows,
        columns, compression, storedText, contracts, patterns, cursors, names, numbers, journal, queries,
        expressions, requests, answers, origins, descriptions, stores,
    ]
}

/// Fails the target unless the condition holds.
func require(_ condition: Bool, _ words: @autoclosure () -> String) throws {
    if !condition { throw FuzzTarget.Finding(description: words()) }
}

/// Options of a target that come from its input: one byte each, so that the fuzzer can change them too.
struct FuzzInput {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// A digit means its value, so that seeds stay readable.
    mutating func option(below count: Int) -> Int {
        guard let byte = rest.popFirst() else { return 0 }
        return Int(byte &- 0x30 <= 9 ? byte &- 0x30 : byte) % count
    }

    /// What stands before the first newline, which is taken too.
    mutating func line() -> [UInt8] {
        let line = rest.prefix { $0 != 0x0A }
        rest = rest.dropFirst(line.count + 1)
        return Array(line)
    }

    var bytes: [UInt8] { Array(rest) }
    var text: String { String(decoding: rest, as: UTF8.self) }
}
