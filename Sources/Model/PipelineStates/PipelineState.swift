import Digests
package import JSONText

/// The state of a pipeline in dlt's layout (state engine version 4): its name and home, and under `sources` what its
/// sources remember from run to run.
package struct PipelineState: Sendable, Equatable {
    package static let engineVersion = 4
    private static let unhashed = ["_state_version", "_state_engine_version", "_version_hash", "_local"]

    private(set) package var document: JSONObject

    package init(pipeline: String) {
        document = [
            "_state_version": 0, "_state_engine_version": .integer(PipelineState.engineVersion),
            "pipeline_name": .string(pipeline),
        ]
    }

    package init(document: JSONObject) { self.document = document }

    package var version: Int { document["_state_version"]?.intValue ?? 0 }
    package var versionHash: String? { document["_version_hash"]?.stringValue }
    package var pipelineName: String { document["pipeline_name"]?.stringValue ?? "" }

    package var sources: StateTree {
        get { StateTree(sources: document["sources"]?.objectValue ?? [:]) }
        set { document["sources"] = newValue.sources.isEmpty ? nil : .object(newValue.sources) }
    }

    package var schemaNames: [String] { document["schema_names"]?.arrayValue?.compactMap(\.stringValue) ?? [] }

    package mutating func set(_ key: String, _ value: JSONValue?) { document[key] = value }

    /// Base64 of SHA3-256 over the sorted document without versions and `_local`.
    package func contentHash() -> String {
        var hashed = document
        for key in PipelineState.unhashed { hashed[key] = nil }
        var hasher = SHA3Hasher()
        hasher.update(JSONValue.object(hashed).serialized(.sorted))
        return Base64.encode(hasher.finalize(), padding: true)
    }

    /// Updates version and hash after changes; returns whether the content had changed.
    @discardableResult
    package mutating func bump() -> Bool {
        let hash = contentHash()
        guard versionHash != hash else { return false }
        document["_state_version"] = .integer(version + 1)
        document["_version_hash"] = .string(hash)
        return true
    }
}
