import ProgramSupport

/// The end of the input: which of its parts count.
extension Normalizer {
    /// Publishes the packages, and reports each as soon as others can see it.
    package func finish(_ publish: (Outcome) throws -> Void) throws {
        if isStream { try finishStream() } else { try finishRows() }
        atHand = AtHand()
        if let asideFailure { throw asideFailure }
        for lane in lanes {
            try publish(lane.job.publish())
            lane.job.aside.isPublished = true
            try lane.job.aside.deliver()
        }
    }

    func finishRows() throws {
        if lane == nil {
            switch request.mode {
            case .table(let name): _ = try plainStream(name)
            // Only rejects arrived; there is no other place for them.
            case .tableFrom where !earlyRejects.isEmpty: _ = try openLane(defaultPipeline: "rows")
            default: break
            }
        }
        if let lane { checkpoint(lane) }
    }

    func finishStream() throws {
        guard let kind else {
            throw ProgramError(
                .temporary, "unable to normalize: the input is empty",
                hint: "the program before dlt-normalize did not write a stream; see its message")
        }
        switch kind {
        case .native:
            guard header != nil || endsInsideLine else { return }
            truncation = .noEnd
            guard header != nil else { return }
            try refuseParts(why: "the stream ended without its END")
            try lane?.job.cutToCheckpoint()
        case .singer:
            guard let lane else { return }
            // A tap has no END: its output is complete, and its last STATE is where it continues.
            guard endsInsideLine else {
                for stream in lane.streams where sawState && stream.uncovered > stream.confirmed {
                    try refusePart(
                        of: stream.text, lane, why: "the stream ended without a STATE after its last records")
                }
                return checkpoint(lane)
            }
            truncation = .noEnd
            for stream in lane.streams { try refusePart(of: stream.text, lane, why: "the stream ended inside a line") }
            try lane.job.cutToCheckpoint()
        }
    }

    package func abandon() { for lane in lanes { lane.job.abandon() } }
}
