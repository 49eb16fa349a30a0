import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas

/// How the table of a stream is written: as this run says, or else as before.
///
/// Merging and its keys stay in effect until they are changed: rows appended in a night without the option would be
/// stored twice. Replacing must be requested in each run, because a run that was meant to append would remove all rows.
extension PackageJob {
    /// Completes a stream's hints about writing; settings of earlier runs are not repeated in them.
    func settleDisposition(of stream: String, table name: String, _ hints: inout StreamHints) throws {
        if replacedStreams.contains(ExactString(stream)), request.hints.writeDisposition == nil {
            hints.writeDisposition = .replace
        }
        if hints.writeDisposition == nil {
            hints.writeDisposition = try givenDisposition(stream: stream) ?? hints.usualDisposition
        }
        let before = startingOver?.dropsTables == true ? nil : base.schema?[table: name]
        if hints.writeDisposition == nil { try continueDisposition(of: stream, before, &hints) }
        try check(hints, table: name)
        if hints.writeDisposition == nil, let before { tell(before, hints) }
    }

    private func continueDisposition(of stream: String, _ before: Table?, _ hints: inout StreamHints) throws {
        let versions = PackageJob.versionsSubtree(stream)
        switch before?.writeDisposition {
        case .merge: return
        case .replace where (state[versions] ?? base.state[versions]) != nil, .append, nil:
            // A stream with versions replaces its table by itself when a version is new.
            hints.writeDisposition = .append
        case .replace, .skip:
            guard !isReplay, let before else { return hints.writeDisposition = .append }
            let way = before.writeDisposition?.rawValue ?? ""
            throw ProgramError(
                .usage,
                "unable to decide how to write table \(before.name): an earlier run used \(way), which holds for one run only",
                hint:
                    "dlt-normalize --write-disposition \(way) repeats that, --write-disposition append adds to the rows there"
            )
        }
    }

    private func check(_ hints: StreamHints, table name: String) throws {
        let table = normalizer.schema[table: name]
        let disposition = hints.writeDisposition?.disposition ?? .merge
        if hints.repeatsRecords, disposition == .append {
            throw ProgramError(
                .usage,
                "unable to append to table \(name): its lag delivers records again, which would then be stored twice",
                hint:
                    "use --write-disposition merge and --primary-key COLUMN (in a REST file write_disposition and primary_key), or "
                    + "leave the lag out")
        }
        let strategy = hints.writeDisposition?.strategy?.rawValue ?? table?.mergeStrategy
        guard disposition == .merge, strategy != MergeStrategy.history.rawValue, !hasKey(hints, table) else { return }
        throw ProgramError(
            .usage, "unable to merge into table \(name): it has no key, so rows would only be added",
            hint: "name the key with --primary-key or --merge-key, or use --write-disposition append")
    }

    private func hasKey(_ hints: StreamHints, _ table: Table?) -> Bool {
        let keys = ["primary_key", "merge_key"]
        if hints.primaryKey?.isEmpty == false || hints.mergeKey?.isEmpty == false { return true }
        if keys.contains(where: { table?.columns(with: $0).isEmpty == false }) { return true }
        if hints.columns?.members.contains(where: { column in keys.contains { column.value[$0] == true } }) == true {
            return true
        }
        // Rules of the schema find keys by their names, when they arrive.
        let rules = normalizer.schema.settings["default_hints"]
        return keys.contains { rules?[$0]?.arrayValue?.isEmpty == false }
    }

    /// Reports once that a setting applies which this run did not request.
    private func tell(_ table: Table, _ hints: StreamHints) {
        guard !isReplay, toldTables.insert(ExactString(table.name)).inserted else { return }
        let columns = { (hint: String) in table.columns(with: hint).map(\.name) }
        let keys = hints.primaryKey ?? columns("primary_key")
        let groups = hints.mergeKey ?? columns("merge_key")
        var text = "table \(table.name) is merged"
        if let strategy = table.mergeStrategy { text += " (\(strategy))" }
        if !keys.isEmpty || !groups.isEmpty { text += " by \((keys + groups).joined(separator: ", "))" }
        note(text + ", as in the previous run; --write-disposition changes that")
    }
}
