import HTTP
import RecordSources
import SystemIO

/// What the command line says of a run.
struct RESTRunOptions: Sendable {
    var workers = 10
    var maximumPages: Int?
    /// In nanoseconds.
    var maximumDuration: Int64?
    var allowedHosts: Set<String> = []
    var resumes = true
}

/// Fetches resources side by side and hands over their records, page by page.
///
/// Each resource without a parent is a tree with all that depend on it. The trees' unfinished chains are all there is to
/// remember: a page is handed over together with the chains that its records begin, and the memory is told behind it. So a
/// run can end after any page, and the next one goes on there.
struct RESTRun: PreparedSource {
    let configuration: RESTConfiguration
    /// Those that are delivered.
    let resources: [String]
    let options: RESTRunOptions
    let clientOptions: HTTPClientOptions
    let authentications: Authentications
    let concealment: Concealment

    var remembersPlace: Bool { false }
    var hasOwnCursors: Bool {
        configuration.resources.contains { $0.incremental != nil && resources.contains($0.name) }
    }

    var pipelineName: String? { configuration.name }
    var namesPipeline: Bool { configuration.isNamed }

    func run(into sink: any RecordSink) throws -> String {
        let scheduler = try Scheduler(self, sink)
        try scheduler.run()
        return scheduler.summary
    }
}
