import Configuration
import Digests
import Encodings
import JSONText
import ProgramSupport
package import RecordChanges
import Schemas

/// Decides the changes of a table's records: by the rules in its schema, and by this run's options.
package struct TableChanges: Sendable {
    /// Adds this run's rules to those of a table; `key` gives the id of the hash key.
    private let change: @Sendable (ChangeRules, () throws -> String) throws -> ChangeRules
    private let hashKey: @Sendable () throws -> [UInt8]?

    package init(
        change: @escaping @Sendable (ChangeRules, () throws -> String) throws -> ChangeRules = { rules, _ in rules },
        hashKey: @escaping @Sendable () throws -> [UInt8]? = { nil }
    ) {
        self.change = change
        self.hashKey = hashKey
    }

    init(_ options: ChangeOptions, dataDirectory: String) {
        self.init(change: { try options.rules(after: $0, key: $1) }) {
            do throws(ConfigurationFailure) {
                let values = ConfigurationValues(dataDirectory: dataDirectory)
                return try values.value(of: "DLT_HASH_KEY").map { Array($0.utf8) }
            } catch { throw ProgramError(.configuration, error.message, hint: error.hint) }
        }
    }

    /// - Parameter table: as in the schema; nil for a new one.
    func rules(of name: String, _ table: Table?) throws -> (rules: ChangeRules, tree: ChangeTree?) {
        var stored = ChangeRules()
        if let document = table?.properties[ChangeRules.hint], !document.isNull {
            guard let known = ChangeRules(document: document) else {
                throw ProgramError(
                    .data, "unable to change records of table \(name): \(ChangeRules.hint) of its schema is malformed",
                    hint:
                        "correct it with --schema FILE; nothing was read, since values that it is meant to hide would be loaded"
                )
            }
            stored = known
        }
        let rules = try change(stored) { TableChanges.id(of: try self.key(of: name)) }
        if rules.isEmpty { return (rules, nil) }
        if rules.hashed.isEmpty { return (rules, ChangeTree(rules)) }
        let key = try self.key(of: name)
        // Also if this run repeats that a path is hashed.
        let hashed = rules.hashed
        let ids = Set(hashed.values).union(stored.hashed.filter { hashed[$0.key] != nil }.values)
        let own = TableChanges.id(of: key)
        if let other = ids.first(where: { $0 != own }) {
            throw ProgramError(
                .configuration,
                "unable to hash values of table \(name): DLT_HASH_KEY is not the key \(other) that earlier runs have used",
                hint: "set DLT_HASH_KEY to that key; with another key, equal values would no longer have equal hashes")
        }
        return (rules, ChangeTree(rules, key: key))
    }

    private func key(of table: String) throws -> [UInt8] {
        guard let key = try hashKey(), !key.isEmpty else {
            throw ProgramError(
                .configuration, "unable to hash values of table \(table): there is no key",
                hint:
                    "set DLT_HASH_KEY, in the environment or as dlt_hash_key in secrets.toml; such as with `openssl rand -hex 32`"
            )
        }
        return key
    }

    /// Distinguishes keys without revealing the key.
    private static func id(of key: [UInt8]) -> String {
        Hexadecimal.text(HMACSHA256(key: key).code(Array("dlt-normalize --hash".utf8)).prefix(8))
    }
}
