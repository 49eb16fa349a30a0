import Digests
package import JSONText

/// The schema of a pipeline as dlt stores it (engine version 11): tables, settings, normalizers, version.
package struct Schema: Sendable {
    package static let engineVersion = 11
    /// The number of earlier hashes that dlt keeps.
    private static let keptHashes = 10

    package var name: String
    /// 1 at first; increased by each change of content.
    package internal(set) var version: Int
    /// Hash of the content at the last `bump`; nil in a schema without one.
    package internal(set) var versionHash: String?
    package internal(set) var previousHashes: [String]
    package var settings: JSONObject
    package var normalizers: JSONObject
    /// `description`, `imported_version_hash` and other members of the document.
    package var others: JSONObject = [:]
    package private(set) var tables: [Table] = []
    private var places: [ExactString: Int] = [:]

    /// A new schema with dlt's settings and its two tables of record.
    package init(name: String, naming: String = "snake_case") {
        self.name = name
        version = 1
        previousHashes = []
        settings = DefaultSettings.make()
        normalizers = [
            "names": .string(naming),
            "json": ["module": "dlt.common.normalizers.json.relational"],
        ]
        put(SystemTables.version)
        put(SystemTables.loads)
    }

    package subscript(table name: String) -> Table? { places[ExactString(name)].map { tables[$0] } }

    /// Replaces the table of that name in its place, or appends it.
    package mutating func put(_ table: Table) {
        if let place = places[ExactString(table.name)] {
            tables[place] = table
        } else {
            places[ExactString(table.name)] = tables.count
            tables.append(table)
        }
    }

    /// Renames every table with `rename`.
    package mutating func renameTables(_ rename: (String) -> String) {
        for place in tables.indices { tables[place].properties["name"] = .string(rename(tables[place].name)) }
        places.removeAll(keepingCapacity: true)
        for (index, table) in tables.enumerated() { places[ExactString(table.name)] = index }
    }

    package mutating func remove(table name: String) {
        tables.removeAll { ExactString($0.name) == ExactString(name) }
        places.removeAll(keepingCapacity: true)
        for (index, table) in tables.enumerated() { places[ExactString(table.name)] = index }
    }

    /// Changes a table in place; does nothing when there is none of that name.
    package mutating func update(table name: String, _ change: (inout Table) -> Void) {
        guard let place = places[ExactString(name)] else { return }
        change(&tables[place])
    }

    /// The tables above `name` up to the root table, nearest first; starts with `name` itself.
    package func ancestry(of name: String) -> [Table] {
        var chain: [Table] = []
        var next: String? = name
        while let current = next, let table = self[table: current], chain.count <= tables.count {
            chain.append(table)
            next = table.parent
        }
        return chain
    }

    package func root(of name: String) -> Table? { ancestry(of: name).last }

    /// A property that nested tables inherit from the tables above them.
    package func inherited(_ property: String, of table: String) -> JSONValue? {
        for table in ancestry(of: table) {
            if let value = table.properties[property], !value.isNull { return value }
        }
        return nil
    }

    package func writeDisposition(of table: String) -> WriteDisposition {
        inherited("write_disposition", of: table)?.stringValue.flatMap(WriteDisposition.init(rawValue:)) ?? .append
    }

    /// The root table `name` and every table below it, a parent before its children.
    package func chain(from name: String) -> [Table] {
        guard let root = self[table: name] else { return [] }
        var children: [ExactString: [Table]] = [:]
        for table in tables {
            if let parent = table.parent { children[ExactString(parent), default: []].append(table) }
        }
        var chain: [Table] = []
        var open = [root]
        // At most as many as there are tables, even if their parents form a circle.
        while chain.count < tables.count, let table = open.popLast() {
            chain.append(table)
            open += (children[ExactString(table.name)] ?? []).reversed()
        }
        return chain
    }

    /// Tables of data, in stored order: all but dlt's own.
    package var dataTables: [Table] { tables.filter { !$0.isSystem } }
}

// MARK: - Version

extension Schema {
    /// SHA3-256 over the sorted compact document without its version fields, followed by each table's name and
    /// column names in stored order. Base64 with padding.
    package func contentHash() -> String {
        var document = self.document().objectValue ?? [:]
        for key in ["version", "version_hash", "imported_version_hash", "previous_hashes"] { document[key] = nil }
        var hasher = SHA3Hasher()
        hasher.update(JSONValue.object(document).serialized(.sorted))
        for table in tables.sorted(by: { ExactString($0.name) < ExactString($1.name) }) {
            hasher.update(table.name)
            for column in table.columns { hasher.update(column.name) }
        }
        return Base64.encode(hasher.finalize(), padding: true)
    }

    /// Updates version and hash after changes. The first hash leaves the version unchanged.
    @discardableResult
    package mutating func bump() -> String {
        let hash = contentHash()
        if let old = versionHash {
            guard old != hash else { return hash }
            version += 1
            link(previous: old)
        }
        versionHash = hash
        return hash
    }

    /// Remembers the hash of the content that this one replaces.
    package mutating func link(previous hash: String) {
        guard !previousHashes.contains(hash) else { return }
        previousHashes.insert(hash, at: 0)
        if previousHashes.count > Schema.keptHashes { previousHashes.removeLast() }
    }

    /// Makes this content the successor of `base`: continues its version numbers and keeps its history.
    package mutating func succeed(_ base: Schema) {
        version = base.version
        versionHash = base.versionHash
        previousHashes = base.previousHashes
        bump()
    }
}
