import DestinationKinds
import Destinations
import LoadPackages
import ProgramSupport
import Schemas

@testable import Loading

/// Several packages in one session, before one commit.
struct OneSession {
    private let destination: any Destination
    private let transfer: PackageTransfer

    init(_ destination: any Destination, _ replaceStrategy: ReplaceStrategy? = nil) {
        self.destination = destination
        transfer = PackageTransfer(to: destination, replaceStrategy)
    }

    /// Returns the plans.
    ///
    /// - Parameter finally: called before the commit; false abandons the session instead.
    @discardableResult
    func load(_ packages: [PackageReader], finally: () -> Bool = { true }) throws -> [LoadPlan] {
        let session = try destination.open(.write)
        defer { session.abandon() }
        var dataset = session.dataset
        var plans: [LoadPlan] = []
        for package in packages {
            let names = SystemNames(package.schema)
            if try dataset.hasLoad(package.manifest.loadID.text, names) {
                try session.cleanUp(names)
                continue
            }
            let plan = try transfer.planner(package, dataset).plan()
            try transfer.apply(plan, package, session)
            dataset.layRecords(plan.load, plan.records)
            plans.append(plan)
        }
        if !plans.isEmpty && finally() { try session.commit(plans.map(\.records)) }
        return plans
    }

    /// Applies plans that were made before, of a dataset like this one, and commits.
    func run(_ plans: [LoadPlan], of packages: [PackageReader]) throws {
        let session = try destination.open(.write)
        defer { session.abandon() }
        for (plan, package) in zip(plans, packages) { try transfer.apply(plan, package, session) }
        try session.commit(plans.map(\.records))
    }
}

extension PackageTransfer {
    /// As dlt-load has it, with nothing to say.
    convenience init(to destination: any Destination, _ replaceStrategy: ReplaceStrategy? = nil) {
        let messages = Messages(program: "test", isQuiet: true)
        self.init(
            destination, .quiet(replaceStrategy), messages: messages,
            progress: ProgressLine(.never, messages: messages))
    }
}

extension Loader.Settings {
    static func quiet(_ replaceStrategy: ReplaceStrategy? = nil, keepLoaded: Int = 0) -> Loader.Settings {
        guard let url = DestinationURL("test://nowhere") else { preconditionFailure("a URL") }
        return Loader.Settings(
            url: url, dataset: nil, lockTimeout: 10, keepLoaded: keepLoaded, again: false,
            replaceStrategy: replaceStrategy, mode: .load)
    }
}

/// Where nothing is opened by its URL.
private let someURL: DestinationURL = {
    guard let url = DestinationURL("test://x") else { preconditionFailure("test://x is a URL") }
    return url
}()
