import JSONText
import SystemIO
import TestSupport
import Testing

/// The scanner on the torture set.
struct TortureTests {
    private func scan(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONTape {
        let tape = JSONTape()
        let result: Result<Void, JSONSyntaxError> = bytes.withUnsafeBufferPointer { text in
            do throws(JSONSyntaxError) { return .success(try tape.scan(text)) } catch { return .failure(error) }
        }
        try result.get()
        return tape
    }

    private func accepts(_ bytes: [UInt8]) -> Bool { (try? scan(bytes)) != nil }

    @Test(arguments: TortureTexts.values)
    func `every text is taken or refused as it should be`(text: TortureText) throws {
        // Alone, and inside of others with white space around.
        for wrapped in [text.bytes, Array("{\"v\": ".utf8) + text.bytes + Array("\t}".utf8)] {
            guard !text.isRejected else {
                do throws(JSONSyntaxError) {
                    _ = try scan(wrapped)
                    Issue.record("was accepted")
                } catch {
                    #expect(0...wrapped.count ~= error.offset, "\(error)")
                }
                continue
            }
            let tape = try scan(wrapped)
            #expect(Int(tape[0].next) == tape.count)
        }
        guard !text.isRejected else { return }
        let tape = try scan(text.bytes)
        switch text.verdict {
        case .integer(let value):
            switch tape[0].kind {
            case .true: #expect(value == 1)
            case .false: #expect(value == 0)
            default: #expect(tape[0].kind == .integer)
            }
        case .real: #expect(tape[0].kind == .real)
        case .null: #expect(tape[0].kind == .null)
        case .container: #expect(tape[0].kind == .array || tape[0].kind == .object)
        case .text(let characters):
            guard text.bytes.first == 0x22 else {
                #expect(tape[0].kind == .integer || tape[0].kind == .real)
                break
            }
            #expect(tape[0].kind == .string)
            let string = text.bytes.withUnsafeBufferPointer { tape.string(at: 0, in: $0) }
            #expect(Array(string.utf8) == characters)
        case .rejected: break
        }
    }

    @Test(arguments: TortureTexts.values.filter { !$0.isRejected && 2..<300 ~= $0.bytes.count })
    func `a text that is cut off is refused`(text: TortureText) {
        let document = Array("[".utf8) + text.bytes + Array("]".utf8)
        for length in 0..<document.count { #expect(!accepts(Array(document[..<length])), "cut at \(length)") }
    }

    /// Strings are searched eight bytes at a time: what ends the search has to be seen in every place.
    @Test func `every place of a word is looked at`() throws {
        for length in 0..<20 {
            for place in 0..<max(length, 1) {
                let plain = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                func with(_ piece: [UInt8]) -> [UInt8] {
                    var inside = plain
                    inside.insert(contentsOf: piece, at: place)
                    return [0x22] + inside + [0x22]
                }
                for byte in UInt8.min...UInt8.max {
                    let alone = with([byte])
                    let good = byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5C
                    #expect(accepts(alone) == good, "byte \(byte) at \(place) of \(length)")
                }
                for piece in ["é", "€", "😀", "\\n", "\\u0000", "\\ud83d\\ude00", "\u{7F}"] {
                    #expect(accepts(with(Array(piece.utf8))), "\(piece) at \(place) of \(length)")
                }
                #expect(!accepts(with([0xED, 0xA0, 0x80])), "surrogate at \(place) of \(length)")
            }
        }
    }

    /// Whatever bytes come: no trap, no accepted text that is not written back as an equal one.
    @Test(arguments: 0..<8)
    func `mutated texts do no harm`(round: Int) throws {
        var random = FastRandom(seed: (UInt64(round) + 1, 2, 3, 4))
        let seeds = TortureTexts.values.filter { $0.bytes.count < 200 }.map(\.bytes)
        let pieces = Array("{}[]\",:\\u0d8e-+.1tfn \t".utf8) + [0x00, 0x1F, 0x7F, 0x80, 0xC2, 0xE2, 0xED, 0xF0, 0xFF]
        var accepted = 0
        for _ in 0..<4000 {
            var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let piece = pieces[Int.random(in: 0..<pieces.count, using: &random)]
                let place = Int.random(in: 0...bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.insert(piece, at: place)
                case 1: if place < bytes.count { bytes[place] = piece }
                default: if place < bytes.count { bytes.remove(at: place) }
                }
            }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            accepted += 1
            let written = value.serializedBytes()
            let again = try JSONValue(parsing: written)
            #expect(again == value, "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(accepted > 100)
    }

    @Test func `the last of duplicate names counts, in the place of the first`() throws {
        let value = try JSONValue(parsing: "{\"a\":1,\"b\":2,\"\\u0061\":3}")
        #expect(value.serialized() == "{\"a\":3,\"b\":2}")
        // Not one name for Swift's own reasons.
        #expect(try JSONValue(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}").objectValue?.count == 2)
    }

    @Test func `a tape is used again after failures and after huge texts`() throws {
        let tape = JSONTape()
        func take(_ text: String) throws {
            let bytes = Array(text.utf8)
            try bytes.withUnsafeBufferPointer { try tape.scan($0) }
        }
        for _ in 0..<3 {
            #expect(throws: JSONSyntaxError.self) { try take("[[[[{\"a\":") }
            try take("[1,{\"a\":[]}]")
            #expect(tape.count == 5)
            try take("[" + String(repeating: "0,", count: 200_000) + "0]")
            #expect(tape.count == 200_002 && tape[0].count == 200_001)
            tape.shrink()
            #expect(tape.footprint <= (1 << 16) * MemoryLayout<TapeNode>.stride)
        }
    }

    @Test func `an error tells its place`() {
        for (text, offset) in [
            ("[1,}", 3), ("{\"a\":01}", 5), ("\"a\u{1}\"", 2), ("", 0), ("[1] x", 4), ("\"\\ud800\"", 1),
        ] {
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
            do { _ = try JSONValue(parsing: text) } catch { #expect(error.offset == offset, "\(text): \(error)") }
        }
    }
}
