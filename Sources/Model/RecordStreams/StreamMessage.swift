package import JSONText

/// The messages of a record stream, one JSON object on each line: Singer's and, native, HEADER, PLACE and END.
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
    /// 2 since PLACE was added.
    package static let formatVersion = 2
    package static let readableVersions = 1...formatVersion

    package var pipeline: String
    package var source: String
    /// The id of the run, which the programs after this one take over.
    package var extractID: String
    /// The base that extract read before it began.
    package var base: Base
    /// The same key makes the same package: it is made and loaded once.
    package var runKey: String?
    /// Makes and loads a package although the run key has made one before.
    package var again = false
    /// The run key has made this package, so that nothing was extracted.
    package var delivered: String?
    /// What to forget and remove before the records arrive.
    package var refresh: RefreshMode?
    /// Whether the pipeline's name comes from the source, and not from the user.
    package var isUnnamed = false

    package struct Base: Sendable, Equatable {
        package var stateVersion: Int?
        package var stateHash: String?
        package var schemaHash: String?
        /// The waiting package that this state and schema come from, unless they are the committed ones.
        package var loadID: String?
        /// Hash of everything that sources remember, including all waiting packages. Two bases with the same hash are
        /// equal for a source, whatever was loaded or published in between.
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

        /// The members that are known.
        package var document: JSONObject {
            var base = JSONObject()
            base["state_version"] = stateVersion.map { .integer($0) }
            base["state_hash"] = stateHash.map { .string($0) }
            base["schema_hash"] = schemaHash.map { .string($0) }
            base["load_id"] = loadID.map { .string($0) }
            base["sources_hash"] = sourcesHash.map { .string($0) }
            return base
        }
    }

    package init(pipeline: String, source: String, extractID: String, base: Base) {
        self.pipeline = pipeline
        self.source = source
        self.extractID = extractID
        self.base = base
    }

    package var message: JSONValue {
        var object: JSONObject = [
            "type": .string(MessageType.header.rawValue), "format": .integer(StreamHeader.formatVersion),
            "pipeline": .string(pipeline), "source": .string(source), "extract_id": .string(extractID),
            "base": .object(base.document),
        ]
        object["run_key"] = runKey.map { .string($0) }
        if again { object["again"] = true }
        object["delivered"] = delivered.map { .string($0) }
        object["refresh"] = refresh.map { .string($0.rawValue) }
        if isUnnamed { object["unnamed"] = true }
        return .object(object)
    }

    /// nil when the message lacks a required member of a header.
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
    /// Singer's JSON Schema, unchanged.
    package var jsonSchema: JSONValue

    package init(stream: String, primaryKey: [String]? = nil, hints: JSONObject = [:], jsonSchema: JSONValue = [:]) {
        self.stream = stream
        self.primaryKey = primaryKey
        self.hints = hints
        self.jsonSchema = jsonSchema
    }

    /// Whether the stream is complete, not limited by a cursor, a window or a limit.
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

/// Ends a native stream and reports whether it is complete.
package struct StreamEnd: Sendable, Equatable {
    package var exitStatus: Int
    /// Whether the source has more than a chunk or limit allowed.
    package var more: Bool
    package var records: JSONObject
    package var schemas: Int
    package var states: Int
    /// After a failure of the source, or a stop before its end: the streams that are complete.
    package var complete: [String]
    /// Whether records after the last STATE do not count, although the source did not fail: it has more, and delivers them again.
    package var endsAtState: Bool

    package init(
        exitStatus: Int, more: Bool, records: JSONObject, schemas: Int, states: Int, complete: [String] = [],
        endsAtState: Bool = false
    ) {
        self.exitStatus = exitStatus
        self.more = more
        self.records = records
        self.schemas = schemas
        self.states = states
        self.complete = complete
        self.endsAtState = endsAtState
    }

    package var message: JSONValue {
        var message: JSONObject = [
            "type": .string(MessageType.end.rawValue), "status": exitStatus == 0 || more ? "ok" : "failed",
            "exit_status": .integer(exitStatus), "more": .bool(more), "records": .object(records),
            "schemas": .integer(schemas), "states": .integer(states),
        ]
        if !complete.isEmpty { message["complete"] = .strings(complete) }
        if endsAtState { message["ends_at_state"] = true }
        return .object(message)
    }

    package init?(message: JSONValue) {
        guard let status = message["exit_status"]?.intValue else { return nil }
        self.init(
            exitStatus: status, more: message["more"]?.boolValue ?? false,
            records: message["records"]?.objectValue ?? [:], schemas: message["schemas"]?.intValue ?? 0,
            states: message["states"]?.intValue ?? 0,
            complete: message["complete"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            endsAtState: message["ends_at_state"]?.boolValue ?? false)
    }
}
