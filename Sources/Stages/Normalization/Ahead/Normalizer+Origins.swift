import RecordStreams

/// The origins of rows that were made ahead of their turn.
extension Normalizer {
    /// - Parameter lines: the number of lines before those of the block.
    func keepOrigins(
        of segment: BlockResult.Segment, _ result: BlockResult, after lines: Int, _ lane: Lane, _ keeper: OriginKeeper
    ) throws {
        for run in result.runs[segment.runs] where !run.rows.isEmpty {
            let table = lane.job.normalizer.counterpart(of: run.table).output
            guard try keeper.keeps(table) else { continue }
            let rows = result.rows(of: run.handle)
            guard let origins = rows.origins, origins.count >= run.rows.upperBound else {
                for _ in run.rows { try keeper.add(nil, to: table) }
                continue
            }
            // As they are when the turn of the segment comes.
            var counts = lane.streams.map(\.places)
            var places = result.places[segment.places]
            for row in run.rows {
                let record = origins[row]
                while let (message, at) = places.first, at.line < record.line {
                    counts[at.stream].take(message, after: lane.streams[at.stream].messages + at.number)
                    places.removeFirst()
                }
                let message = lane.streams[record.stream].messages + record.number + 1
                let reported = kind == .native ? counts[record.stream].place(ofMessage: message) : nil
                try keeper.add(reported ?? origin.at(line: lines + record.line), to: table)
            }
        }
    }
}
