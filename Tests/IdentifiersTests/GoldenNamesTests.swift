import Identifiers
import Testing

@Suite struct GoldenNamesTests {
    struct Row: CustomTestStringConvertible {
        let convention: String
        let maxLength: Int
        let input: String
        let expected: [String]

        init?(_ line: Substring) {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false).map { field in
                unescaped(field.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
            guard fields.count == 8, let maxLength = Int(fields[1]) else { return nil }
            convention = fields[0]
            self.maxLength = maxLength
            input = fields[2]
            expected = Array(fields[3...])
        }

        var testDescription: String { "\(convention) \(maxLength) \(input.debugDescription)" }
    }

    @Test func `names come out as in dlt`() throws {
        let lines = goldenNames.split(separator: "\n")
        let rows = lines.compactMap(Row.init)
        #expect(rows.count == lines.count)
        for row in rows {
            let naming = try Naming(named: row.convention, maxLength: row.maxLength)
            let results = [
                (try? naming.normalizeIdentifier(row.input)) ?? "!",
                (try? naming.normalizeTableIdentifier(row.input)) ?? "!",
                naming.normalizePath(row.input),
                naming.normalizeTablesPath(row.input),
                naming.shortenFragments(naming.breakPath(row.input)),
            ]
            // What dlt leaves in a name here no database takes; DIFFERENCES.md tells.
            if row.input.utf8.contains(0), ["direct", "duck_case"].contains(row.convention) {
                #expect(results.dropLast().allSatisfy { !$0.utf8.contains(0) }, "\(row.testDescription)")
                continue
            }
            // By scalars, because == holds canonically equivalent texts for the same.
            let same = zip(results, row.expected).allSatisfy { $0.unicodeScalars.elementsEqual($1.unicodeScalars) }
            #expect(same, "\(row.testDescription): \(results) instead of \(row.expected)")
        }
    }
}

/// Resolves `\u{...}`.
private func unescaped(_ text: some Sequence<Character>) -> String {
    var result = String()
    var scalars = String(text).unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
        guard scalar == "\\" else {
            result.unicodeScalars.append(scalar)
            continue
        }
        _ = (scalars.next(), scalars.next())
        var digits = ""
        while let digit = scalars.next(), digit != "}" { digits.unicodeScalars.append(digit) }
        if let escaped = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) {
            result.unicodeScalars.append(escaped)
        }
    }
    return result
}
