import ArgumentParser
import Secrets
import SystemIO

package enum ProgressMode: String, CaseIterable, Sendable, ExpressibleByArgument {
    case auto, plain, json, never
}

/// Tells how far the work is: a live line on a terminal, or now and then a line of text or JSON.
///
/// Use from one thread. Cheap enough to call per block: most calls only look at the clock.
package final class ProgressLine {
    enum Style { case live, plain, json, none }

    private let messages: Messages
    let style: Style
    private let interval: Int64
    private var nextTime: Int64
    /// The time of the next line in the journal.
    private var nextRecord: Int64
    private let columns: Int

    /// - Parameter dataOnTerminal: the program writes its data to stdout, so a live line would mix with it on a terminal.
    package init(_ mode: ProgressMode, messages: Messages, dataOnTerminal: Bool = false) {
        self.messages = messages
        style = Self.style(mode, messages: messages, dataOnTerminal: dataOnTerminal)
        switch style {
        case .live: interval = 200_000_000
        case .plain, .json: interval = 5_000_000_000
        case .none: interval = .max
        }
        let now = Clock.monotonicNanoseconds()
        nextTime = style == .none ? .max : now + interval
        nextRecord = now + 1_000_000_000
        columns = Descriptor.standardError.terminalColumns ?? 80
    }

    deinit { finish() }

    /// A line on a terminal that is renewed as long as the work goes on.
    package var isLive: Bool { style == .live }

    private static func style(_ mode: ProgressMode, messages: Messages, dataOnTerminal: Bool) -> Style {
        if messages.isQuiet { return .none }
        switch mode {
        case .never: return .none
        case .plain: return .plain
        case .json: return .json
        case .auto:
            guard Terminal.isTerminal, messages.format == .text, Environment.get("TERM") != "dumb" else { return .none }
            let output = Descriptor.standardOutput
            if dataOnTerminal && output.isTerminal { return .none }
            // The first and the last program of a pipe draw, and not at the same time; those between would only flicker.
            if output.isPipe && Descriptor.standardInput.isPipe { return .none }
            return .live
        }
    }

    /// - Parameters:
    ///   - text: what to show; asked for only when it is time.
    ///   - fields: the same as values, for JSON.
    package func update(_ text: @autoclosure () -> String, _ fields: @autoclosure () -> Messages.Fields = []) {
        guard min(nextTime, nextRecord) != .max else { return }
        let now = Clock.monotonicNanoseconds()
        if now >= nextRecord { nextRecord = RunRecorder.progress(text(), fields(), now: now) }
        guard nextTime != .max, now >= nextTime else { return }
        nextTime = now + interval
        switch style {
        case .live:
            let line = Terminal.harmless(Secrets.hidden("\(messages.program): \(text())")).prefix { $0 != "\n" }
            // A line that wraps could not be cleared.
            Terminal.showLiveLine(String(line.prefix(max(columns - 1, 1))))
        case .plain: messages.withFormat(.text).say(.progress, text())
        case .json: messages.withFormat(.json).say(.progress, text(), fields())
        case .none: break
        }
    }

    /// Clears the live line. Later updates show it again.
    package func finish() {
        if style == .live { Terminal.clearLiveLine() }
    }
}

extension Messages {
    fileprivate func withFormat(_ format: LogFormat) -> Messages {
        Messages(program: program, format: format, isQuiet: isQuiet, isVerbose: isVerbose, pipeline: pipeline)
    }
}
