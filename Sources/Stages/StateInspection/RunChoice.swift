import Failures
import LoadPackages
import ProgramSupport
import RunJournals
import SystemIO

/// Where runs are looked for: the pipeline that was named, or all of them, and what failed before it was known for which.
struct RunChoice {
    struct Place {
        /// nil of runs that came to no pipeline.
        let spool: Spool?
        let reader: JournalReader
    }

    let places: [Place]
    private let dataDirectory: String

    init(_ common: CommonOptions) throws {
        dataDirectory = common.dataDirectory
        let known = try Spool.pipelinesWithRuns(dataDirectory: dataDirectory)
        let names = common.pipelineName.map { [$0] } ?? known
        let observer = ProcessIdentity.current()
        var places: [Place] = []
        for name in names {
            guard let spool = Spool(dataDirectory: dataDirectory, pipeline: name), known.contains(name) else {
                throw ProgramError(
                    .noInput, "unable to find pipeline '\(name)' in \(dataDirectory)",
                    hint: NearestWord.of(name, among: known).map { "did you mean \($0)?" }
                        ?? "`dlt-state runs` without --pipeline lists the runs of all")
            }
            places.append(Place(spool: spool, reader: JournalReader(RunFolder(spool), observer: observer)))
        }
        if common.pipelineName == nil {
            places.append(
                Place(
                    spool: nil, reader: JournalReader(RunFolder(dataDirectory: dataDirectory), observer: observer)))
        }
        self.places = places
    }

    /// All runs, newest first.
    func runs() throws -> [(id: RunID, place: Place)] {
        try places.flatMap { place in try place.reader.runs().map { (id: $0, place: place) } }.sorted { $0.id > $1.id }
    }

    /// The run that a text names: its id, or the beginning or the end of it.
    func run(named text: String) throws -> (id: RunID, place: Place) {
        let all = try runs()
        let word = text.lowercased()
        let found = all.filter {
            $0.id.text == word || word.utf8.count >= 4 && ($0.id.text.hasPrefix(word) || $0.id.text.hasSuffix(word))
        }
        guard let first = found.first else {
            throw ProgramError(
                .noInput,
                "unable to find run '\(text)': \(all.isEmpty ? "there are no runs" : "there is none of that id")",
                hint: "`dlt-state runs` lists them, the newest last")
        }
        guard Set(found.map(\.id)).count == 1 else {
            throw ProgramError(
                .usage, "unable to choose a run: \(NumberText.count(found.count)) begin or end with '\(text)'",
                hint: "name one of: " + found.prefix(5).map(\.id.text).joined(separator: ", "))
        }
        return first
    }
}

extension RunStage {
    var program: String {
        switch self {
        case .extract: "dlt-extract"
        case .normalize: "dlt-normalize"
        case .load: "dlt-load"
        case .change: "dlt-state"
        }
    }
}

extension RecordedProgram {
    var name: String { start.map(\.program).flatMap { $0.isEmpty ? nil : $0 } ?? stage.program }
}

extension RecordedRun {
    /// `dlt-extract files a.csv | dlt-normalize | dlt-load sqlite:///a.db`, as it was called, without secrets. Of a stream that was read
    /// several times, the last reading.
    var command: String {
        let called = programs.filter { $0.start != nil }
        return called.filter { program in called.last { $0.stage == program.stage }?.file == program.file }.map {
            program in
            ShellWord.command([program.name] + (program.start?.arguments ?? []))
        }.joined(separator: " | ")
    }
}
