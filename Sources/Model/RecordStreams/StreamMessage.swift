package import JSONText

/// The messages of a record stream, one JSON object a line: Singer's and, native, HEADER, PLACE and END.
package enum MessageType: String, Sendable {
    case header = "HEADER"
    case schema = "SCHEMA"
    case place = "PLACE"
    case record = "RECORD"
    case batch = "BATCH"
    case state = "STATE"
    case activateVersion = "ACTIVATE_VERSION"
    case end = "END"
}

/// Opens a native stream.
package struct StreamHeader: Sendable, Equatable {
    /// 2 since there is PLACE.
    package static let formatVersion = 2
    package static let readableVersions = 1...formatVersion

    package var pipeline: String
    package var source: String
    package var extractID: String
    /// What extract read before it began.
    package var base: Base
    /// The same key makes the same package: it is made and loaded once.
    package var runKey: String?
    /// A package is made and loaded although the run key has made one before.
    package var again = false
    /// The run key has made this package, so that nothing was extracted.
    package var delivered: String?
    /// What is forgotten and removed before the records come.
    package var refresh: RefreshMode?
    /// The pipeline's name was taken from what is read, and given by nobody.
    package var isUnnamed = false

    package struct Base: Sendable, Equatable {
        package var stateVersion: Int?
        package var stateHash: String?
        package var schemaHash: String?
        /// The waiting package whose state and schema these are, when they are not the committed ones.
        package var loadID: String?
        /// Hash of what all sources remember, with everything that waits applied. Two bases with the same are the same to a
        /// source, whatever was loaded or published in the meantime.
        package var sourcesHash: String?

        package init(
            stateVersion: Int? = nil, stateHash: String? = nil, schemaHash: String? = nil, loadID: String? = nil,
            sourcesHash: String? = nil
        ) {
            self.stateVersion = stateVersion
            self.stateHash = stateHash
            self.sourcesHash = sourcesHash
            self.schemaHash = schemaHash
            self.loadID = loadID
        }
    }

    package init(pipeline: String, source: String, extractID: String, base: Base) {
        self.pipeline = pipeline
        self.source = source
        self.extractID = extractID
        self.base = base
    }

    package var message: JSONValue {
        var base = JSONObject()
        base["state_version"] = self.base.stateVersion.map { .integer($0) }
        base["state_hash"] = self.base.stateHash.map { .string($0) }
        base["schema_hash"] = self.base.schemaHash.map { .string($0) }
        base["load_id"] = self.base.loadID.map { .string($0) }
        base["sources_hash"] = self.base.sourcesHash.map { .string($0) }
        var object: JSONObject = [
            "type": .string(MessageType.header.rawValue), "format": .integer(StreamHeader.formatVersion),
            "pipeline": .string(pipeline), "source": .string(source), "extract_id": .string(extractID),
            "base": .object(base),
        ]
        object["run_key"] = runKey.map { .string($0) }
        if again { object["again"] = true }
        object["delivered"] = delivered.map { .string($0) }
        object["refresh"] = refresh.map { .string($0.rawValue) }
        if isUnnamed { object["unnamed"] = true }
        return .object(object)
    }

    /// nil when the message lacks what a header must have.
    package init?(message: JSONValue) {
        guard let pipeline = message["pipeline"]?.stringValue else { return nil }
        self.init(
            pipeline: pipeline, source: message["source"]?.stringValue ?? pipeline,
            extractID: message["extract_id"]?.stringValue ?? "",
            base: Base(
                stateVersion: message["base", "state_version"]?.intValue,
                stateHash: message["base", "state_hash"]?.stringValue,
                schemaHash: message["base", "schema_hash"]?.stringValue,
                loadID: message["base", "load_id"]?.stringValue,
                sourcesHash: message["base", "sources_hash"]?.stringValue))
        runKey = message["run_key"]?.stringValue
        again = message["again"]?.boolValue ?? false
        delivered = message["delivered"]?.stringValue
        refresh = message["refresh"]?.stringValue.flatMap { RefreshMode(rawValue: $0) }
        isUnnamed = message["unnamed"]?.boolValue ?? false
    }
}

/// What a run that starts over forgets and removes, by dlt's names.
package enum RefreshMode: String, Sendable, CaseIterable {
    /// All that the source remembers, and all its tables.
    case dropSources = "drop_sources"
    /// What the resources of this run remember, and their tables.
    case dropResources = "drop_resources"
    /// What the resources of this run remember, and the rows of their tables.
    case dropData = "drop_data"
}

/// Describes one stream before its records: Singer's `schema` and `key_properties`, and dlt's hints under `dlt`.
package struct StreamSchema: Sendable, Equatable {
    package var stream: String
    package var primaryKey: [String]?
    package var hints: JSONObject
    /// Singer's JSON Schema, as it came.
    package var jsonSchema: JSONValue

    package init(stream: String, primaryKey: [String]? = nil, hints: JSONObject = [:], jsonSchema: JSONValue = [:]) {
        self.stream = stream
        self.primaryKey = primaryKey
        self.hints = hints
        self.jsonSchema = jsonSchema
    }

    /// The stream holds all that the source has, not what a cursor, a window or a limit left of it.
    package var isComplete: Bool { hints["complete"]?.boolValue ?? true }

    package var message: JSONValue {
        var object: JSONObject = [
            "type": .string(MessageType.schema.rawValue), "stream": .string(stream), "schema": jsonSchema,
            "key_properties": .strings(primaryKey ?? []),
        ]
        if !hints.isEmpty { object["dlt"] = .object(hints) }
        return .object(object)
    }

    package init?(message: JSONValue) {
        guard let stream = message["stream"]?.stringValue else { return nil }
        let keys = message["key_properties"]?.arrayValue?.compactMap(\.stringValue) ?? []
        self.init(
            stream: stream, primaryKey: keys.isEmpty ? nil : keys, hints: message["dlt"]?.objectValue ?? [:],
            jsonSchema: message["schema"] ?? [:])
    }
}

/// Closes a native stream and says whether it can be believed.
package struct StreamEnd: Sendable, Equatable {
    package var exitStatus: Int
    /// The source has more than a chunk or limit let through.
    package var more: Bool
    package var records: JSONObject
    package var schemas: Int
    package var states: Int
    /// Of a source that failed, the streams that came whole all the same, as others did not.
    package var complete: [String]

    package init(
        exitStatus: Int, more: Bool, records: JSONObject, schemas: Int, states: Int, complete: [String] = []
    ) {
        self.exitStatus = exitStatus
        self.more = more
        self.records = records
        self.schemas = schemas
        self.states = states
        self.complete = complete
    }

    package var message: JSONValue {
        var message: JSONObject = [
            "type": .string(MessageType.end.rawValue), "status": exitStatus == 0 || more ? "ok" : "failed",
            "exit_status": .integer(exitStatus), "more": .bool(more), "records": .object(records),
            "schemas": .integer(schemas), "states": .integer(states),
        ]
        if !complete.isEmpty { message["complete"] = .strings(complete) }
        return .object(message)
    }

    package init?(message: JSONValue) {
        guard let status = message["exit_status"]?.intValue else { return nil }
        self.init(
            exitStatus: status, more: message["more"]?.boolValue ?? false,
            records: message["records"]?.objectValue ?? [:], schemas: message["schemas"]?.intValue ?? 0,
            states: message["states"]?.intValue ?? 0,
            complete: message["complete"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    }
}
