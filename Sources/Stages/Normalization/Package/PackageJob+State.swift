import Failures
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import RecordStreams
import Schemas

/// The pipeline's memory, and the part of the run that counts.
extension PackageJob {
    /// Refuses a stream with state whose extract started from another state than this package: its memory would replace
    /// one that it never saw. A stream without state has nothing to lose.
    ///
    /// - Parameter name: the pipeline whose state extract read.
    func check(base said: StreamHeader.Base, ofPipeline name: String) throws {
        let isSame =
            if let hash = said.sourcesHash { hash == base.state.contentHash() } else {
                said.stateHash == base.stateHash && said.loadID == base.loadID?.text
            }
        guard !isSame else { return }
        guard name == spool.pipeline else {
            let pipeline = ShellWord.quoted(spool.pipeline)
            throw ProgramError(
                .usage,
                "unable to continue pipeline \(spool.pipeline): dlt-extract went on from the state of pipeline \(name)",
                hint:
                    "give --pipeline \(pipeline) to dlt-extract, too, or set DLT_PIPELINE=\(pipeline) for the whole pipe"
            )
        }
        throw ProgramError(
            .temporary,
            "unable to continue pipeline \(spool.pipeline): another run has advanced its state since extract began",
            hint: "run the whole pipe again")
    }

    /// The memory of the versions of a stream's rows. It is kept beside the state of sources, which arrives as a whole.
    func versions(of stream: String) -> StreamVersions {
        StreamVersions(remembered: state[PackageJob.versionsSubtree(stream)])
    }

    func remember(_ versions: StreamVersions, of stream: String) {
        let subtree = PackageJob.versionsSubtree(stream)
        guard state[subtree] != versions.remembered else { return }
        state[subtree] = versions.remembered
        stateIsNew = true
    }

    static let versionsSource = "singer_versions"

    static func versionsSubtree(_ stream: String) -> StateTree.Subtree {
        StateTree.Subtree(source: versionsSource, resource: stream)
    }

    func update(state value: StateTree) {
        for subtree in value.subtrees { state[subtree] = value[subtree] }
        stateIsNew = true
        checkpoint()
    }

    func update(singerState value: JSONValue) {
        state[StateTree.Subtree(source: normalizer.schema.name, resource: nil)] = ["singer_state": value]
        stateIsNew = true
        checkpoint()
    }

    /// Everything so far is published, whatever happens after.
    func checkpoint() { lastCheckpoint = (writer.mark(), aside.mark(), normalizer.schema, state) }

    /// Discards everything after the last STATE, or after the last complete stream.
    func cutToCheckpoint() throws {
        if let lastCheckpoint {
            try writer.cut(to: lastCheckpoint.mark)
            try aside.cut(to: lastCheckpoint.aside)
            normalizer.edit { $0 = lastCheckpoint.schema }
            state = lastCheckpoint.state
        } else {
            try writer.cut(to: .start)
            try aside.cut(to: (0, 0))
            normalizer.edit { $0 = base.schema ?? $0 }
            state = base.state
            gaveUpEverything = true
        }
    }
}
