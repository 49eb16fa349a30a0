import DataContracts
import DestinationKinds
import Failures
import Identifiers
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO

/// The end of the run: which parts become a package, and when there is none.
extension PackageJob {
    /// Publishes the package of the run, or names another package instead.
    func publish() throws -> Normalizer.Outcome {
        var outcome = Normalizer.Outcome(
            pipeline: spool.pipeline, isUnnamed: request.isUnnamed, tables: normalizer.rowCounts,
            nullOnlyColumns: normalizer.nullOnlyColumns)
        if let madeBefore {
            aside.abandon()
            try handOn(madeBefore, &outcome)
            return outcome
        }
        outcome.storedContracts = storedContracts
        try checkQuality()
        outcome.unmetColumns = unmetColumns
        try emptyReplacedTables()
        try aside.settle()
        var schema = normalizer.schema
        let jobs = try writer.finish()
        outcome.tables = PackageJob.rowCounts(jobs)
        for job in jobs where job.rows > 0 { schema.update(table: job.table) { $0.hasSeenData = true } }
        try checkBound(schema)
        if let destination = request.destination { try checkNames(schema, destination) }
        if let stored = base.schema { schema.succeed(stored) } else { schema.bump() }

        let changes = state.changes(since: base.state)
        let removals = state.removals(since: base.state)
        let refresh = startingOver?.tables ?? Manifest.Refresh()
        let isNothing =
            jobs.isEmpty && changes.sources.isEmpty && removals.isEmpty && refresh.isEmpty
            && schema.versionHash == base.schema?.versionHash
        if request.isCheck {
            abandon()
            return outcome
        }
        if isNothing || gaveUpEverything {
            writer.abandon()
            if isNothing { try handOnWaiting(&outcome) }
            return outcome
        }
        let manifest = manifest(schema, jobs, refresh, changed: changes.subtrees + removals)
        let path = try writer.publish(manifest, schema: schema, state: stateIsNew ? changes : nil)
        outcome.package = (writer.loadID, path, manifest.rows)
        outcome.newContracts = newContracts
        return outcome
    }

    private func manifest(
        _ schema: Schema, _ jobs: [Manifest.Job], _ refresh: Manifest.Refresh, changed: [StateTree.Subtree]
    ) -> Manifest {
        var subtrees = JSONObject()
        for subtree in changed {
            subtrees[subtree.key] = base.state.hash(of: subtree).map { .string($0) } ?? .null
        }
        var manifest = Manifest(
            loadID: writer.loadID, runKey: request.runKey, pipeline: spool.pipeline, schemaName: schema.name,
            schemaHash: schema.versionHash ?? "", identifierLimit: identifierLimit,
            base: Manifest.Base(
                stateVersion: base.stateVersion, stateHash: base.stateHash, schemaHash: base.schema?.versionHash,
                loadID: base.loadID, subtrees: subtrees),
            jobs: jobs)
        manifest.again = request.again
        manifest.isUnnamed = request.isUnnamed
        manifest.refresh = refresh
        manifest.replaceStrategies = replaceStrategies
        return manifest
    }

    /// Gives a replaced table without rows an empty job, which empties it.
    private func emptyReplacedTables() throws {
        for opened in roots where writer.rows(of: opened.root.output) == 0 {
            guard let table = normalizer.schema[table: opened.root.name], table.hasSeenData,
                opened.hints.writeDisposition?.disposition ?? table.writeDisposition == .replace
            else { continue }
            try normalizer.prepare(opened.root)
            writer.ensureJob(of: opened.root.output)
        }
    }

    // MARK: Other packages

    /// Passes on the package that the run key made before.
    private func handOn(_ package: LoadID, _ outcome: inout Normalizer.Outcome) throws {
        writer.abandon()
        // It may have been loaded since it was looked up.
        guard let found = try spool.find(package) else {
            throw ProgramError(
                .temporary, "package \(package), which this run key made before, has since been dropped",
                hint: "run the whole pipe again")
        }
        outcome.package = (package, found.path, found.manifest.rows)
        outcome.wasThere = true
    }

    /// Nothing is new, perhaps because an earlier run was stopped after publishing: its records are not extracted
    /// again, so its package is passed on, and running the pipe again finishes the work.
    private func handOnWaiting(_ outcome: inout Normalizer.Outcome) throws {
        guard let waiting = base.chainEnd else { return }
        let lock = try spool.lock(.shared)
        let path = spool.path(of: waiting, in: .waiting)
        if try spool.packages(.waiting).contains(waiting) {
            outcome.package = (waiting, path, try PackageReader.manifest(path).rows)
            outcome.handsOnWaiting = true
        }
        _ = consume lock
    }

    // MARK: Contracts

    private var newContracts: [String] {
        guard let said = request.hints.contract, said != "evolve" else { return [] }
        return roots.map(\.root.name).filter { base.schema?[table: $0]?.properties["schema_contract"] != said }
    }

    private var storedContracts: [String] {
        roots.filter { opened in
            guard opened.hints.contract == nil, let stored = base.schema,
                let (contract, level) = try? stored.contract(of: opened.root.name)
            else { return false }
            return level != .none && contract != .evolve
        }.map(\.root.name)
    }

    // MARK: Parts

    /// Columns that have hints but occur in no record: their names may be misspelled.
    private var unmetColumns: [(table: String, column: String)] {
        roots.flatMap { opened -> [(table: String, column: String)] in
            let said = (opened.hints.columns?.members ?? []).filter { column in
                // The column of a cursor is marked by a hint, and checked elsewhere.
                column.value.objectValue?.keys.contains { $0 != "incremental" && $0 != "name" } == true
            }
            return normalizer.unmetColumns(
                of: opened.root, hinted: said.map { naming.normalizePath($0.key) },
                known: base.schema?[table: opened.root.name]
            ).map { (opened.root.name, $0) }
        }
    }

    private var replaceStrategies: [ExactString: String] {
        var strategies: [ExactString: String] = [:]
        for opened in roots {
            if let strategy = opened.hints.writeDisposition?.replaceStrategy {
                strategies[ExactString(opened.root.name)] = strategy
            }
        }
        return strategies
    }

    /// The metrics of the models of this run's tables, over its records.
    private func checkQuality() throws {
        var broken: [String] = []
        for opened in roots {
            for finding in normalizer.quality(of: opened.root) {
                report(.qualityViolated(finding, table: opened.root.name))
                if !finding.isWarning { broken.append("table \(opened.root.name), \(finding.text)") }
            }
        }
        guard let first = broken.first else { return }
        throw ProgramError(
            .data,
            "unable to publish: \(first)"
                + (broken.count > 1 ? "; and \(broken.count - 1) more metrics are out of range" : ""),
            hint: "nothing was published; correct the data, or the quality section of the contract")
    }

    /// The contents of the package, which are less than was normalized if it was truncated.
    private static func rowCounts(_ jobs: [Manifest.Job]) -> [(table: String, rows: Int)] {
        var counts: [(table: String, rows: Int)] = []
        for job in jobs where job.rows > 0 {
            if let last = counts.last, ExactString(last.table) == ExactString(job.table) {
                counts[counts.count - 1].rows += job.rows
            } else {
                counts.append((job.table, job.rows))
            }
        }
        return counts
    }

    /// Refuses what the destination would refuse, if it was named.
    private func checkNames(_ schema: Schema, _ destination: DestinationKind) throws {
        for table in schema.dataTables where table.hasSeenData {
            if destination.reserves(table: table.name) {
                throw ProgramError(
                    .data,
                    "unable to publish table \(table.name): \(destination.title) reserves names like this one",
                    hint: "give it another name: dlt-extract --resource NAME, or dlt-normalize --table NAME")
            }
            if let column = table.columns.first(where: { destination.reserves(column: $0.name) }) {
                throw ProgramError(
                    .data,
                    "unable to publish column \(column.name) of table \(table.name): \(destination.title) itself has a column "
                        + "of that name in each table",
                    hint: "give it another name: dlt-normalize --rename \(ShellWord.quoted(column.name))=NAME")
            }
        }
    }

    /// A required column that never got a type cannot be created.
    private func checkBound(_ schema: Schema) throws {
        for table in schema.dataTables where table.hasSeenData {
            guard let column = table.columns.first(where: { !$0.isComplete && !$0.isNullable }) else { continue }
            throw ProgramError(
                .data,
                "unable to create column \(column.name) of table \(table.name): it must not be null, but no record has "
                    + "a value to infer its type from",
                hint: "check the key's name, or give the column a type with --columns")
        }
    }
}
