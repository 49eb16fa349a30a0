/// An element of a short XML document, such as the answers of S3. Names are without their prefixes; attributes, comments
/// and instructions are dropped. Declares no entities, so none can be expanded into more text.
package struct XMLElement: Sendable, Equatable {
    package let name: String
    /// The text directly in the element.
    package fileprivate(set) var text = ""
    package fileprivate(set) var children: [XMLElement] = []

    package subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    package func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// Nil if the document is not well-formed as far as it is read, declares a type, or nests deeper than such answers do.
    package init?(parsing document: [UInt8]) {
        var parser = XMLParser(bytes: document)
        guard let root = parser.document() else { return nil }
        self = root
    }

    fileprivate init(name: String) { self.name = name }
}

private struct XMLParser {
    let bytes: [UInt8]
    private var position = 0

    private static let maximumDepth = 16

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() -> XMLElement? {
        var open: [XMLElement] = []
        while position < bytes.count {
            if bytes[position] != UInt8(ascii: "<") {
                let end = bytes[position...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
                if !open.isEmpty {
                    guard let text = Self.text(bytes[position..<end]) else { return nil }
                    open[open.count - 1].text += text
                }
                position = end
            } else if skip("<?") {
                guard pass("?>") != nil else { return nil }
            } else if skip("<!--") {
                guard pass("-->") != nil else { return nil }
            } else if skip("<![CDATA[") {
                guard let text = pass("]]>"), !open.isEmpty else { return nil }
                open[open.count - 1].text += String(decoding: text, as: UTF8.self)
            } else if skip("<!") {
                return nil
            } else if skip("</") {
                guard let tag = pass(">"), let element = open.popLast(), Self.name(tag) == element.name else {
                    return nil
                }
                if open.isEmpty { return element }
                open[open.count - 1].children.append(element)
            } else {
                position += 1
                guard let tag = pass(">"), let name = Self.name(tag), open.count < Self.maximumDepth else { return nil }
                let element = XMLElement(name: name)
                if tag.last != UInt8(ascii: "/") {
                    open.append(element)
                } else if open.isEmpty {
                    return element
                } else {
                    open[open.count - 1].children.append(element)
                }
            }
        }
        return nil
    }

    private mutating func skip(_ text: StaticString) -> Bool {
        guard bytes[position...].starts(with: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        else { return false }
        position += text.utf8CodeUnitCount
        return true
    }

    /// The bytes before an ending, which is passed too.
    private mutating func pass(_ ending: StaticString) -> ArraySlice<UInt8>? {
        let start = position
        while position < bytes.count {
            if skip(ending) { return bytes[start..<(position - ending.utf8CodeUnitCount)] }
            position += 1
        }
        return nil
    }

    private static func name(_ tag: ArraySlice<UInt8>) -> String? {
        let whole = tag.prefix { $0 > 0x20 && $0 != UInt8(ascii: "/") }
        let local = whole.lastIndex(of: UInt8(ascii: ":")).map { whole[($0 + 1)...] } ?? whole
        return local.isEmpty ? nil : String(decoding: local, as: UTF8.self)
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
        var text = ""
        var rest = bytes
        while let mark = rest.firstIndex(of: UInt8(ascii: "&")) {
            text += String(decoding: rest[..<mark], as: UTF8.self)
            guard let end = rest[mark...].prefix(12).firstIndex(of: UInt8(ascii: ";")),
                let character = character(String(decoding: rest[(mark + 1)..<end], as: UTF8.self))
            else { return nil }
            text.unicodeScalars.append(character)
            rest = rest[(end + 1)...]
        }
        return text + String(decoding: rest, as: UTF8.self)
    }

    private static func character(_ name: String) -> Unicode.Scalar? {
        switch name {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.hasPrefix("#") else { return nil }
            let digits = name.dropFirst()
            let isHexadecimal = digits.first == "x"
            return UInt32(isHexadecimal ? digits.dropFirst() : digits, radix: isHexadecimal ? 16 : 10)
                .flatMap(Unicode.Scalar.init)
        }
    }
}
