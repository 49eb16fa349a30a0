/// Header fields in their order; names are compared without regard to case, and may occur several times.
package struct HTTPHeaders: Sendable {
    package private(set) var fields: [(name: String, value: String)] = []

    package init(_ fields: [(name: String, value: String)] = []) { self.fields = fields }

    package mutating func append(_ name: String, _ value: String) { fields.append((name, value)) }

    /// The first field of that name.
    package subscript(name: String) -> String? {
        fields.first { isSameHeader($0.name, name) }?.value
    }

    /// All fields of that name, in their order.
    package func all(_ name: String) -> [String] {
        fields.lazy.filter { isSameHeader($0.name, name) }.map(\.value)
    }
}

/// ASCII only, as header names are.
func isSameHeader(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && zip(left.utf8, right.utf8).allSatisfy { lowercase($0) == lowercase($1) }
}

private func lowercase(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
