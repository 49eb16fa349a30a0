import JSONText
import Synchronization

/// Compiled rules: the names on their paths as a tree. Shared by all code that changes records.
package final class ChangeTree: @unchecked Sendable {
    // Sendable: only `met` changes, which is atomic.

    /// Plain memory, since every member of every object is compared with the children.
    struct Node: BitwiseCopyable {
        /// The name's characters, in `names`.
        var name = 0
        var nameCount = 0
        /// Children are stored one after the other.
        var firstChild = 0
        var childCount = 0
        var isExcluded = false
        /// The new name with its quotes, in `names`; none when its length is 0.
        var newName = 0
        var newNameCount = 0
        var newNameHasEscapes = false
        var value = ValueChange.none
    }

    enum ValueChange: UInt8 { case none, hash, redact }

    /// The first node is the record.
    let nodes: UnsafeMutablePointer<Node>
    let names: UnsafeMutablePointer<UInt8>
    private let count: Int
    /// The key of hashes.
    let key: [UInt8]
    let hashes: Bool
    /// By node: whether a record had it.
    private let met: [Met]
    /// The paths of the values that are excluded, hashed or redacted.
    private let hidden: [[[UInt8]]]

    private final class Met: Sendable { let flag = Atomic<Bool>(false) }

    /// - Parameter key: for rules that hash.
    package init(_ rules: ChangeRules, key: [UInt8] = []) {
        var nodes = [Node()]
        var paths: [[[UInt8]]] = [[]]
        var names: [UInt8] = []
        // Level by level, so that the children of a node are adjacent.
        var place = 0
        while place < nodes.count {
            let path = paths[place]
            nodes[place].firstChild = nodes.count
            for rule in rules.rules where rule.path.count > path.count && rule.bytes.starts(with: path) {
                let bytes = rule.bytes[path.count]
                let child = path + [bytes]
                if paths[nodes[place].firstChild...].contains(child) { continue }
                var node = Node(name: names.count, nameCount: bytes.count)
                names += bytes
                for rule in rules.rules where rule.bytes == child {
                    switch rule.change {
                    case .exclude: node.isExcluded = true
                    case .hash: node.value = .hash
                    case .redact: node.value = .redact
                    case .rename(let name):
                        var text: [UInt8] = []
                        appendJSONString(name, to: &text)
                        (node.newName, node.newNameCount) = (names.count, text.count)
                        node.newNameHasEscapes = text.contains(UInt8(ascii: "\\"))
                        names += text
                    }
                }
                nodes.append(node)
                paths.append(child)
            }
            nodes[place].childCount = nodes.count - nodes[place].firstChild
            place += 1
        }
        self.nodes = .allocate(capacity: nodes.count)
        self.nodes.initialize(from: nodes, count: nodes.count)
        self.names = .allocate(capacity: max(names.count, 1))
        self.names.initialize(from: names, count: names.count)
        count = nodes.count
        self.key = key
        hashes = nodes.contains { $0.value == .hash }
        met = nodes.map { _ in Met() }
        hidden = rules.rules.filter { !$0.change.isRename }.map(\.bytes)
    }

    /// Whether the value at a path, or an object around it, is excluded, hashed or redacted.
    package func hides(_ path: [String]) -> Bool {
        let bytes = path.map { Array($0.utf8) }
        return hidden.contains { bytes.starts(with: $0) }
    }

    deinit {
        nodes.deallocate()
        names.deallocate()
    }

    @inline(__always)
    func note(_ node: Int) {
        if !met[node].flag.load(ordering: .relaxed) { met[node].flag.store(true, ordering: .relaxed) }
    }

    /// Paths of rules that matched no record.
    package var unmet: [String] {
        var paths: [String] = []
        func walk(_ place: Int, _ path: String) {
            let node = nodes[place]
            let name = String(
                decoding: UnsafeBufferPointer(start: names + node.name, count: node.nameCount), as: UTF8.self)
            let path = path.isEmpty ? name : "\(path).\(name)"
            let isRule = node.isExcluded || node.newNameCount > 0 || node.value != .none
            if isRule, !met[place].flag.load(ordering: .relaxed) { paths.append(path) }
            for child in node.firstChild..<(node.firstChild + node.childCount) { walk(child, path) }
        }
        walk(0, "")
        return paths
    }
}
