import ArgumentParser
import DatasetReaders
import DestinationKinds
import Destinations
import Failures
import Glibc
import LineEditing
import ProgramSupport
import RelationalSQL
import SystemIO

/// Statements that a person types, one after the other, on one dataset.
///
/// Between statements nothing is held: no lock, no transaction. So a prompt that is left open keeps no load waiting.
final class Prompt {
    private var command: QueryCommand
    private let place: DatasetPlace
    private let control: QueryControl
    private let messages: Messages
    private let name: String
    private var session: (any ReadingSession)?
    private var buffer: StatementBuffer
    private var words = NameCompletion()
    private let history = PromptHistory.user
    private var file: OutputWriter?
    private var showsLines = false
    private var showsTimes = false

    /// Whether a person sits at both ends, and has asked for nothing but the dataset.
    static func isWanted(_ command: QueryCommand) -> Bool {
        command.text == nil && command.output == nil && command.format == nil && command.portable.isEmpty
            && Descriptor.standardInput.isTerminal && Descriptor.standardOutput.isTerminal
    }

    init(_ command: QueryCommand, _ control: QueryControl, _ session: any ReadingSession) {
        self.command = command
        self.control = control
        self.session = session
        place = DatasetPlace(command, control)
        messages = command.common.messages
        name = Prompt.name(command.place)
        buffer = StatementBuffer(SQLScanner.Rules(ofKind: session.dialect.kind.name))
        words.quote = { [dialect = session.dialect] in dialect.quote($0) }
        words.catalog = try? session.catalog()
    }

    /// Of a URL and a file their last part, without what could be a password.
    private static func name(_ place: String) -> String {
        let path = place.unicodeScalars.prefix { $0 != "?" }
        let last = path.split(separator: "/").last.map { String($0) } ?? place
        let isOfURL = place.unicodeScalars.contains(":") && path.split(separator: "/").count < 3
        return TerminalText.oneLine(isOfURL || last.contains("@") ? "dlt" : last)
    }

    // MARK: Lines

    func run() throws {
        let input = PromptInput(messages) { [unowned self] in words.complete($0, statement: buffer.rest) }
        for statement in history.statements() { input.remember(statement) }
        try attempt { session in try QueryRun(self.command, session, self.control).run(nil) }
        if !command.common.quiet { try print("Queries end with a semicolon; \\? is help, \\q leaves.\n") }
        defer { session?.close() }
        while true {
            switch try input.read(buffer.isEmpty ? "\(name)=> " : "\(name)-> ") {
            case .end:
                try print("\n")
                return try closeFile()
            case .interrupted:
                // Another signal than that of ^C ends the program.
                guard StopSignal.signalNumber == SIGINT else { throw Stopped() }
                StopSignal.forget()
                buffer.clear()
                try print("^C\n")
            case .line(let line):
                guard try take(line, input) else { return try closeFile() }
            }
        }
    }

    /// - Returns: false to leave.
    private func take(_ line: String, _ input: PromptInput) throws -> Bool {
        let start = line.drop { $0 == " " || $0 == "\t" }
        if start.first == "\\" {
            keep(line, input)
            return try run(command: line)
        }
        if buffer.isEmpty {
            if ["quit", "exit"].contains(start.lowercased()) { return false }
            if start.lowercased() == "help" {
                try print(PromptCommand.helpText)
                return true
            }
            if start.first == "." {
                messages.hint("commands begin with a backslash here: \\d lists the tables, \\? all commands")
                return true
            }
        }
        for statement in buffer.append(line) {
            keep(statement + ";", input)
            try attempt { try self.run(statement: statement, $0) }
        }
        return true
    }

    private func keep(_ line: String, _ input: PromptInput) {
        input.remember(line)
        history.add(line)
    }

    // MARK: Statements

    private func run(statement: String, _ session: any ReadingSession) throws {
        let text = QueryText(statement: statement)
        try QueryRun(command, session, control, output: output).run(text)
    }

    /// Runs something on the dataset; what is wrong with it is reported, and the prompt goes on.
    private func attempt(seconds: Double? = nil, _ body: (any ReadingSession) throws -> Void) throws {
        control.restart(seconds: seconds ?? command.timeout)
        let began = Clock.monotonicNanoseconds()
        do {
            let open = try session ?? place.open()
            session = open
            defer { rest() }
            try body(open)
        } catch let error where Prompt.isStop(error) {
            guard StopSignal.signalNumber == SIGINT else { throw Stopped() }
            messages.note("the query was cancelled")
        } catch let error as SystemError where error.isBrokenPipe {
            // The pager was left before its end.
        } catch is ExitStatusSignal {
            // Rows were left out, which was reported.
        } catch {
            guard let words = ProgramError(of: error) else { throw error }
            messages.error(words)
        }
        // A pager gets the ^C that is typed in it, too.
        if StopSignal.signalNumber == SIGINT { StopSignal.forget() }
        if showsTimes { try print("Time: \(Prompt.milliseconds(since: began)) ms\n") }
    }

    private static func isStop(_ error: any Error) -> Bool {
        switch error {
        case is Stopped: true
        case let error as QueryFailure: error.interruption == .stopped
        case let error as DestinationError: error.kind == .stopped
        case let error as SystemError: error.isInterruption
        default: false
        }
    }

    private static func milliseconds(since began: Int64) -> String {
        let tenths = (Clock.monotonicNanoseconds() - began) / 100_000
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// Gives the dataset free until the next statement.
    private func rest() {
        guard let open = session, !open.rest() else { return }
        open.close()
        session = nil
    }

    private var output: OutputFile { file.map { OutputFile(appendingTo: $0) } ?? OutputFile(Pager.user) }

    private func print(_ text: String) throws { try Descriptor.standardOutput.writeAll(text) }

    // MARK: Commands

    private func run(command line: String) throws -> Bool {
        let asked: PromptCommand
        do { asked = try PromptCommand(line) } catch {
            if let words = ProgramError(of: error) { messages.error(words) }
            return true
        }
        switch asked {
        case .quit: return false
        case .help: try print(PromptCommand.helpText)
        case .clear: buffer.clear()
        case .toggleTiming:
            showsTimes.toggle()
            messages.note("times are \(showsTimes ? "printed" : "not printed")")
        case .toggleLines:
            showsLines.toggle()
            command.format = showsLines ? .line : nil
            messages.note(showsLines ? "a value a line" : "rows are printed as tables")
        case .format(let format):
            command.format = format
            showsLines = format == .line
            messages.note("rows are printed as \(format?.rawValue ?? "tables")")
        case .output(let path): try write(to: path)
        case .tables(let isDetailed):
            try attempt { session in
                self.words.catalog = try session.catalog()
                if isDetailed { return try QueryRun(self.command, session, self.control, output: self.output).run(nil) }
                let tables = TableNames(self.words.catalog?.tables ?? [])
                try self.run(session).write(tables.rows, as: self.run(session).format)
            }
        case .describe(let table): try ask([table, "--describe"])
        case .ask(let arguments): try ask(arguments)
        case .explain(let sql):
            try attempt { session in
                var explaining = self.command
                explaining.explain = true
                let text = QueryText(statement: sql)
                try QueryRun(explaining, session, self.control, output: self.output).run(text)
            }
        }
        return true
    }

    private func run(_ session: any ReadingSession) -> QueryRun { QueryRun(command, session, control, output: output) }

    /// A table, as the options of the command line ask for it.
    private func ask(_ arguments: [String]) throws {
        var asked: QueryCommand
        do { asked = try QueryCommand.parse([command.place] + arguments) } catch {
            messages.error(QueryCommand.message(for: error), hint: "\\? has examples", status: .usage)
            return
        }
        asked.common = command.common
        asked.format = asked.format ?? command.format
        guard let table = asked.text else {
            return messages.error(
                "unable to ask: the name of a table comes first", hint: "\\ask TABLE OPTIONS", status: .usage)
        }
        try attempt(seconds: asked.timeout) { session in
            let output = asked.output.map { OutputFile($0) } ?? self.output
            // The name of the file that is open decides the format.
            asked.output = asked.output ?? self.command.output
            if asked.portable.nested || asked.portable.row != nil, ![.json, .ndjson].contains(asked.format) {
                asked.format = .json
            }
            try QueryRun(asked, session, self.control, output: output).run(QueryText(statement: table))
        }
    }

    // MARK: Files

    private func write(to path: String?) throws {
        do {
            try closeFile()
            guard let path else { return messages.note("rows are printed on the terminal") }
            file = OutputWriter(try Descriptor.create(path, mode: 0o666))
            command.output = path
            messages.note("rows are written into \(path)")
        } catch {
            guard let words = ProgramError(of: error) else { throw error }
            messages.error(words)
        }
    }

    private func closeFile() throws {
        defer { (file, command.output) = (nil, nil) }
        try file?.close(synchronizing: true)
    }
}
