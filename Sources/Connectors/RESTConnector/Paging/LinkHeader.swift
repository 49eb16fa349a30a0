/// The `Link` header by its grammar (RFC 8288): `<target>; rel="next prev"; title="a, b; c", <other>; rel=last`.
enum LinkHeader {
    /// The target of the first link with a relation; relations are compared without regard to case.
    static func target(of relation: String, in fields: [String]) -> String? {
        for field in fields {
            var parser = Parser(Array(field.utf8))
            while let link = parser.next() {
                if link.relations.contains(where: { $0.lowercased() == relation.lowercased() }) { return link.target }
            }
        }
        return nil
    }

    private struct Link {
        let target: String
        var relations: [String]
    }

    private struct Parser {
        private var rest: ArraySlice<UInt8>

        init(_ bytes: [UInt8]) { rest = bytes[...] }

        /// The next link; a malformed one is skipped up to the next comma.
        mutating func next() -> Link? {
            while true {
                skip { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
                if rest.isEmpty { return nil }
                guard take("<"), let end = rest.firstIndex(of: UInt8(ascii: ">")) else {
                    skip { $0 != UInt8(ascii: ",") }
                    continue
                }
                let target = String(decoding: rest[..<end], as: UTF8.self)
                rest = rest[(end + 1)...]
                var relations: [String]?
                var isOfAnother = false
                while true {
                    skipBlank()
                    guard take(";") else { break }
                    skipBlank()
                    let name = word().lowercased()
                    skipBlank()
                    var value = ""
                    if take("=") {
                        skipBlank()
                        value = quoted() ?? word()
                    }
                    // The first of several counts; a link with an anchor concerns another document.
                    if name == "rel", relations == nil {
                        relations = value.split { $0 == " " || $0 == "\t" }.map(String.init)
                    }
                    if name == "anchor" { isOfAnother = true }
                }
                skip { $0 != UInt8(ascii: ",") }
                if isOfAnother { continue }
                return Link(target: target, relations: relations ?? [])
            }
        }

        private mutating func word() -> String {
            let word = rest.prefix { !" \t;,=\"".utf8.contains($0) }
            rest = rest.dropFirst(word.count)
            return String(decoding: word, as: UTF8.self)
        }

        private mutating func quoted() -> String? {
            guard take("\"") else { return nil }
            var text: [UInt8] = []
            while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
                    text.append(escaped)
                } else {
                    text.append(byte)
                }
            }
            return String(decoding: text, as: UTF8.self)
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        private mutating func skipBlank() { skip { $0 == 0x20 || $0 == 0x09 } }

        private mutating func skip(while matches: (UInt8) -> Bool) { rest = rest.drop(while: matches) }
    }
}
