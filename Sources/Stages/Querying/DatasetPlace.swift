import DatasetReaders
import DestinationKinds
import Destinations
import Failures
import InspectionSupport
import LoadPackages
import ProgramSupport
import SystemIO

/// The dataset that an operand names: a pipeline's, where its home says it, or that of a URL or a file.
struct DatasetPlace {
    private let operand: String
    private let dataset: String?
    private let lockTimeout: Double
    private let common: CommonOptions
    private let control: QueryControl

    init(_ command: QueryCommand, _ control: QueryControl) {
        operand = command.place
        dataset = command.dataset
        lockTimeout = command.lockTimeout
        common = command.common
        self.control = control
    }

    func open() throws -> any ReadingSession {
        if operand.unicodeScalars.contains(":") { return try open(url: operand) }
        let isPath = operand.unicodeScalars.contains("/") || operand.unicodeScalars.contains(".")
        if !isPath, let home = try home() {
            do { return try open(home.url, dataset: dataset ?? home.dataset, operand) } catch let error
                as DestinationError where error.kind == .denied && home.url.hasPrefix("postgresql:")
            {
                throw DestinationError(
                    .denied, error.message,
                    hint:
                        "a pipeline remembers its home without user and password: set PGUSER and PGPASSWORD, or name the URL"
                )
            }
        }
        if Files.exists(operand) {
            guard let url = DatabaseFile.url(of: operand) else {
                throw ProgramError(
                    .data, "unable to read '\(operand)': it is not a database file",
                    hint: "dlt-query reads files of SQLite and DuckDB; for records use dlt-extract files")
            }
            return try open(url: url)
        }
        throw absence(isPath: isPath)
    }

    // MARK: A pipeline

    private func home() throws -> (url: String, dataset: String?)? {
        guard let spool = Spool(dataDirectory: common.dataDirectory, pipeline: operand), spool.exists else {
            return nil
        }
        let home = try spool.home()
        guard let url = home.destination else {
            throw ProgramError(
                .noInput, "unable to read pipeline '\(operand)': nothing of it was loaded yet",
                hint: "load what waits with `dlt-load URL --pending --pipeline \(ShellWord.quoted(operand))`")
        }
        return (url, home.dataset)
    }

    private func absence(isPath: Bool) -> ProgramError {
        if isPath {
            return ProgramError(
                .noInput, "unable to find '\(operand)': there is no such file",
                hint: "check the name; a relative one starts at the current folder")
        }
        let known = (try? Spool.pipelines(dataDirectory: common.dataDirectory)) ?? []
        let near = NearestWord.of(operand, among: known).map { "did you mean \($0)?" }
        let list = known.prefix(10).joined(separator: ", ") + (known.count > 10 ? " and \(known.count - 10) more" : "")
        return ProgramError(
            .noInput, "unable to find '\(operand)': it is neither a pipeline in \(common.dataDirectory) nor a file",
            hint: near
                ?? (known.isEmpty ? "name a database by its URL, such as sqlite:///file.db" : "pipelines are: \(list)"))
    }

    // MARK: A URL

    private func open(url: String) throws -> any ReadingSession {
        let pipeline = common.pipelineName
        if dataset != nil || pipeline != nil { return try open(url, dataset: dataset, pipeline ?? "dlt") }
        // Without a name: the only one there is.
        let reading = try reading(url, dataset: nil, pipeline: "dlt")
        let found = try reading.datasets(control)
        if found.contains(reading.dataset) { return try reading.read(control) }
        guard let only = found.first else { return try reading.read(control) }
        guard found.count == 1 else {
            throw ProgramError(
                .usage, "unable to choose a dataset of \(DestinationURL.masked(url)): there are \(found.count)",
                hint: "add --dataset with one of: \(found.prefix(20).joined(separator: ", "))")
        }
        return try open(url, dataset: only, "dlt")
    }

    private func open(_ url: String, dataset: String?, _ pipeline: String) throws -> any ReadingSession {
        try reading(url, dataset: dataset, pipeline: pipeline).read(control)
    }

    private func reading(_ url: String, dataset: String?, pipeline: String) throws -> any DatasetReading {
        let destination = try Connection.openForReading(
            url, dataset: dataset, pipeline: pipeline, dataDirectory: nil, lockTimeout: lockTimeout)
        guard let reading = destination as? any DatasetReading else {
            throw ProgramError(
                .usage,
                "unable to read \(DestinationURL.masked(url)): \(type(of: destination).kind.title) is only loaded into",
                hint: "use the database's own program")
        }
        return reading
    }
}
