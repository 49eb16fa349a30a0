import ArgumentParser
import JSONText
import ProgramSupport
import RecordStreams
import SystemIO

/// Reads from standard input which packages to load, and loads each as it comes.
struct PackageLines {
    let messages: Messages

    /// - Parameter load: called with the packages that were named by then.
    /// - Returns: what the programs before this one ended with.
    func read(_ load: ([String]) throws -> Void) throws -> ExitCode {
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
        var worst: Int32 = 0
        // Those that were named while others were loaded.
        var waiting: [String] = []
        func loadWaiting() throws {
            let paths = waiting
            waiting = []
            if !paths.isEmpty { try load(paths) }
            loaded += paths.count
        }
        func take(_ text: String, _ line: LineReader.Line) throws {
            if text.utf8.first != UInt8(ascii: "{") { return waiting.append(text) }
            guard let message = try? JSONValue(parsing: text), let packageLine = PackageLine(message: message) else {
                let unknown = unknown(line.number, text, isCut: !line.hadNewline)
                try loadWaiting()
                throw unknown
            }
            switch packageLine {
            case .run: isOpen = true
            case .package(_, let path, _, _): waiting.append(path)
            case .end(let status):
                isOpen = false
                if worst == 0 { worst = Int32(clamping: status) }
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
                .temporary, "nothing came on standard input: no run and no package",
                hint: "the program before this one in the pipe has failed; see its message")
        }
        if isOpen {
            throw ProgramError(
                .temporary,
                "the run ended without END after \(loaded == 1 ? "1 package" : "\(loaded) packages"): "
                    + "dlt-normalize was killed",
                hint: "what came was loaded; run the whole pipe again")
        }
        return ExitCode(worst)
    }

    private func unknown(_ number: Int, _ text: String, isCut: Bool) -> ProgramError {
        if isCut {
            return ProgramError(
                .temporary, "line \(number) of standard input is cut off", hint: "run the whole pipe again")
        }
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
