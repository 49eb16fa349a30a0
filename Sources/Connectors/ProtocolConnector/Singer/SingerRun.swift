import JSONText
import ProgramSupport
import RecordSources
import RecordStreams
import SystemIO

/// Runs a tap and delivers its messages.
struct SingerRun: PreparedSource {
    let tap: SingerTap

    var resources: [String] { [tap.name] }
    var pipelineName: String? { tap.name }
    var remembersPlace: Bool { false }
    var forgetsByItself: Bool { true }
    var cursorObstacle: String? {
        "the tap itself decides which records are new; --replication STREAM=INCREMENTAL:COLUMN asks for that"
    }

    func run(into sink: any RecordSink) throws -> String {
        sink.isReading(tap.name)
        let catalog = try tap.catalog()
        let catalogFile = try catalog.map { try HandedFile("catalog", .object($0.document)) }
        let memory = SingerMemory(sink, catalog)
        let stateFile = try memory.state.map { try HandedFile("state", $0) }
        let program = try MessageProgram(tap.command(catalog: catalogFile?.path, state: stateFile?.path))
        program.beforeWaiting = { try sink.flush() }
        let delivery = SingerDelivery(tap.name, catalog, memory, sink)
        let ending = try withExtendedLifetime((catalogFile, stateFile)) {
            let ending = try program.read(until: TimeLimit.deadline(tap.maximumDuration)) { message in
                try delivery.take(message)
            }
            if ending != .closed { program.end() }
            return ending
        }
        switch ending {
        case .closed:
            if let reason = program.failure() { throw failure(delivery, sink, reason) }
            try delivery.finish()
        case .stopped: break
        case .refused where delivery.isChunkFull, .outOfTime: try stop(delivery, sink, ending)
        // All streams are full; after a signal the last STATE decides.
        case .refused: if !StopSignal.requested { try delivery.finish() }
        }
        return tap.name
    }

    /// Ends a run before the tap's end.
    private func stop(_ delivery: SingerDelivery, _ sink: any RecordSink, _ ending: MessageProgram.Ending) throws {
        sink.endsAtLastMemory(complete: delivery.complete)
        guard delivery.hasUncovered, !delivery.hasMemory else { return }
        let when = ending == .outOfTime ? "within \(tap.maximumDuration ?? "")" : "within the chunk"
        throw ProgramError(
            .temporary, "unable to load a part of \(tap.name): it sent no STATE \(when)",
            hint: "a tap without STATE loads only when it ends: allow "
                + (ending == .outOfTime ? "more time with --max-duration" : "larger chunks with --chunk-size"))
    }

    private func failure(_ delivery: SingerDelivery, _ sink: any RecordSink, _ reason: String) -> ProgramError {
        sink.endsAtLastMemory(complete: delivery.complete)
        let next =
            sink.startsOver
            ? "; give the next run --refresh, too: streams that were not reached still have their old rows"
            : ", and the next run goes on there"
        let loaded =
            delivery.hasMemory && !delivery.replacesPart
            ? "what its last STATE covers is loaded" + next : "nothing of it is loaded"
        return ProgramError(
            .unavailable, "unable to read all of \(tap.name): \(reason)",
            hint: "its own messages are above; \(loaded)")
    }
}
