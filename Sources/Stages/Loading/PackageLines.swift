import ArgumentParser
import JSONText
import ProgramSupport
import RecordStreams
import SystemIO

/// Reads the packages to load from standard input, and loads each as it arrives.
struct PackageLines {
    let messages: Messages

    /// The result of the lines.
    struct Ending {
        /// The status of the earlier programs.
        var status: Int32 = 0
        /// The program that it belongs to.
        var program = "dlt-normalize"
        /// The pipelines of the runs.
        var pipelines: [PackageLine.Pipeline] = []
        /// The number of named packages.
        var packages = 0
    }

    /// - Parameters:
    ///   - refuse: called with a run that is about to publish, and its pipelines.
    ///   - load: called with the packages named so far.
    func read(
        refuse: (String, [PackageLine.Pipeline]) throws -> Void, _ load: ([PackagePlace]) throws -> Void
    ) throws -> Ending {
        let input = Descriptor.standardInput
        if input.isTerminal {
            throw ProgramError(
                .usage, "no package to load was named",
                hint: "name a package's folder, or --pending, or put dlt-normalize before this program in a pipe")
        }
        let lines = LineReader(input)
        var seen = 0
        var loaded = 0
        var isOpen = false
        var end = Ending()
        // Packages that were named while others were loaded.
        var waiting: [PackagePlace] = []
        func loadWaiting() throws {
            let places = waiting
            waiting = []
            if !places.isEmpty { try load(places) }
            loaded += places.count
        }
        func take(_ text: String, _ line: LineReader.Line) throws {
            if text.utf8.first != UInt8(ascii: "{") {
                if isMessage(text) { throw message(line.number) }
                return waiting.append(PackagePlace(text))
            }
            guard let message = try? JSONValue(parsing: text), let packageLine = PackageLine(message: message) else {
                let unknown = unknown(line.number, text, isCut: !line.hadNewline)
                try loadWaiting()
                throw unknown
            }
            switch packageLine {
            case .run(let id, let pipelines):
                isOpen = true
                RunRecorder.join(id)
                if !pipelines.isEmpty { try refuse(id, pipelines) }
            case .package(_, let path, _, _, let waited, let run):
                run.map { RunRecorder.join($0) }
                waiting.append(PackagePlace(path, .line(waited: waited)))
            case .end(let status, let program, let names, _):
                isOpen = false
                end.pipelines += names
                if end.status == 0 {
                    end.status = Int32(clamping: status)
                    end.program = program ?? end.program
                }
            }
        }
        while let line = try lines.next() {
            let text = line.text.trimmingSpaces()
            if !text.isEmpty {
                seen += 1
                try take(text, line)
            }
            if !lines.hasNext { try loadWaiting() }
        }
        try loadWaiting()
        if seen == 0 {
            throw ProgramError(
                .temporary, "standard input is empty: no run and no package",
                hint: "the program before this one in the pipe has failed; see its message")
        }
        if isOpen {
            throw ProgramError(
                .temporary,
                "the run ended without END after \(loaded == 1 ? "1 package" : "\(loaded) packages"): "
                    + "dlt-normalize was killed",
                hint: "the packages so far were loaded; run the whole pipe again")
        }
        end.packages = loaded
        return end
    }

    /// Whether the line is one that programs write to stderr.
    private func isMessage(_ text: String) -> Bool {
        ["dlt-extract: ", "dlt-normalize: ", "hint: "].contains { text.hasPrefix($0) }
    }

    private func message(_ number: Int) -> ProgramError {
        ProgramError(
            .usage, "line \(number) of standard input is a message, not a package",
            hint: "leave out 2>&1 before the pipe: messages belong on stderr")
    }

    private func unknown(_ number: Int, _ text: String, isCut: Bool) -> ProgramError {
        if isCut {
            return ProgramError(
                .temporary, "line \(number) of standard input is cut off", hint: "run the whole pipe again")
        }
        if text.hasPrefix("{\"level\":") { return message(number) }
        let isRecords = ["\"HEADER\"", "\"RECORD\"", "\"SCHEMA\""].contains { text.prefix(200).contains($0) }
        return ProgramError(
            .data, "line \(number) of standard input is neither a PACKAGE line nor a path",
            hint: isRecords ? "these are records: pipe them through dlt-normalize" : "dlt-normalize prints such lines")
    }
}

extension String {
    fileprivate func trimmingSpaces() -> String {
        var text = self[...]
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}
