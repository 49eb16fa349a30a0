import JSONText

/// A JSON or YAML text as one flat list of nodes: a description of 50 MB has millions of values.
///
/// A value is followed by the values in it. A member is a value with a key. An alias of YAML refers to the node of its anchor
/// and is never expanded, so that no text grows by being read.
package final class DescriptionTree: Sendable {
    enum Kind: UInt8 {
        case null, `false`, `true`, number, string, array, object, alias
    }

    struct Node {
        var kind: Kind
        /// Whether the bytes are in `added` instead of `text`.
        var isAdded = false
        /// Index of the key in `keys`, or `noKey`.
        var key: UInt32
        /// From 1.
        var line: UInt32
        /// First byte of a text or number; node of an alias.
        var start: UInt32 = 0
        /// Bytes of a text or number; values in an array or object.
        var count: UInt32 = 0
        /// The node after this value and everything in it.
        var next: UInt32 = 0
    }

    static let noKey = UInt32.max

    let nodes: [Node]
    let keys: [String]
    private let numbers: [ExactString: UInt32]
    /// The text that was read, which most strings lie in.
    private let text: [UInt8]
    /// Strings that the text writes in another way.
    private let added: [UInt8]

    init(_ builder: TreeBuilder, text: [UInt8]) {
        nodes = builder.nodes
        keys = builder.keys
        numbers = builder.numbers
        added = builder.added
        self.text = text
    }

    package var root: DescriptionValue { DescriptionValue(self, 0) }

    func number(of key: String) -> UInt32? { numbers[ExactString(key)] }

    func bytes(of node: Node) -> String {
        let range = Int(node.start)..<Int(node.start) + Int(node.count)
        return String(decoding: node.isAdded ? added[range] : text[range], as: UTF8.self)
    }
}

/// Why a description cannot be read at all, and where.
package struct DescriptionError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    package let line: Int?
    package let column: Int?
    /// The reader itself is missing on this machine.
    package let isUnavailable: Bool

    package init(_ reason: String, line: Int? = nil, column: Int? = nil, isUnavailable: Bool = false) {
        self.reason = reason
        self.line = line
        self.column = column
        self.isUnavailable = isUnavailable
    }

    package var description: String { line.map { "line \($0): \(reason)" } ?? reason }
}

/// Collects the nodes of a tree in the order of the text.
final class TreeBuilder {
    /// Bounds the memory: 24 bytes each.
    static let maximumNodes = 6_000_000
    static let maximumDepth = 500

    private(set) var nodes: [DescriptionTree.Node] = []
    private(set) var keys: [String] = []
    private(set) var numbers: [ExactString: UInt32] = [:]
    private(set) var added: [UInt8] = []

    func number(of key: String) -> UInt32 {
        if let known = numbers[ExactString(key)] { return known }
        let number = UInt32(keys.count)
        keys.append(key)
        numbers[ExactString(key)] = number
        return number
    }

    /// Appends a node and returns its index.
    func append(_ node: DescriptionTree.Node) throws(DescriptionError) -> Int {
        guard nodes.count < Self.maximumNodes else {
            throw DescriptionError("it has more than \(Self.maximumNodes) values", line: Int(node.line))
        }
        nodes.append(node)
        nodes[nodes.count - 1].next = UInt32(nodes.count)
        return nodes.count - 1
    }

    /// Appends a text or number whose bytes the text of the description does not have as they are.
    func append(
        _ kind: DescriptionTree.Kind, _ text: String, key: UInt32, line: Int
    ) throws(DescriptionError) -> Int {
        let start = added.count
        added.append(contentsOf: text.utf8)
        return try append(
            .init(
                kind: kind, isAdded: true, key: key, line: UInt32(line), start: UInt32(start),
                count: UInt32(added.count - start)))
    }

    /// Ends a container after its last value.
    func end(_ index: Int, count: Int) {
        nodes[index].count = UInt32(count)
        nodes[index].next = UInt32(nodes.count)
    }

    func set(key: UInt32, at index: Int) { nodes[index].key = key }
}
