import ArgumentParser
import InspectionSupport
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO

/// Looks after load packages.
struct PackagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "packages", abstract: "List, show, verify and drop load packages.",
        subcommands: [List.self, Show.self, Verify.self, Drop.self], defaultSubcommand: List.self)
}

extension PackagesCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the packages of a pipeline, or of all pipelines when none is named.")

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
                "pipeline", "place", "begun", "rows", "size", "tables", "state", "load id", shrinking: ["pipeline"])
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
                // Between the listing of the folder and now dlt-load may have moved it on.
                guard Files.isDirectory(spool.path(of: id, in: place)) else { return }
                report.add(
                    [spool.pipeline, place.word, id.time, "", "", "unreadable", "", id.text],
                    [
                        "pipeline": .string(spool.pipeline), "load_id": .string(id.text), "place": .string(place.word),
                        "damage": .string("\(error)"),
                    ])
                return
            }
            let changes = manifest.base.subtrees.count
            report.add(
                [
                    spool.pipeline, place.word, id.time, NumberText.count(manifest.rows),
                    NumberText.bytes(manifest.bytes), String(manifest.tables.count),
                    changes == 0 ? "" : "\(changes) changed", id.text,
                ],
                Listed(manifest, place, spool).object)
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what is in one package.")

        @Argument(help: ArgumentHelp("Load id or path of the package.", valueName: "package"))
        var package: String

        @OptionGroup var output: JSONOption
        @OptionGroup var common: CommonOptions

        func run() throws {
            let operand = try Operand(package, common)
            let reader = try operand.open()
            let manifest = reader.manifest
            if output.json {
                var object = manifest.document
                object["path"] = .string(reader.path)
                object["state"] = .object(reader.state.sources)
                return try Output.write(.object(object), json: true)
            }
            var facts = TextTable(header: [])
            facts.rows = [
                ["load id", manifest.loadID.text], ["pipeline", manifest.pipeline],
                ["place", operand.placed?.place.word ?? "outside the spool"], ["path", reader.path],
                ["begun", manifest.loadID.time + " UTC"],
                ["schema", "\(manifest.schemaName), version \(reader.schema.version), \(manifest.schemaHash)"],
            ]
            if let key = manifest.runKey { facts.rows.append(["run key", key]) }
            facts.rows.append(["builds on", manifest.base.loadID?.text ?? "what is loaded"])
            for subtree in reader.state.subtrees { facts.rows.append(["changes state", subtree.description]) }
            for subtree in reader.removedState { facts.rows.append(["removes state", subtree.description]) }
            try Output.write(facts.text())
            var jobs = TextTable(header: ["table", "file", "rows", "size", "checksum"])
            jobs.rows = manifest.jobs.map {
                [$0.table, $0.file, NumberText.count($0.rows), NumberText.bytes($0.bytes), $0.checksum]
            }
            if !jobs.rows.isEmpty { try Output.write("\n" + jobs.text()) }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare packages with their checksums.",
            discussion:
                "Without operands all waiting and failed packages of the pipeline. Ends with 65 when one is damaged.")

        @Argument(help: ArgumentHelp("Load ids or paths of packages.", valueName: "package"))
        var packages: [String] = []

        @OptionGroup var output: JSONOption
        @OptionGroup var common: CommonOptions

        func run() throws {
            var report = Report("package", "result", "rows", "damage")
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
                    .data, "unable to vouch for \(damaged == 1 ? "a package" : "\(damaged) packages"): see above",
                    hint:
                        "a damaged package cannot be loaded; drop it with `dlt-state packages drop` and run the pipe again"
                )
            }
        }

        private func operands() throws -> [Operand] {
            if !packages.isEmpty { return try packages.map { try Operand($0, common) } }
            let spool = try common.spool()
            return try [Spool.Place.failed, .waiting].flatMap { place in
                try spool.packages(place).map { Operand($0, in: place, of: spool) }
            }
        }
    }

    struct Drop: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove packages with their rows, for good.",
            discussion: "A package that a waiting one builds on is kept, unless both are dropped or --force is given.")

        @Argument(help: ArgumentHelp("Load ids of packages.", valueName: "load id"))
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
                guard let placed = try Operand(text, spool).placed else { continue }
                if !chosen.contains(where: { $0 == placed }) { chosen.append(placed) }
            }
            for (place, all) in [(Spool.Place.waiting, allWaiting), (.failed, allFailed)] where all {
                for id in try spool.packages(place) where !chosen.contains(where: { $0 == (id, place) }) {
                    chosen.append((id, place))
                }
            }
            // Newest first, so that what is left after an interruption is still a chain.
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

/// A package that was named on the command line: by its load id, or by a path.
private struct Operand {
    let name: String
    let path: String
    /// Where it is in the pipeline's folders, if it is there.
    let placed: (id: LoadID, place: Spool.Place)?

    init(_ id: LoadID, in place: Spool.Place, of spool: Spool) {
        name = id.text
        path = spool.path(of: id, in: place)
        placed = (id, place)
    }

    private init(path: String) {
        name = path
        self.path = path
        placed = nil
    }

    /// A package of this pipeline.
    init(_ text: String, _ spool: Spool) throws {
        guard let id = LoadID(text) else {
            throw ProgramError(
                .usage, "unable to use '\(text)': it is not a load id", hint: "`dlt-state packages` lists them")
        }
        guard let place = spool.place(of: id) else {
            throw ProgramError(
                .noInput, "unable to find package \(id) in pipeline '\(spool.pipeline)'",
                hint: "`dlt-state packages` lists them")
        }
        self.init(id, in: place, of: spool)
    }

    /// A load id is looked for in every pipeline when none is named: ids are unique enough.
    init(_ text: String, _ common: CommonOptions) throws {
        guard let id = LoadID(text) else {
            guard Files.exists(text) else {
                throw ProgramError(
                    .noInput, "unable to find package '\(text)': it is neither a load id nor a path",
                    hint: "`dlt-state packages` lists load ids")
            }
            self.init(path: text)
            return
        }
        if common.pipelineName == nil {
            for name in try Spool.pipelines(dataDirectory: common.dataDirectory) {
                guard let spool = Spool(dataDirectory: common.dataDirectory, pipeline: name),
                    let place = spool.place(of: id)
                else { continue }
                self.init(id, in: place, of: spool)
                return
            }
        }
        try self.init(text, common.spool())
    }

    func open() throws -> PackageReader {
        do { return try PackageReader(path) } catch let error as PackageDamage {
            throw ProgramError(
                .data, "unable to read package \(name): \(error.reason)",
                hint: placed?.place == .loaded
                    ? "of loaded packages only the manifests are kept by default" : error.hint
            )
        }
    }
}

/// The object of a package in a listing.
private struct Listed {
    let object: JSONObject

    init(_ manifest: Manifest, _ place: Spool.Place, _ spool: Spool) {
        var object: JSONObject = [
            "pipeline": .string(manifest.pipeline), "load_id": .string(manifest.loadID.text),
            "place": .string(place.word), "begun": .string(manifest.loadID.time), "rows": .integer(manifest.rows),
            "bytes": .integer(manifest.bytes), "tables": .strings(manifest.tables),
            "schema": .string(manifest.schemaName), "schema_hash": .string(manifest.schemaHash),
            "base": manifest.base.loadID.map { .string($0.text) } ?? .null,
            "state": .strings(manifest.base.subtrees.keys.map { StateChange.name(ofKey: $0) }),
        ]
        if let key = manifest.runKey { object["run_key"] = .string(key) }
        object["path"] = .string(spool.path(of: manifest.loadID, in: place))
        self.object = object
    }
}
