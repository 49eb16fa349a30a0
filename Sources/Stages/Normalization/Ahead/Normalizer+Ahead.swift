import RecordStreams

/// The input of workers, and the use of their results.
extension Normalizer {
    /// The snapshot for normalizing records ahead; nil when the next records must wait for their turn. The same object
    /// as long as nothing has changed.
    func snapshot() -> Snapshot? {
        if let lastSnapshot, isCurrent(lastSnapshot) { return lastSnapshot }
        lastSnapshot = nil
        guard let lane, !lane.streams.isEmpty, !lane.job.isReplay, !isClosed else { return nil }
        if isStream, kind == nil || kind == .native && header == nil { return nil }
        let streams = lane.streams.map { stream in
            Snapshot.Stream(
                name: stream.name, table: stream.root.name, maximumNesting: stream.root.maximumNesting,
                isPending: stream.root.mustComeInTurn, cells: stream.root.cells, isDecided: stream.isDecided,
                changes: stream.changes,
                version: stream.versions.current.map { Array($0.utf8) })
        }
        let normalizer = lane.job.normalizer
        lastSnapshot = Snapshot(
            job: ObjectIdentifier(lane.job), schema: normalizer.schema, naming: normalizer.naming,
            loadID: lane.job.loadID, leftOut: normalizer.leftOut, streams: streams, mode: request.mode,
            isNative: kind == .native, keepsOrigins: lane.job.origins != nil,
            maximumLineBytes: request.maximumLineBytes, revision: revision, schemaRevision: normalizer.revision)
        return lastSnapshot
    }

    func isCurrent(_ snapshot: Snapshot) -> Bool {
        snapshot.revision == revision && snapshot.schemaRevision == lane?.job.normalizer.revision
    }

    /// Commits records that were normalized ahead, in their turn, as if their lines had been received.
    ///
    /// - Parameter lines: the number of lines before those of the block.
    /// - Returns: false, and nothing is committed, if a worker reached a table by other keys.
    func commit(_ segment: BlockResult.Segment, of result: BlockResult, after lines: Int) throws -> Bool {
        guard let lane, try lane.job.append(result.runs[segment.runs], of: result) else { return false }
        if let keeper = lane.job.origins { try keepOrigins(of: segment, result, after: lines, lane, keeper) }
        var places = result.places[segment.places]
        for note in result.notes[segment.notes] {
            if let at = note.ordinal {
                takePlaces(&places, before: at, lane)
                atHand = AtHand(line: lines + at.line, stream: at.stream, message: 0)
                if isStream { atHand.message = lane.streams[at.stream].messages + at.number + 1 }
            }
            lane.job.normalizer.apply(note)
        }
        takePlaces(&places, before: nil, lane)
        for (stream, count) in result.records[segment.records] {
            if isStream { lane.streams[stream].messages += count }
            lane.streams[stream].uncovered += count
            records += count
            recordsAhead += count
        }
        return true
    }

    /// Handles the PLACE messages before a record, or all.
    private func takePlaces(
        _ places: inout ArraySlice<(message: StreamPlace, at: RecordOrdinal)>, before record: RecordOrdinal?,
        _ lane: Lane
    ) {
        while let (message, at) = places.first {
            // Those of one stream are in its order; the order between streams does not matter.
            if let record, at.stream == record.stream, at.number > record.number { return }
            lane.streams[at.stream].places.take(message, after: lane.streams[at.stream].messages + at.number)
            places.removeFirst()
        }
    }
}
