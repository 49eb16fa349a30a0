import Configuration
import SystemIO
import TestSupport

@testable import RESTConnector

extension FuzzTarget {
    /// A REST configuration is understood or refused with the places of its mistakes.
    static let configuration = FuzzTarget(name: "configuration") { bytes in
        let path = try Scratch.folder.get().write("api.yaml", bytes)
        let variables = ConfigurationValues(environment: { $0 == "TOKEN" ? "secret" : nil }, folders: [])
        do {
            let configuration = try ConfigurationReader.read(path, variables)
            _ = ConfigurationSummary.text(of: configuration, resources: configuration.resources.map(\.name))
            try require(!configuration.resources.isEmpty, "accepted without a resource")
        } catch let error as ConfigurationReader.Invalid {
            try require(!error.problems.isEmpty, "refused without a reason")
            _ = error.programError
        }
    }
}

/// Where targets keep files.
enum Scratch {
    /// In memory where that is possible: a run has little time for each input.
    static let folder = Result<WorkDirectory, any Error> { try WorkDirectory() }
}
