import CompressedIO
import DuckDBConnector
import JSONText
import ObjectStores
import ProgramSupport
import RecordSources
import RecordStreams
import SystemIO

/// Delivers the records of the planned files to a sink.
struct FileDelivery: PreparedSource {
    let plan: [PlannedResource]
    let options: ReadingOptions
    let choice: Choice
    let opener: FileOpener
    let limits: DuckDBFiles.Limits

    enum Choice {
        case all
        /// Files that are new or have changed, by name, size and time.
        case new
        /// Files that were modified since the last run.
        case modified
    }

    private var onlyNew: Bool { choice == .new }

    var resources: [String] { plan.map(\.name) }
    var remembersPlace: Bool { onlyNew }
    var chunksNeed: [String]? { choice == .all ? ["--new", "--cursor"] : nil }
    var itemCursor: ItemCursor? { choice == .modified ? FileItem.cursor : nil }

    func run(into sink: any RecordSink) throws -> String {
        var files = 0
        var known = 0
        resources: for resource in plan {
            let columns = ResourceColumns(resource.name, options.tables, sink: sink)
            let before = sink.state(of: resource.name)
            var history = FileHistory(state: before)
            let ordered = try inOrder(listed(resource.files))
            // Only an announced resource can decide whether it wants an item.
            if choice == .modified { try columns.begin(withTypes: nil) }
            let lookAhead = LookAhead(options, columns, opener)
            opener.remotes.plan(unread(ordered, history))
            if choice != .modified {
                for file in ordered where !lookAhead.isOver && lookAhead.mayBeTable(file) {
                    let standing = standing(of: file, history)
                    if standing != .delivered { lookAhead.look(at: file, from: standing.place) }
                }
                lookAhead.decide()
                opener.remotes.plan(unread(ordered, history))
            }
            // Also when a limit or a stop ends it: the next run need not read again what was read so far.
            func settle(isLast: Bool) throws {
                switch choice {
                case .all: break
                case .new:
                    try sink.checkpoint(resource.name, isLast: isLast) {
                        columns.memory(in: history.state(in: before))
                    }
                case .modified:
                    try sink.checkpoint(resource.name, isLast: isLast) { columns.memory(in: before) }
                }
            }
            for file in ordered {
                let outcome = try deliver(file, &history, columns, lookAhead, into: sink)
                // The time of a file stands for all of it; a file that was left in the middle does not count.
                if choice == .modified, outcome == .read(.stop) { break resources }
                try settle(isLast: outcome == .read(.resourceIsFull) || outcome == .read(.stop))
                switch outcome {
                case .known: known += 1
                case .read(.taken), .read(.leftOut): files += 1
                case .read(.resourceIsFull), .read(.sequenceHasEnded):
                    files += 1
                    continue resources
                case .read(.stop):
                    files += 1
                    break resources
                }
            }
            try columns.begin()
            try settle(isLast: true)
        }
        let kind = choice == .new ? "new " : choice == .modified ? "modified " : ""
        let left = choice == .modified ? "left out" : "delivered before"
        return "\(NumberText.count(files)) \(kind)\(files == 1 ? "file" : "files")"
            + (known > 0 ? " (\(NumberText.count(known)) \(left))" : "")
    }

    /// Files elsewhere are found only now: a plan is made without a network.
    private func listed(_ files: [PlannedFile]) throws -> [PlannedFile] {
        var all: [PlannedFile] = []
        for file in files {
            guard let address = file.address, file.remote == nil else {
                all.append(file)
                continue
            }
            let found = try opener.remotes.files(at: address, needsVersion: choice != .all)
            // Two patterns may find the same object.
            let known = Set(all.map(\.identity))
            all += found.filter { !known.contains($0.identity) }
        }
        // Files are remembered without the secrets in their URLs.
        var names: Set<ExactString> = []
        for url in choice == .all ? [] : all.compactMap(\.remote?.url) where !names.insert(ExactString(url)).inserted {
            throw ProgramError(
                .usage, "unable to remember \(url): two of these URLs differ only in what is hidden in it",
                hint: "read each in a run of its own, into another resource: --resource NAME")
        }
        return all
    }

    /// Those that are going to be opened.
    private func unread(_ files: [PlannedFile], _ history: FileHistory) -> [PlannedFile] {
        files.filter { $0.remote != nil && standing(of: $0, history) != .delivered }
    }

    /// With a cursor on the times of files, files are read in that order, so that a run may stop after each of them.
    private func inOrder(_ files: [PlannedFile]) throws -> [PlannedFile] {
        guard choice == .modified else { return files }
        return try files.map { file in (file, try modified(file)) }
            .sorted { ($0.1, $0.0.name) < ($1.1, $1.0.name) }.map(\.0)
    }

    private func modified(_ file: PlannedFile) throws -> Int64 {
        guard let object = file.remote else { return try file.path.map { try Files.stat($0).modified } ?? 0 }
        if let time = object.modified { return time }
        throw ProgramError(
            .data, "unable to tell when \(object.url) was modified: the server does not say",
            hint: "use --new, which goes by the ETag too")
    }

    private enum Outcome: Equatable {
        /// Whether an earlier run delivered the file.
        case known
        case read(SinkAnswer)
    }

    /// Whether to read a file, and from where; without a memory always all of it.
    private func standing(of file: PlannedFile, _ history: FileHistory) -> FileHistory.Standing {
        guard onlyNew, let (name, version) = try? opener.identity(file) else { return .new }
        return history.standing(of: name, version)
    }

    private func deliver(
        _ file: PlannedFile, _ history: inout FileHistory, _ columns: ResourceColumns, _ lookAhead: LookAhead,
        into sink: any RecordSink
    ) throws -> Outcome {
        if choice == .modified, let item = try item(file) {
            guard try sink.wants(item.json, of: columns.handle) else { return .known }
        }
        guard onlyNew, let (name, version) = try opener.identity(file) else {
            sink.isReading(file.name)
            return .read(try read(file, opener.open(file), from: nil, columns, lookAhead, into: sink).answer)
        }
        if history.standing(of: name, version) == .delivered { return .known }
        let input = try opener.open(file)
        guard let version = input.version else { return .known }
        if !version.isKnown {
            columns.say(
                "unmarked", "\(file.name): the server gives neither ETag nor Last-Modified, so each run reads it again")
        }
        var place: FilePlace?
        if case .begun(let begun) = history.standing(of: name, version) { place = begun }
        sink.isReading(file.name)
        let (answer, stop) = try read(file, input, from: place, columns, lookAhead, into: sink)
        if let stop {
            // Nothing was delivered before the first record; the file counts as new.
            if stop.records > 0 { history.mark(name, version, at: stop) }
        } else {
            history.markDelivered(name, version)
        }
        return .read(answer)
    }

    private func item(_ file: PlannedFile) throws -> FileItem? {
        if let object = file.remote { return FileItem(object, modifiedAt: try modified(file)) }
        guard let path = file.path else { return nil }
        let resolved = try Files.realPath(path)
        return FileItem(path: resolved, name: path, status: try Files.stat(resolved))
    }

    private func read(
        _ file: PlannedFile, _ input: OpenFile, from place: FilePlace?, _ columns: ResourceColumns,
        _ lookAhead: LookAhead, into sink: any RecordSink
    ) throws -> (answer: SinkAnswer, stop: FilePlace?) {
        var record = 1
        do {
            columns.file = file.name
            let beginning = try BeginningSource(
                input.source, count: input.isRegularFile ? ArchiveDelivery.neededBytes : 4)
            let input = OpenFile(source: beginning, isRegularFile: input.isRegularFile, version: input.version)
            if ParquetDelivery.isParquet(beginning.beginning, options) {
                let delivery = ParquetDelivery(file: file, limits: limits, columns: columns)
                return try delivery.run(beginning, from: place, into: sink)
            }
            if ArchiveDelivery.isArchive(beginning.beginning) {
                let delivery = ArchiveDelivery(file: file, options: options, columns: columns)
                return try delivery.run(beginning, from: place, into: sink)
            }
            let opened = try OpenText(input, file, options) { columns.say($0, $1, hint: $2, isNote: $2 == nil) }
            var delivery = TextDelivery(
                opened, columns, place: RecordPlace(.file(file.name)), isLookedAt: lookAhead.hasSeen(file))
            defer { record = delivery.delivered + 1 }
            return try delivery.run(options, from: place, into: sink)
        } catch { throw explained(error, file, record: record) }
    }

    // MARK: Errors

    private func explained(_ error: any Error, _ file: PlannedFile, record: Int) -> any Error {
        TextDelivery.explained(error, file, record: record) { lineNumber(of: $0, in: file) }
    }

    /// The JSON reader does not count lines; the file is read once more if an error needs one.
    private func lineNumber(of offset: Int64, in file: PlannedFile) -> Int? {
        guard let path = file.path, let input = try? Descriptor.openForReading(path), input.isRegularFile,
            let source = try? CompressedInput.open(input)
        else { return nil }
        let window = ByteWindow(source)
        var line = 1
        while let more = try? window.fill(), more {
            let rest = offset - window.offset
            for byte in window.bytes.prefix(Int(clamping: rest)) where byte == 0x0A { line += 1 }
            if rest <= window.bytes.count { return line }
            window.consume(window.bytes.count)
        }
        return line
    }
}
