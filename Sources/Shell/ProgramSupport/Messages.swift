import ArgumentParser
import JSONText
import RunJournals
import Secrets
import Synchronization
package import SystemIO

package enum LogFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
    case text, json
}

/// A value beside the text of a message, for those who read JSON.
package enum MessageField: Sendable, Equatable {
    case text(String)
    case integer(Int64)
    case number(Double)
    case flag(Bool)
    /// An object of numbers.
    case counts([String: Int])

    package static func count(_ value: Int) -> MessageField { .integer(Int64(value)) }

    var hidden: MessageField { if case .text(let text) = self { .text(Secrets.hidden(text)) } else { self } }

    var json: String {
        switch self {
        case .text(let text): JSONValue.string(text).serialized()
        case .integer(let value): String(value)
        case .number(let value): value.isFinite ? "\(value)" : "null"
        case .flag(let value): value ? "true" : "false"
        case .counts(let counts):
            "{"
                + counts.sorted { $0.key < $1.key }.map { "\(JSONValue.string($0.key).serialized()):\($0.value)" }
                .joined(separator: ",") + "}"
        }
    }
}

/// The messages of a program for people, on stderr. Every message is one write, so that programs in a pipe do not mix lines.
package struct Messages: Sendable {
    package typealias Fields = [(name: String, value: MessageField)]

    package let program: String
    package let format: LogFormat
    /// Only warnings and errors.
    package let isQuiet: Bool
    /// Details too.
    package let isVerbose: Bool
    let usesColor: Bool
    /// That was named when the program began, for those who read JSON.
    let pipeline: String?

    package init(
        program: String = Program.name, format: LogFormat = .text, isQuiet: Bool = false, isVerbose: Bool = false,
        pipeline: String? = nil
    ) {
        self.program = program
        self.pipeline = pipeline
        self.format = format
        self.isQuiet = isQuiet
        self.isVerbose = isVerbose
        usesColor = format == .text && Terminal.allowsColor
    }

    // MARK: What can be said

    package func error(_ message: String, hint: String? = nil, status: ExitStatus) {
        say(.error, message, hint: hint, [("status", .integer(Int64(status.rawValue)))])
        RunRecorder.error(message, hint: hint, status: status.rawValue)
    }

    package func error(_ error: ProgramError) {
        self.error(error.message, hint: error.hint, status: error.status)
    }

    /// Something is probably not as intended; the work goes on.
    package func warning(_ message: String, hint: String? = nil) {
        say(.warning, message, hint: hint)
        RunRecorder.notice(.warning, message, hint: hint)
    }

    /// What to do next.
    package func hint(_ message: String) {
        if !isQuiet { say(.hint, message) }
        RunRecorder.notice(.hint, message)
    }

    /// Something worth knowing.
    package func note(_ message: String, _ fields: Fields = []) {
        if !isQuiet { say(.note, message, fields) }
        RunRecorder.notice(.note, message)
    }

    /// The one line at the end that tells what was done; the fields carry its numbers.
    package func summary(_ message: String, _ fields: Fields = []) {
        if !isQuiet { say(.summary, message, fields) }
        RunRecorder.summary(message, fields)
    }

    /// Only with `--verbose`.
    package func detail(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = []) {
        if isVerbose { say(.detail, message(), fields()) }
    }

    // MARK: How it looks

    enum Level: String {
        case error, warning, hint, note, summary, detail, progress
    }

    func say(_ level: Level, _ message: String, hint: String? = nil, _ fields: Fields = []) {
        Terminal.write(render(level, message, hint: hint, fields, time: format == .json ? JournalTime.now : nil))
    }

    /// A message with its newline.
    ///
    /// - Parameter time: of JSON, as RFC 3339 has it.
    func render(
        _ level: Level, _ words: String, hint: String? = nil, _ fields: Fields = [], time: String? = nil
    ) -> String {
        let (message, hint) = (Secrets.hidden(words), hint.map { Secrets.hidden($0) })
        if format == .json {
            var line = "{\"level\":\"\(level.rawValue)\",\"program\":\(JSONValue.string(program).serialized())"
            if let time { line += ",\"time\":\"\(time)\"" }
            let names = RunRecorder.names
            if let pipeline = pipeline ?? names.pipeline, !fields.contains(where: { $0.name == "pipeline" }) {
                line += ",\"pipeline\":\(JSONValue.string(pipeline).serialized())"
            }
            if let run = names.run { line += ",\"run\":\"\(run)\"" }
            line += ",\"message\":\(JSONValue.string(message).serialized())"
            if let hint { line += ",\"hint\":\(JSONValue.string(hint).serialized())" }
            for (name, value) in fields.map({ ($0.name, $0.value.hidden) }) {
                line += ",\(JSONValue.string(name).serialized()):\(value.json)"
            }
            return line + "}\n"
        }
        let shown = Terminal.harmless(message)
        var text: String
        switch level {
        case .error: text = paint("\(program):", "1;31") + " \(shown)\n"
        case .warning: text = "\(program): " + paint("warning:", "1;33") + " \(shown)\n"
        case .hint: text = paint("hint:", "1;36") + " \(shown)\n"
        case .note, .summary, .detail, .progress: text = "\(program): \(shown)\n"
        }
        if let hint { text += paint("hint:", "1;36") + " \(Terminal.harmless(hint))\n" }
        return text
    }

    private func paint(_ text: String, _ code: String) -> String {
        usesColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

/// The terminal that stderr writes to, shared by messages and the progress line.
package enum Terminal {
    /// Whether the last thing written is a live line that the next message must clear.
    private static let showsLiveLine = Mutex(false)

    static let isTerminal = Descriptor.standardError.isTerminal

    static var allowsColor: Bool { isTerminal && isColorful }

    package static func allowsColor(on output: borrowing Descriptor) -> Bool { output.isTerminal && isColorful }

    // https://no-color.org: any value but the empty one.
    private static var isColorful: Bool {
        (Environment.get("NO_COLOR") ?? "").isEmpty && Environment.get("TERM") != "dumb"
    }

    /// A failure of stderr itself cannot be reported, and is ignored.
    static func write(_ text: String) {
        showsLiveLine.withLock { shows in
            let clearing = shows ? "\r\u{1B}[K" : ""
            shows = false
            try? Descriptor.standardError.writeAll(clearing + text)
        }
    }

    static func showLiveLine(_ text: String) {
        showsLiveLine.withLock { shows in
            shows = true
            try? Descriptor.standardError.writeAll("\r\u{1B}[K" + text)
        }
    }

    static func clearLiveLine() {
        showsLiveLine.withLock { shows in
            if shows { try? Descriptor.standardError.writeAll("\r\u{1B}[K") }
            shows = false
        }
    }

    /// Shows control characters instead of sending them: messages quote data, and data may want to steer a terminal.
    package static func harmless(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: false
        case 0..<0x20, 0x7F..<0xA0: true
        // Overrides of the writing direction, which can make a line read as another.
        case 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
