package import LoadPackages
package import SystemIO

/// A folder of runs, one folder each, with a file for each program that took part: `runs/<run>/extract.ndjson`.
package struct RunFolder: Sendable, Equatable {
    package let path: String
    /// Folders of ours, which are real ones: a link in their place would have runs written elsewhere.
    let unlinked: [String]

    package init(_ path: String) { self.init(path, unlinked: [path]) }

    private init(_ path: String, unlinked: [String]) {
        self.path = path
        self.unlinked = unlinked
    }

    /// Of a pipeline.
    package init(_ spool: Spool) {
        let path = Paths.join(spool.path, PackageLayout.runs)
        self.init(path, unlinked: [spool.path, path])
    }

    /// Of runs that failed before it was known for which pipeline.
    package init(dataDirectory: String) { self.init(Paths.join(dataDirectory, PackageLayout.runs)) }

    package func folder(of run: RunID) -> String { Paths.join(path, run.text) }

    /// The runs, newest first, as their names say: nothing is opened.
    package func runs() throws(SystemError) -> [RunID] {
        let names: [String]
        do throws(SystemError) { names = try Files.list(path) } catch {
            if error.isAbsence { return [] }
            throw error
        }
        return names.reversed().compactMap { RunID($0) }
    }

    /// The files of a run, with the stage that each is of.
    package func journals(of run: RunID) throws(SystemError) -> [(stage: RunStage, name: String)] {
        try Files.list(folder(of: run)).compactMap { name in
            guard let stage = RunStage(fileName: name) else { return nil }
            return (stage, name)
        }
    }
}

/// Which program of the pipe, in the order of the pipe.
package enum RunStage: String, Sendable, CaseIterable, Comparable {
    case extract, normalize, load
    /// `dlt-state` and `dlt-schema`, where they change something.
    case change

    static let ending = ".ndjson"
    /// Several programs of one stage may take part in a run.
    static let most = 99

    /// `load.ndjson`, `load-2.ndjson`.
    func fileName(_ number: Int) -> String {
        number == 1 ? rawValue + RunStage.ending : "\(rawValue)-\(number)\(RunStage.ending)"
    }

    init?(fileName: String) {
        guard fileName.hasSuffix(RunStage.ending) else { return nil }
        let parts = fileName.dropLast(RunStage.ending.utf8.count).split(separator: "-", maxSplits: 1)
        guard let first = parts.first, parts.count == 1 || Int(parts[1]) != nil else { return nil }
        self.init(rawValue: String(first))
    }

    package static func < (left: RunStage, right: RunStage) -> Bool { left.place < right.place }

    private var place: Int { RunStage.allCases.firstIndex(of: self) ?? 0 }
}

/// How many runs are kept: the newest, and none that is too old but for a few, so that a pipeline that seldom runs has some.
package struct RunRetention: Sendable {
    package var newest = 1000
    package var days = 90
    package var least = 10
    /// Removing many files takes its time; the next runs go on.
    package var atOnce = 200

    package init() {}

    /// Removes runs that are not to be kept. What cannot be removed stays.
    package func trim(_ folder: RunFolder, now: Int64) {
        guard let runs = try? folder.runs() else { return }
        let oldest = now - Int64(days) * 86_400_000_000
        var removed = 0
        for (place, run) in runs.enumerated().reversed() where place >= least {
            let isOld = run.microseconds.map { $0 < oldest } ?? true
            guard place >= newest || isOld else { return }
            if removed == atOnce { return }
            try? Files.removeTree(folder.folder(of: run))
            removed += 1
        }
    }
}
