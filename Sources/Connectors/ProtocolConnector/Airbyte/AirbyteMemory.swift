import JSONText
import RecordSources

/// What the pipeline remembers of a source: a state for each stream, or one for all of them.
struct AirbyteMemory {
    private let sink: any RecordSink

    init(_ sink: any RecordSink) { self.sink = sink }

    static let key = "airbyte_state"

    /// The memory of a source whose streams have states of their own: a state for all of them would be older.
    static let ofStreams: JSONObject = [key: ["type": "STREAM"]]

    var wholeState: JSONValue? {
        sink.memory[AirbyteMemory.key].flatMap { $0["type"]?.stringValue == "STREAM" ? nil : $0 }
    }

    /// The contents of the file for `--state`; nil when there is nothing to go on from.
    ///
    /// A stream that is read in full has no place to go on from: with the state of a complete reading, sources would deliver
    /// nothing, and its table would be emptied.
    func document(for catalog: AirbyteCatalog) -> JSONValue? {
        if let whole = wholeState {
            // A legacy state is an object of the source's own.
            return whole["type"]?.stringValue == "LEGACY" ? whole["data"] ?? [:] : [whole]
        }
        let states = AirbyteNames(catalog).streams.filter(\.stream.isIncremental).compactMap {
            sink.state(of: $0.resource)[AirbyteMemory.key]
        }
        return states.isEmpty ? nil : .array(states)
    }
}

/// The names of streams as resources: that of the stream, with its namespace where two streams share it.
struct AirbyteNames {
    let streams: [(resource: String, stream: AirbyteCatalog.Stream)]

    init(_ catalog: AirbyteCatalog) {
        let all = catalog.streams
        streams = all.map { stream in
            let isShared = all.filter { $0.name == stream.name }.count > 1
            return (isShared ? "\(stream.namespace ?? "").\(stream.name)" : stream.name, stream)
        }
    }
}
