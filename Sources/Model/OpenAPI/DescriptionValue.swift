package import JSONText

/// A value of a description with its line: a node of the tree.
package struct DescriptionValue: Sendable {
    /// The nesting and number of members that merge keys of YAML may bring.
    private static let maximumMerges = 8
    private static let maximumMembers = 20_000

    private let tree: DescriptionTree
    /// Tells two values of one description apart.
    package let index: Int

    init(_ tree: DescriptionTree, _ index: Int) {
        self.tree = tree
        let node = tree.nodes[index]
        self.index = node.kind == .alias ? Int(node.start) : index
    }

    private var node: DescriptionTree.Node { tree.nodes[index] }

    /// From 1.
    package var line: Int { Int(node.line) }

    package var isNull: Bool { node.kind == .null }
    package var isObject: Bool { node.kind == .object }
    package var isArray: Bool { node.kind == .array }
    package var string: String? { node.kind == .string ? tree.bytes(of: node) : nil }
    package var bool: Bool? { node.kind == .true ? true : node.kind == .false ? false : nil }
    package var int: Int? {
        guard node.kind == .number else { return nil }
        let digits = tree.bytes(of: node)
        return Int(digits) ?? Double(digits).flatMap { Int(exactly: $0) }
    }

    /// A text, or a number as it is written: versions and codes are written as both.
    package var text: String? { node.kind == .string || node.kind == .number ? tree.bytes(of: node) : nil }

    /// The value as JSON; nested deeper than the bound it is null.
    package func json(depth: Int = 12) -> JSONValue {
        switch node.kind {
        case .null, .alias: return .null
        case .false: return .bool(false)
        case .true: return .bool(true)
        case .number: return .number(tree.bytes(of: node))
        case .string: return .string(tree.bytes(of: node))
        case .array: return depth == 0 ? .null : .array(items.map { $0.json(depth: depth - 1) })
        case .object:
            guard depth > 0 else { return .null }
            var object = JSONObject()
            for (key, value) in members { object[key] = value.json(depth: depth - 1) }
            return .object(object)
        }
    }

    /// The value of a key; nil when it is absent, or null.
    package subscript(key: String) -> DescriptionValue? {
        guard let value = member(key, merges: 0), !value.isNull else { return nil }
        return value
    }

    private func member(_ key: String, merges: Int) -> DescriptionValue? {
        guard node.kind == .object else { return nil }
        if let number = tree.number(of: key) {
            var found: DescriptionValue?
            for child in children where tree.nodes[child].key == number { found = DescriptionValue(tree, child) }
            if let found { return found }
        }
        guard merges < Self.maximumMerges else { return nil }
        for source in mergedSources {
            if let found = source.member(key, merges: merges + 1) { return found }
        }
        return nil
    }

    /// The members of an object in the order of the text; of a key that appears twice, the last one.
    package var members: [(key: String, value: DescriptionValue)] {
        var all: [(key: String, value: DescriptionValue)] = []
        var places: [UInt32: Int] = [:]
        collect(into: &all, &places, merges: 0)
        return all
    }

    private func collect(
        into all: inout [(key: String, value: DescriptionValue)], _ places: inout [UInt32: Int], merges: Int
    ) {
        guard node.kind == .object else { return }
        let merge = tree.number(of: "<<")
        for child in children {
            let key = tree.nodes[child].key
            if key == merge { continue }
            let value = DescriptionValue(tree, child)
            if let place = places[key] {
                if merges == 0 { all[place].value = value }
            } else {
                guard merges == 0 || all.count < Self.maximumMembers else { return }
                places[key] = all.count
                all.append((tree.keys[Int(key)], value))
            }
        }
        guard merges < Self.maximumMerges else { return }
        for source in mergedSources where all.count < Self.maximumMembers {
            source.collect(into: &all, &places, merges: merges + 1)
        }
    }

    /// What the merge keys of YAML (`<<`) name.
    private var mergedSources: [DescriptionValue] {
        guard let merge = tree.number(of: "<<") else { return [] }
        var sources: [DescriptionValue] = []
        for child in children where tree.nodes[child].key == merge {
            let value = DescriptionValue(tree, child)
            sources += value.isArray ? value.items : [value]
        }
        return sources.count > Self.maximumMerges ? Array(sources.prefix(Self.maximumMerges)) : sources
    }

    /// The elements of an array; empty for anything else.
    package var items: [DescriptionValue] {
        node.kind == .array ? children.map { DescriptionValue(tree, $0) } : []
    }

    /// The first element of an array.
    package var firstItem: DescriptionValue? {
        node.kind == .array && node.count > 0 ? DescriptionValue(tree, index + 1) : nil
    }

    private var children: Children { Children(nodes: tree.nodes, place: index + 1, left: Int(node.count)) }

    private struct Children: Sequence, IteratorProtocol {
        let nodes: [DescriptionTree.Node]
        var place: Int
        var left: Int

        mutating func next() -> Int? {
            guard left > 0 else { return nil }
            defer { place = Int(nodes[place].next) }
            left -= 1
            return place
        }
    }

    /// The value at a JSON Pointer (RFC 6901), which may be percent-encoded; nil when there is none.
    func value(at pointer: Substring) -> DescriptionValue? {
        var value = self
        for step in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let key = Self.unescaped(step)
            if let next = value[key] ?? (key == String(step) ? nil : value[String(step)]) {
                value = next
            } else if value.isArray, let place = Int(key), value.items.indices.contains(place) {
                value = value.items[place]
            } else {
                return nil
            }
        }
        return value
    }

    private static func unescaped(_ step: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(step.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("~") else { return text }
        return text.replacing("~1", with: "/").replacing("~0", with: "~")
    }
}
