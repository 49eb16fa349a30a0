import JSONText
import RecordSources

/// What the pipeline remembers of a source: a state for each stream, or one for all of them.
struct AirbyteMemory {
    static let key = "airbyte_state"

    /// The memory of a source whose streams have states of their own: a state for all of them would be older.
    static let ofStreams: JSONObject = [key: ["type": "STREAM"]]

    /// The state of all streams, if there is one; without those of a run that starts over.
    let wholeState: JSONValue?
    /// Whether there was one when this run began.
    let hadWholeState: Bool
    /// The contents of the file for `--state`; nil when there is nothing to go on from.
    let document: JSONValue?

    /// In a run that starts over, the sink forgets the streams of the catalog.
    init(_ sink: any RecordSink, _ catalog: AirbyteCatalog) {
        if sink.startsOver { for resource in catalog.resources { sink.forget(resource.name) } }
        let remembered = sink.memory[AirbyteMemory.key].flatMap { $0["type"]?.stringValue == "STREAM" ? nil : $0 }
        hadWholeState = remembered != nil
        wholeState = remembered.flatMap { sink.startsOver ? AirbyteMemory.forgetting(catalog.streams, in: $0) : $0 }
        if let wholeState {
            // A legacy state is an object of the source's own.
            document = wholeState["type"]?.stringValue == "LEGACY" ? wholeState["data"] ?? [:] : [wholeState]
            return
        }
        // A stream that is read in full has no place to go on from: with the state of a complete reading, sources would deliver
        // nothing, and its table would be emptied.
        let states = catalog.resources.filter(\.stream.isIncremental).compactMap {
            sink.state(of: $0.name)[AirbyteMemory.key]
        }
        document = states.isEmpty ? nil : .array(states)
    }

    /// A state of all streams without those of this run; nil where it cannot be divided.
    private static func forgetting(_ streams: [AirbyteCatalog.Stream], in state: JSONValue) -> JSONValue? {
        guard var whole = state.objectValue, var global = whole["global"]?.objectValue,
            let states = global["stream_states"]?.arrayValue
        else { return nil }
        let kept = states.filter { state in
            let name = state["stream_descriptor", "name"]?.stringValue
            let namespace = state["stream_descriptor", "namespace"]?.stringValue
            return !streams.contains { $0.name == name && (namespace == nil || $0.namespace == namespace) }
        }
        if kept.isEmpty { return nil }
        global["stream_states"] = .array(kept)
        whole["global"] = .object(global)
        return .object(whole)
    }
}
