import JSONText
import ProgramSupport
import RecordSources
import SystemIO

/// Runs a source of Airbyte and delivers its messages.
struct AirbyteRun: PreparedSource {
    let words: [String]
    let config: String?
    let kept: KeptConfiguration?
    let catalogPath: String?
    let selection: StreamSelection
    let maximumDuration: String?

    var name: String { MessageProgram.name(words) }

    var resources: [String] { [name] }
    var pipelineName: String? { name }
    var remembersPlace: Bool { false }
    var forgetsByItself: Bool { true }
    var cursorObstacle: String? {
        "the source itself decides which records are new; the catalog's sync_mode and cursor_field say how"
    }

    private var configuration: [String] { (kept?.current ?? config).map { ["--config", $0] } ?? [] }

    func catalog(note: @escaping (String) -> Void) throws -> AirbyteCatalog {
        var catalog =
            if let catalogPath {
                try AirbyteCatalog(Files.readAll(catalogPath), from: catalogPath)
            } else { try discovered(note) }
        try catalog.select(selection)
        return catalog
    }

    private func discovered(_ note: @escaping (String) -> Void) throws -> AirbyteCatalog {
        let program = try MessageProgram(words + ["discover"] + configuration)
        program.takeText = note
        var found: JSONObject?
        var failures = AirbyteFailures()
        let ending = try program.read { message in
            switch message.string("type") {
            case "CATALOG": found = message.value("catalog")?.objectValue
            case "TRACE": failures.take(message.value(0))
            case "CONTROL": _ = try keep(message.value(0))
            default: break
            }
            return true
        }
        if ending == .stopped { throw Stopped(hint: "run the same command again") }
        let reason = program.failure()
        if let failure = failures.error("discover the streams of \(name)") { throw failure }
        guard reason == nil, let found else {
            throw ProgramError(
                .unavailable, "unable to discover the streams of \(name): \(reason ?? "it printed no CATALOG")",
                hint: "its own messages are above; \(name) check --config FILE says whether the configuration works")
        }
        return try AirbyteCatalog(offered: found, from: name)
    }

    /// Keeps a configuration that the source renews; returns whether there is a place for it.
    private func keep(_ message: JSONValue) throws -> Bool {
        guard let renewed = message["control", "connectorConfig", "config"]?.objectValue else { return true }
        try kept?.keep(renewed)
        return kept != nil
    }

    func run(into sink: any RecordSink) throws -> String {
        sink.isReading(name)
        let catalog = try catalog(note: { _ in })
        let memory = AirbyteMemory(sink, catalog)
        let state = memory.document
        let catalogFile = try HandedFile("catalog", .object(catalog.document))
        let stateFile = try state.map { try HandedFile("state", $0) }
        let program = try MessageProgram(
            words + ["read"] + configuration + ["--catalog", catalogFile.path]
                + (stateFile.map { ["--state", $0.path] } ?? []))
        let renew: (JSONValue) throws -> Void = { message in
            if try keep(message) { return }
            sink.warn(
                "\(name): the configuration that it renewed is lost",
                hint: "give --config a file of this machine at a path that the source can read, too")
        }
        let delivery = try AirbyteDelivery(name, catalog, memory, keep: renew, sink)
        program.beforeWaiting = { try sink.flush() }
        program.takeText = { delivery.log($0) }
        let ending = try withExtendedLifetime((catalogFile, stateFile)) {
            let ending = try program.read(until: TimeLimit.deadline(maximumDuration)) { message in
                try delivery.take(message)
            }
            if ending != .closed { program.end() }
            return ending
        }
        switch ending {
        case .closed:
            if let error = delivery.failure(program.failure()) {
                sink.endsAtLastMemory(complete: delivery.complete)
                throw error
            }
            try delivery.finish()
        case .stopped: break
        case .refused where delivery.isChunkFull, .outOfTime: try stop(delivery, sink, ending)
        // All streams are full; after a signal the last state decides.
        case .refused: if !StopSignal.requested { try delivery.finish() }
        }
        return name
    }

    private func stop(_ delivery: AirbyteDelivery, _ sink: any RecordSink, _ ending: MessageProgram.Ending) throws {
        sink.endsAtLastMemory(complete: delivery.complete)
        guard delivery.hasUncovered, !delivery.hasMemory else { return }
        throw ProgramError(
            .temporary, "unable to load a part of \(name): it sent no STATE that covers its records",
            hint: "allow "
                + (ending == .outOfTime ? "more time with --max-duration" : "larger chunks with --chunk-size"))
    }
}
