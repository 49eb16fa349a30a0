import Destinations
import SystemIO
import TestSupport
import Testing

@testable import Loading

/// A destination whose DDL commits and which has no transactions, killed wherever it can be.
@Suite struct KillTests {
    /// A story undisturbed, to compare with, and disturbed.
    private final class Trials {
        let story: Story
        private let inOneSession: Bool
        /// What was there before, and after each package.
        private var snapshots: [Snapshot]
        /// A plan for each package. Made once, since it is the same for every run that begins on the same dataset.
        private var plans: [LoadPlan] = []
        private(set) var statements = 0
        /// What kills have left from which a run went on already: the same again would end the same.
        private var tried: Set<Snapshot> = []

        init(_ stories: Stories, inOneSession: Bool) throws {
            story = try stories.story()
            self.inOneSession = inOneSession
            let file = try story.copy("undisturbed.db")
            snapshots = [Files.exists(file) ? try Snapshot(file) : Snapshot()]
            for package in story.packages {
                plans += try OneSession(AutocommitDestination(file: file), story.replaceStrategy).load([
                    package
                ])
                snapshots.append(try Snapshot(file))
            }
            let counted = try story.copy("counted.db")
            let counter = KillSwitch()
            if inOneSession {
                plans = try OneSession(AutocommitDestination(file: counted, counter)).load(story.packages)
            } else {
                try begin(counted, counter)
            }
            statements = counter.count
            #expect(try Snapshot(counted).differences(from: end) == [])
        }

        var end: Snapshot { snapshots[snapshots.count - 1] }

        /// A first run.
        private func begin(_ file: String, _ killing: KillSwitch) throws {
            let destination = AutocommitDestination(file: file, killing)
            if inOneSession { return try OneSession(destination).run(plans, of: story.packages) }
            for (plan, package) in zip(plans, story.packages) { try OneSession(destination).run([plan], of: [package]) }
        }

        /// Another one, which finds what was done before.
        private func goOn(_ file: String, _ killing: KillSwitch) throws {
            let destination = AutocommitDestination(file: file, killing)
            if inOneSession {
                try OneSession(destination).load(story.packages)
            } else {
                try story.load(into: destination)
            }
        }

        /// Kills at these moments, one run each, and then runs undisturbed; returns what is wrong.
        func trial(_ moments: [KillSwitch.Moment]) throws -> [String] {
            let file = try story.copy("trial.db")
            for (index, moment) in moments.enumerated() {
                let killing = KillSwitch(moment)
                do { try index == 0 ? begin(file, killing) : goOn(file, killing) } catch {
                    guard killing.isDead else { return ["run again after \(moments): \(error)"] }
                }
                let left = try Snapshot(file)
                let valid = left.valid.subtracting(snapshots[0].valid).count
                let broken = Laws(before: snapshots[valid], end: end).violations(left)
                if !broken.isEmpty { return ["killed \(moment) of \(moments):"] + broken }
                if index == moments.count - 1, !tried.insert(left).inserted { return [] }
            }
            do { try goOn(file, KillSwitch()) } catch { return ["run again after \(moments): \(error)"] }
            let differences = try Snapshot(file).differences(from: end)
            return differences.isEmpty ? [] : ["killed \(moments), then run again:"] + differences
        }
    }

    @Test(arguments: Stories.allCases)
    func `what is loaded without transactions is what SQLite loads`(_ stories: Stories) throws {
        let trials = try Trials(stories, inOneSession: false)
        try expect(trials.end.differences(from: trials.story.sqlite()))
        #expect(trials.statements > 2)
    }

    @Test(arguments: Stories.allCases)
    func `killed at any statement and run again, a load leaves what an undisturbed one does`(_ stories: Stories) throws
    {
        for inOneSession in stories.isOfSeveral ? [false, true] : [false] {
            let trials = try Trials(stories, inOneSession: inOneSession)
            let moments = (1...trials.statements).flatMap { [KillSwitch.Moment.before($0), .after($0)] }
            for moment in moments { try expect(trials.trial([moment])) }
            // And killed again when it is run again.
            var random = FastRandom(seed: (1, 2, 3, 4))
            for _ in 0..<12 {
                let pair = [moments.randomElement(using: &random), moments.randomElement(using: &random)].compactMap {
                    $0
                }
                try expect(trials.trial(pair))
            }
        }
    }

    /// Of a destination with transactions the suite has the printed script run by the database's own program; here it is compared.
    @Test(arguments: Stories.allCases)
    func `what is printed is what runs without transactions`(_ stories: Stories) throws {
        let story = try stories.story()
        for package in story.packages {
            let printing = AutocommitDestination(file: story.file, printsValues: false)
            let plan = try #require(try PackageTransfer(to: printing, story.replaceStrategy).preview(package))
            let killing = KillSwitch()
            _ = try PackageTransfer(to: AutocommitDestination(file: story.file, killing), story.replaceStrategy).load(
                package)
            // Rows are comments, and so is what a query must find.
            let lines = plan.script.split(separator: "\n").filter { !$0.hasPrefix("-- ") }
            let printed = lines.map { $0.split(separator: ";  -- ")[0] + ($0.contains(";  -- ") ? ";" : "") }.joined(
                separator: "\n")
            #expect(printed == killing.statements.map { $0 + ";" }.joined(separator: "\n"))
        }
    }

    private func expect(_ wrong: [String]) { #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))") }
}
