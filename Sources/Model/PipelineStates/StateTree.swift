import Digests
package import JSONText

/// What the sources of a pipeline remember: `{source: {key: value, "resources": {resource: {…}}}}`.
///
/// It is owned in parts: each resource is a subtree of its own, and so are the other keys of a source together. A
/// package changes and commits whole subtrees; two packages conflict only when they change the same one.
package struct StateTree: Sendable, Equatable {
    package private(set) var sources: JSONObject

    package init(sources: JSONObject = [:]) { self.sources = sources }

    package struct Subtree: Hashable, Sendable, CustomStringConvertible {
        package let source: String
        /// nil for a source's keys other than `resources`.
        package let resource: String?

        package init(source: String, resource: String?) {
            self.source = source
            self.resource = resource
        }

        /// By bytes, like all names in a state.
        package static func == (left: Subtree, right: Subtree) -> Bool { left.exact == right.exact }
        package func hash(into hasher: inout Hasher) { hasher.combine(exact) }
        private var exact: [ExactString?] { [ExactString(source), resource.map { ExactString($0) }] }

        package var description: String { resource.map { "\(source).\($0)" } ?? source }

        /// Its form in manifests.
        package var key: String {
            JSONValue.array([.string(source), resource.map { .string($0) } ?? .null]).serialized()
        }

        package init?(key: String) {
            guard let parts = try? JSONValue(parsing: key).arrayValue, parts.count == 2,
                let source = parts[0].stringValue
            else { return nil }
            self.init(source: source, resource: parts[1].stringValue)
        }
    }

    package var subtrees: [Subtree] {
        sources.members.flatMap { source, value in
            let object = value.objectValue ?? [:]
            var own = object
            own["resources"] = nil
            return (own.isEmpty ? [] : [Subtree(source: source, resource: nil)])
                + (object["resources"]?.objectValue?.keys ?? []).map { Subtree(source: source, resource: $0) }
        }
    }

    package subscript(subtree: Subtree) -> JSONObject? {
        get {
            guard var source = sources[subtree.source]?.objectValue else { return nil }
            if let resource = subtree.resource { return source["resources"]?[resource]?.objectValue }
            source["resources"] = nil
            return source.isEmpty ? nil : source
        }
        set {
            var source = sources[subtree.source]?.objectValue ?? [:]
            if let resource = subtree.resource {
                var resources = source["resources"]?.objectValue ?? [:]
                resources[resource] = newValue.map { .object($0) }
                source["resources"] = resources.isEmpty ? nil : .object(resources)
            } else {
                let resources = source["resources"]
                source = newValue ?? [:]
                source["resources"] = resources
            }
            sources[subtree.source] = source.isEmpty ? nil : .object(source)
        }
    }

    /// Hash of the whole tree.
    package func contentHash() -> String {
        Base64.encode(SHA3.digest256(JSONValue.object(sources).serialized(.sorted)), padding: true)
    }

    /// Hash of one subtree, nil when it is absent: for a compare-and-swap.
    package func hash(of subtree: Subtree) -> String? {
        self[subtree].map {
            Base64.encode(SHA3.digest256(JSONValue.object($0).serialized(.sorted)), padding: true)
        }
    }

    /// The subtrees that differ from `base`, with their values here.
    package func changes(since base: StateTree) -> StateTree {
        var changed = StateTree()
        for subtree in subtrees where self[subtree] != base[subtree] { changed[subtree] = self[subtree] }
        return changed
    }

    /// The subtrees of `base` that no longer exist.
    package func removals(since base: StateTree) -> [Subtree] { base.subtrees.filter { self[$0] == nil } }

    /// Adopts every subtree of `changes`, and removes the removed ones.
    package mutating func commit(_ changes: StateTree, removing removed: [Subtree] = []) {
        for subtree in changes.subtrees { self[subtree] = changes[subtree] }
        for subtree in removed { self[subtree] = nil }
    }
}
