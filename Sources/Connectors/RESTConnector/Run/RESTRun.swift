import HTTP
import RecordSources
import SystemIO

/// The options of a run.
struct RESTRunOptions: Sendable {
    var workers = 10
    var maximumPages: Int?
    /// In nanoseconds.
    var maximumDuration: Int64?
    var allowedHosts: Set<String> = []
    var resumes = true
}

/// Fetches resources side by side and delivers their records, page by page.
///
/// Each resource without a parent is a tree with all that depend on it. The unfinished chains of the trees are the only
/// memory needed: a page is delivered together with the chains that its records begin, and the memory is written after
/// it. So a run can end after any page, and the next one continues there.
struct RESTRun: PreparedSource {
    let configuration: RESTConfiguration
    /// The resources that are delivered.
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
