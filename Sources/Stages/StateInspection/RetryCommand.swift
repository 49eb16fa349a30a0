import ArgumentParser
import Failures
import InspectionSupport
import JSONText
import LoadPackages
import ProgramSupport
import Schemas
import SystemIO

extension PackagesCommand {
    /// Moves failed packages back to the waiting ones.
    struct Retry: GuidedCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let failed packages wait again, after their cause is mended.",
            discussion: """
                Nothing is loaded until dlt-load runs with --pending. If the pipe has delivered the same rows again, \
                retrying loads them twice. A package that replaces or merges is refused when a later package of the same \
                tables was loaded, since older rows would replace newer ones.
                """)

        static let examples = [
            "dlt-state packages retry 1796121234.567890 --pipeline github",
            "dlt-state packages retry --all-failed --pipeline github",
        ]

        @Argument(
            help: ArgumentHelp("Load ids of packages.", valueName: "load id"),
            completion: StateCompletion.packages(.failed))
        var packages: [String] = []

        @Flag(help: "Every failed package of the pipeline.") var allFailed = false
        @Flag(help: "Even though a later package of the same tables was loaded.") var force = false

        @OptionGroup var output: JSONOption
        @OptionGroup var common: CommonOptions

        func validate() throws {
            if packages.isEmpty && !allFailed { throw ValidationError("Name the packages, or use --all-failed.") }
        }

        func run() throws {
            let spool = try common.spool()
            common.record(changeOf: spool)
            var ids = allFailed ? try spool.packages(.failed) : []
            for text in packages {
                guard let placed = try PackageOperand(text, spool).placed else { continue }
                guard placed.place == .failed else {
                    throw ProgramError(
                        .usage, "unable to retry \(placed.id): it has not failed, its place is \(placed.place.word)",
                        hint: "`dlt-state packages --failed` lists the failed packages")
                }
                if !ids.contains(placed.id) { ids.append(placed.id) }
            }
            ids.sort()
            if !force { for id in ids { try refuseOlder(id, spool) } }
            var locks: [SpoolLock] = []
            for id in ids { locks.append(try held(id, spool)) }
            let lock = try spool.lock()
            try spool.retry(ids)
            _ = consume lock
            withExtendedLifetime(locks) {}
            var report = Report("waits again", "rows")
            for id in ids {
                let rows = (try? spool.manifest(of: id, in: .waiting))?.rows ?? 0
                report.add([id.text, NumberText.count(rows)], ["load_id": .string(id.text), "rows": .integer(rows)])
            }
            try report.print(json: output.json)
            if report.isEmpty { return common.messages.note("there are no failed packages") }
            let home = try spool.home().destination ?? "URL"
            common.messages.hint(
                "dlt-load \(ShellWord.quoted(home)) --pending --pipeline \(ShellWord.quoted(spool.pipeline)) loads "
                    + (ids.count == 1 ? "it" : "them"))
        }

        private func held(_ id: LoadID, _ spool: Spool) throws -> SpoolLock {
            do throws(SystemError) { return try spool.lock(id, .exclusive, wait: .seconds(1)) } catch {
                guard error.operation == "lock", !error.isInterruption else { throw error }
                throw ProgramError(
                    .temporary, "unable to retry \(id): another program is reading it",
                    hint: "try again when it has ended")
            }
        }

        /// A package that replaces rows would replace newer ones.
        private func refuseOlder(_ id: LoadID, _ spool: Spool) throws {
            let package: PackageReader
            do { package = try spool.open(id, in: .failed) } catch let damage as PackageDamage {
                throw ProgramError(
                    .data, "unable to retry \(id): \(damage.reason)", hint: "run the whole pipe again instead")
            }
            let written = Set(WaitingPackage(package).orderedTables)
            guard !written.isEmpty else { return }
            for later in try spool.packages(.loaded).reversed() where later > id {
                guard let manifest = try? spool.manifest(of: later, in: .loaded) else { continue }
                let tables = manifest.jobs.map { package.schema.root(of: $0.table)?.name ?? $0.table }
                guard let table = tables.first(where: { written.contains($0) }) else { continue }
                throw ProgramError(
                    .data,
                    "unable to retry \(id): it would replace newer rows with its own, since package \(later) has loaded "
                        + "rows of table \(table) after it",
                    hint: "run the whole pipe again instead; --force retries it nevertheless")
            }
        }
    }
}
