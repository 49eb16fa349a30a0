import JSONText
import LoadPackages
import PipelineStates
import RunJournals
import Schemas
import SystemIO

/// One pipeline as the spool has it at this moment. Nothing is locked, so that no program waits for a reader of pages.
struct PipelineFacts: Sendable {
    let spool: Spool
    let home: PipelineHome
    /// Oldest first.
    let waiting: [LoadID]
    let failed: [LoadID]
    let loaded: [LoadID]
    /// Newest first.
    let runs: [RunID]
    let lastRun: RecordedRun?
    /// What cannot be read, in a sentence.
    let damage: String?
    /// For commands: `--data-dir` as it was given to this one.
    let dataDirectoryOption: String?
    /// What a dataset says of itself that was named by its URL; nil for a pipeline of a spool.
    var dataset: DatasetFacts?

    var name: String { spool.pipeline }
    /// Where its dataset is opened.
    var url: String? { dataset?.url ?? home.destination }

    /// Seconds that a scan may take which a page asks for: less than a load waits by default for a lock. A file is read for a shorter time
    /// at once (`TableScan`).
    var patience: Double { url?.hasPrefix("postgres") == true ? 30 : 2 }
    var lastLoad: LoadID? { dataset.map { $0.loads.first?.id } ?? loaded.last }
    /// There is no spool of it here, so no runs and no packages.
    var isDatasetOnly: Bool { dataset != nil }

    var health: Health {
        if let dataset { return dataset.absence != nil ? .unknown : dataset.loads.isEmpty ? .new : .done }
        if damage != nil || !failed.isEmpty { return .failed }
        switch lastRun?.outcome {
        case .failed?: return .failed
        case .running?: return .running
        case .interrupted?: return .interrupted
        case .done?, .unknown?, nil: break
        }
        if !waiting.isEmpty { return .waiting }
        return loaded.isEmpty ? .new : .done
    }

    var journal: JournalReader { JournalReader(spool) }

    /// When anything happened last, in microseconds.
    var newest: Int64 {
        if isDatasetOnly { return lastLoad?.microseconds ?? 0 }
        let packages = [waiting.last, failed.last, loaded.last].compactMap { $0?.microseconds }
        return (packages + [lastRun?.began ?? 0]).max() ?? 0
    }

    func place(of id: LoadID) -> Spool.Place? {
        Spool.Place.allCases.first { Files.isDirectory(spool.path(of: id, in: $0)) }
    }

    /// Packages from the newest on, those before a load id.
    func packages(before id: LoadID? = nil) -> [(id: LoadID, place: Spool.Place)] {
        let all =
            waiting.map { (id: $0, place: Spool.Place.waiting) } + failed.map { (id: $0, place: .failed) }
            + loaded.map { (id: $0, place: .loaded) }
        return all.filter { entry in id.map { entry.id < $0 } ?? true }.sorted { $0.id > $1.id }
    }
}

/// All pipelines of a data directory, or the datasets of a database.
final class Catalog: Sendable {
    let dataDirectory: String
    /// As it was given on the command line.
    private let dataDirectoryOption: String?
    /// The only one to show; nil for all.
    let only: String?
    /// Where there is no spool.
    let database: DatasetSource?
    let memory = PackageMemory()
    /// Of folders that may hold ten thousand names.
    private let loadedPackages = FolderMemory<[LoadID]>()
    private let runLists = FolderMemory<[RunID]>()
    let runs = RunMemory()
    /// Of runs that ended before anybody knew their pipeline.
    var looseJournal: JournalReader { JournalReader(RunFolder(dataDirectory: dataDirectory)) }

    init(dataDirectory: String, option: String?, only: String?) {
        self.dataDirectory = dataDirectory
        dataDirectoryOption = option
        self.only = only
        database = nil
    }

    init(_ database: DatasetSource) {
        dataDirectory = DatasetSource.noDirectory
        dataDirectoryOption = nil
        only = nil
        self.database = database
    }

    func names() throws -> [String] {
        if let database { return try database.names() }
        return try Spool.pipelinesWithRuns(dataDirectory: dataDirectory).filter { only == nil || only == $0 }
    }

    /// nil when there is none of that name.
    func pipeline(_ name: String) -> PipelineFacts? {
        if let database { return database.pipeline(name) }
        guard only == nil || only == name, let spool = Spool(dataDirectory: dataDirectory, pipeline: name),
            Files.isDirectory(spool.path)
        else { return nil }
        var damage: String?
        func read<Value>(_ empty: Value, _ body: () throws -> Value) -> Value {
            do { return try body() } catch {
                damage = damage ?? "\(error)"
                return empty
            }
        }
        let home = read(PipelineHome()) { try spool.home() }
        let waiting = read([]) { try spool.packages(.waiting) }
        let failed = read([]) { try spool.packages(.failed) }
        let loaded = read([]) {
            try loadedPackages.content(of: Paths.join(spool.path, Spool.Place.loaded.rawValue)) {
                try spool.packages(.loaded)
            }
        }
        let journal = JournalReader(spool)
        let runs = (try? runLists.content(of: journal.folder.path) { try journal.runs() }) ?? []
        return PipelineFacts(
            spool: spool, home: home, waiting: waiting, failed: failed, loaded: loaded, runs: runs,
            lastRun: runs.first.flatMap { self.runs.run($0, journal) }, damage: damage,
            dataDirectoryOption: dataDirectoryOption)
    }

    /// Failures first, then those that did something last.
    func pipelines() throws -> [PipelineFacts] {
        try names().compactMap { pipeline($0) }.sorted(by: Self.isAbove)
    }

    static func isAbove(_ left: PipelineFacts, _ right: PipelineFacts) -> Bool {
        if left.health != right.health { return left.health < right.health }
        return left.newest == right.newest ? left.name < right.name : left.newest > right.newest
    }

    /// The newest runs that ended before their pipeline was known; none where only one pipeline is shown.
    func looseRuns() -> [RecordedRun] {
        guard only == nil, database == nil else { return [] }
        let journal = looseJournal
        return ((try? journal.runs()) ?? []).prefix(5).compactMap { runs.run($0, journal) }
    }

    /// The newest of the packages that were loaded, oldest first, as far as the time goes.
    func recentLoads(_ pipeline: PipelineFacts, _ count: Int, _ limit: TimeLimit) -> [PackageFacts] {
        var loads: [PackageFacts] = []
        for id in pipeline.loaded.suffix(count).reversed() {
            guard !limit.isOver || memory.remembered(id, of: pipeline.spool) != nil else { break }
            if let facts = memory.facts(id, in: .loaded, of: pipeline.spool) { loads.append(facts) }
        }
        return loads.reversed()
    }
}

extension PipelineFacts {
    /// The state as the home has it.
    func committedState() throws -> PipelineState {
        if let dataset { return dataset.states.first?.state ?? PipelineState(pipeline: name) }
        return try spool.committedState()
    }

    /// Names of its schemas, the main one first.
    func schemaNames() -> [String] {
        if let dataset { return dataset.schemas.map(\.name) }
        var names = (try? spool.committedSchemaNames()) ?? []
        for id in waiting.suffix(50).reversed() {
            guard let name = try? spool.manifest(of: id, in: .waiting).schemaName else { continue }
            if !names.contains(name) { names.append(name) }
        }
        let main = (try? spool.committedState())?.document["default_schema_name"]?.stringValue
        return names.filter { $0 == main } + names.filter { $0 != main }.sorted()
    }

    /// The committed schema, or else what the newest waiting package will make of it.
    func schema(_ name: String) throws -> (schema: Schema, isCommitted: Bool)? {
        if let dataset { return dataset.schemas.first { $0.name == name }.map { ($0, true) } }
        if let schema = try spool.committedSchema(name) { return (schema, true) }
        for id in waiting.reversed() {
            guard let package = try? spool.open(id, in: .waiting), package.schema.name == name else { continue }
            return (package.schema, false)
        }
        return nil
    }

    /// The versions of a schema that the spool still has whole, oldest first.
    func schemaVersions(_ name: String) -> [(schema: Schema, load: LoadID?)] {
        // The older ones are in the dataset alone.
        if let dataset { return dataset.schemas.filter { $0.name == name }.map { ($0, nil) } }
        var versions: [(schema: Schema, load: LoadID?)] = []
        var hashes: Set<String> = []
        func add(_ schema: Schema, _ load: LoadID?) {
            guard schema.name == name, hashes.insert(schema.versionHash ?? "").inserted else { return }
            versions.append((schema, load))
        }
        // Of loaded packages the newest only may be whole.
        for id in loaded.suffix(200) where !PackageReader.isTrimmed(spool.path(of: id, in: .loaded)) {
            if let package = try? spool.open(id, in: .loaded) { add(package.schema, id) }
        }
        if let committed = try? spool.committedSchema(name) { add(committed, nil) }
        for id in waiting { if let package = try? spool.open(id, in: .waiting) { add(package.schema, id) } }
        return versions.sorted { $0.schema.version < $1.schema.version }
    }
}
