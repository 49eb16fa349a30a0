import ArgumentParser
import InspectionSupport
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO

/// Manages load packages.
struct PackagesCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "packages", abstract: "List, show, verify, retry and drop load packages.",
        subcommands: [List.self, Show.self, Verify.self, Retry.self, Drop.self], defaultSubcommand: List.self)

    static let examples = [
        "dlt-state packages --failed",
        "dlt-state packages show 1796121234.567890",
        "dlt-state packages retry --all-failed --pipeline github",
    ]
}

extension PackagesCommand {
    struct List: GuidedCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the packages of a pipeline, or of all pipelines.")

        static let examples = [
            "dlt-state packages",
            "dlt-state packages list --loaded --pipeline github",
        ]

        @OptionGroup var output: JSONOption
        @OptionGroup var common: CommonOptions

        @Flag(help: "List packages that wait to be loaded.") var waiting = false
        @Flag(help: "List packages that failed for good.") var failed = false
        @Flag(help: "List packages that were loaded.") var loaded = false

        func run() throws {
            let all = !(waiting || failed || loaded)
            var places: [Spool.Place] = []
            if failed || all { places.append(.failed) }
            if loaded { places.append(.loaded) }
            if waiting || all { places.append(.waiting) }
            var report = Report(
                "pipeline", "place", "begun", "rows", "size", "tables", "state", "load id", shrinking: ["pipeline"],
                dropping: ["state", "tables", "size"])
            for spool in try spools() {
                for place in places {
                    for id in try spool.packages(place) { try add(id, in: place, of: spool, to: &report) }
                }
            }
            if report.isEmpty {
                let kinds = places.map(\.word).joined(separator: " or ")
                common.messages.note("there are no \(kinds) packages" + (all ? "; --loaded lists loaded ones" : ""))
            }
            try report.print(json: output.json)
            if !output.json, failed || all { try tellReasons() }
        }

        /// Why packages have failed, below the table: sentences do not fit into a column.
        private func tellReasons() throws {
            for spool in try spools() {
                for id in try spool.packages(.failed) {
                    guard let reason = spool.failureReason(of: id) else { continue }
                    try Output.write(
                        lines: "\n\(id.text) failed: \(reason.message)\n"
                            + (reason.hint.map { "  hint: \($0)\n" } ?? ""))
                }
            }
        }

        private func spools() throws -> [Spool] {
            if common.pipelineName != nil { return [try common.spool()] }
            return try Spool.pipelines(dataDirectory: common.dataDirectory).compactMap {
                Spool(dataDirectory: common.dataDirectory, pipeline: $0)
            }
        }

        private func add(_ id: LoadID, in place: Spool.Place, of spool: Spool, to report: inout Report) throws {
            let manifest: Manifest
            do { manifest = try spool.manifest(of: id, in: place) } catch {
                // dlt-load may have moved it since the folder was listed.
                guard Files.isDirectory(spool.path(of: id, in: place)) else { return }
                report.add(
                    [spool.pipeline, place.word, id.minute, "unreadable", "", "", "", id.text],
                    [
                        "pipeline": .string(spool.pipeline), "load_id": .string(id.text), "place": .string(place.word),
                        "damage": .string("\(error)"),
                    ])
                return
            }
            let changes = manifest.base.subtrees.count
            report.add(
                [
                    spool.pipeline, place.word, id.minute, NumberText.count(manifest.rows),
                    NumberText.bytes(manifest.bytes), String(manifest.tables.count),
                    changes == 0 ? "" : "\(changes) changed", id.text,
                ],
                ListedPackage(manifest, place, spool).object)
        }
    }

    struct Show: GuidedCommand {
        static let configuration = CommandConfiguration(abstract: "Show what is in one package.")

        static let examples = [
            "dlt-state packages show 1796121234.567890",
            "dlt-state packages show 1796121234.567890 --json | jq .reason",
        ]

        @Argument(
            help: ArgumentHelp("Load id or path of the package.", valueName: "package"),
            completion: StateCompletion.packages(.waiting, .failed, .loaded))
        var package: String

        @OptionGroup var output: JSONOption
        @OptionGroup var common: CommonOptions

        func run() throws {
            let operand = try PackageOperand(package, common)
            let reason = operand.failureReason(common)
            if PackageReader.isTrimmed(operand.path) { return try show(PackageReader.manifest(operand.path), operand) }
            let reader: PackageReader
            do { reader = try operand.open() } catch {
                if let reason, !output.json { try Output.write("failed: \(reason.message)\n") }
                throw error
            }
            let manifest = reader.manifest
            if output.json {
                var object = manifest.document
                object["path"] = .string(reader.path)
                object["state"] = .object(reader.state.sources)
                object["reason"] = reason.map { .object($0.document) }
                return try Output.write(.object(object), json: true)
            }
            var facts = [
                ["load id", manifest.loadID.text], ["pipeline", manifest.pipeline],
                ["place", operand.placed?.place.word ?? "outside the spool"], ["path", reader.path],
                ["begun", manifest.loadID.time + " UTC"],
                ["schema", "\(manifest.schemaName), version \(reader.schema.version), \(manifest.schemaHash)"],
            ]
            if let key = manifest.runKey { facts.append(["run key", key]) }
            facts.append(["builds on", manifest.base.loadID?.text ?? "what is loaded"])
            if let reason {
                facts.append(["failed", "\(reason.time), status \(reason.status)"])
                facts.append(["reason", reason.message])
                if let hint = reason.hint { facts.append(["hint", hint]) }
                if let table = reason.table { facts.append(["table", table]) }
                if let place = reason.destination { facts.append(["destination", place]) }
            }
            for subtree in reader.state.subtrees { facts.append(["changes state", subtree.description]) }
            for subtree in reader.removedState { facts.append(["removes state", subtree.description]) }
            try Output.write(facts: facts)
            try showJobs(manifest)
        }

        /// Only the manifest of a loaded package may be left.
        private func show(_ manifest: Manifest, _ operand: PackageOperand) throws {
            if output.json {
                var object = manifest.document
                object["path"] = .string(operand.path)
                return try Output.write(.object(object), json: true)
            }
            let facts = [
                ["load id", manifest.loadID.text], ["pipeline", manifest.pipeline],
                ["place", operand.placed?.place.word ?? "outside the spool"], ["path", operand.path],
                ["begun", manifest.loadID.time + " UTC"], ["schema", "\(manifest.schemaName), \(manifest.schemaHash)"],
                ["rows", "were loaded, and are not kept (dlt-load --keep-loaded)"],
            ]
            try Output.write(facts: facts)
            try showJobs(manifest)
        }

        private func showJobs(_ manifest: Manifest) throws {
            var jobs = Report(
                "table", "file", "rows", "size", "checksum", shrinking: ["file", "table", "checksum"],
                dropping: ["checksum"])
            for job in manifest.jobs {
                jobs.add(
                    [job.table, job.file, NumberText.count(job.rows), NumberText.bytes(job.bytes), job.checksum], [:])
            }
            if !jobs.isEmpty { try Output.write("\n") }
            try jobs.print(json: false)
        }
    }

    struct Verify: GuidedCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare packages with their checksums.",
            discussion: """
                Without operands it verifies all waiting and failed packages of the pipeline. It ends with 65 when a package is \
                damaged.
                """)

        static let examples = ["dlt-state packages verify --pipeline github"]

        @Argument(
            help: ArgumentHelp("Load ids or paths of packages.", valueName: "package"),
            completion: StateCompletion.packages(.waiting, .failed, .loaded))
        var packages: [String] = []

        @OptionGroup var output: JSONOption
        @OptionGroup var common: CommonOptions

        func run() throws {
            var report = Report("package", "result", "rows", "damage", shrinking: ["package"], wrapsLast: true)
            var damaged = 0
            for operand in try operands() {
                do {
                    let reader = try operand.open()
                    try reader.verify()
                    report.add(
                        [operand.name, "sound", NumberText.count(reader.manifest.rows), ""],
                        [
                            "package": .string(operand.name), "sound": true, "rows": .integer(reader.manifest.rows),
                            "path": .string(operand.path),
                        ])
                } catch {
                    if let error = error as? SystemError, error.isInterruption { throw error }
                    if let error = error as? ProgramError, error.status != .data { throw error }
                    damaged += 1
                    report.add(
                        [operand.name, "damaged", "", "\(error)"],
                        [
                            "package": .string(operand.name), "sound": false, "damage": .string("\(error)"),
                            "path": .string(operand.path),
                        ])
                }
            }
            try report.print(json: output.json)
            if report.isEmpty { common.messages.note("there are no packages to verify") }
            if damaged > 0 {
                throw ProgramError(
                    .data, "unable to verify \(damaged == 1 ? "a package" : "\(damaged) packages"): see above",
                    hint:
                        "a damaged package cannot be loaded; drop it with `dlt-state packages drop` and run the pipe again"
                )
            }
        }

        private func operands() throws -> [PackageOperand] {
            if !packages.isEmpty { return try packages.map { try PackageOperand($0, common) } }
            let spool = try common.spool()
            return try [Spool.Place.failed, .waiting].flatMap { place in
                try spool.packages(place).map { PackageOperand($0, in: place, of: spool) }
            }
        }
    }

    struct Drop: GuidedCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove packages with their rows; this cannot be undone.",
            discussion: "A package that a waiting one builds on is kept, unless both are dropped or --force is given.")

        static let examples = [
            "dlt-state packages drop 1796121234.567890 --pipeline github",
            "dlt-state packages drop --all-waiting --pipeline github",
        ]

        @Argument(
            help: ArgumentHelp("Load ids of packages.", valueName: "load id"),
            completion: StateCompletion.packages(.waiting, .failed, .loaded))
        var packages: [String] = []

        @Flag(help: "Remove every waiting package of the pipeline.") var allWaiting = false
        @Flag(help: "Remove every failed package of the pipeline.") var allFailed = false
        @Flag(help: "Remove a package even though others build on it.") var force = false

        @OptionGroup var output: JSONOption
        @OptionGroup var common: CommonOptions

        func validate() throws {
            if packages.isEmpty && !allWaiting && !allFailed {
                throw ValidationError("Name the packages, or use --all-waiting or --all-failed.")
            }
        }

        func run() throws {
            let spool = try common.spool()
            common.record(changeOf: spool)
            let lock = try spool.lock()
            let chosen = try chosen(spool)
            if !force { try refuseFoundations(chosen.filter { $0.place == .waiting }.map(\.id), spool) }
            var report = Report("dropped", "place", "rows")
            for (id, place) in chosen {
                let manifest = try? spool.manifest(of: id, in: place)
                let rows = manifest?.rows ?? 0
                try remove(id, from: place, of: spool)
                report.add(
                    [id.text, place.word, NumberText.count(rows)],
                    ["dropped": .string(id.text), "place": .string(place.word), "rows": .integer(rows)])
            }
            _ = consume lock
            try report.print(json: output.json)
            if report.isEmpty { common.messages.note("there was nothing to drop") }
        }

        private func chosen(_ spool: Spool) throws -> [(id: LoadID, place: Spool.Place)] {
            var chosen: [(id: LoadID, place: Spool.Place)] = []
            for text in packages {
                guard let placed = try PackageOperand(text, spool).placed else { continue }
                if !chosen.contains(where: { $0 == placed }) { chosen.append(placed) }
            }
            for (place, all) in [(Spool.Place.waiting, allWaiting), (.failed, allFailed)] where all {
                for id in try spool.packages(place) where !chosen.contains(where: { $0 == (id, place) }) {
                    chosen.append((id, place))
                }
            }
            // Newest first, so that an interruption leaves a chain.
            return chosen.sorted { $0.id > $1.id }
        }

        private func refuseFoundations(_ chosen: [LoadID], _ spool: Spool) throws {
            for id in try spool.packages(.waiting) where !chosen.contains(id) {
                guard let manifest = try? spool.manifest(of: id, in: .waiting), let base = manifest.base.loadID,
                    chosen.contains(base)
                else { continue }
                throw ProgramError(
                    .usage, "unable to drop \(base): the waiting package \(id) builds on it",
                    hint: "drop both, or use --force; then the later one will probably fail with a conflict")
            }
        }

        private func remove(_ id: LoadID, from place: Spool.Place, of spool: Spool) throws {
            do throws(SystemError) {
                let lock = try spool.lock(id, .exclusive, wait: .seconds(1))
                try spool.remove(id, from: place)
                withExtendedLifetime(lock) {}
            } catch {
                guard error.operation == "lock", !error.isInterruption else { throw error }
                throw ProgramError(
                    .temporary, "unable to drop \(id): another program is reading it",
                    hint: "try again when it has ended")
            }
        }
    }
}
