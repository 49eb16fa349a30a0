import LoadPackages
import ProgramSupport

/// The reports at the end of a run.
extension NormalizeProgram {
    /// Names a few of the columns; all of them with `--verbose`.
    private func names(of columns: [(table: String, column: String)]) -> String? {
        if columns.isEmpty { return nil }
        let shown = common.verbose ? columns.count : min(columns.count, 3)
        let names = columns.prefix(shown).map { "\($0.table).\($0.column)" }.joined(separator: ", ")
        return columns.count > shown ? "\(names) and \(NumberText.count(columns.count - shown)) more" : names
    }

    private func tell(_ outcomes: [Normalizer.Outcome], _ messages: Messages) {
        if let names = names(of: outcomes.flatMap(\.nullOnlyColumns)) {
            messages.note("no value yet for \(names): a column comes with its first value")
        }
        if let names = names(of: outcomes.flatMap(\.unmetColumns)) {
            messages.warning(
                "no record has \(names), although a hint names it", hint: "compare the name with those of the records")
        }
    }

    /// A contract stays in effect when later runs do not name it.
    private func tellContracts(_ outcomes: [Normalizer.Outcome], _ log: EvolutionLog, _ messages: Messages) {
        let end = "--schema-contract evolve ends it"
        let new = outcomes.flatMap(\.newContracts)
        if let contract = hintOptions.schemaContract, !new.isEmpty {
            messages.note("schema_contract \(contract) of \(tables(new)) is stored from now on; \(end)")
        }
        let stored = outcomes.flatMap(\.storedContracts)
        if log.discardedRows + log.discardedValues > 0, schema == nil, !stored.isEmpty {
            messages.note("the schema_contract of \(tables(stored)) was stored by an earlier run; \(end)")
        }
    }

    private func tables(_ names: [String]) -> String {
        let shown = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
        return names.count == 1 ? "table \(shown)" : "tables \(shown)"
    }

    func summarize(
        _ outcomes: [Normalizer.Outcome], _ normalizer: Normalizer, _ log: EvolutionLog, _ messages: Messages,
        nanoseconds: Int64
    ) {
        tellContracts(outcomes, log, messages)
        tell(outcomes, messages)
        if !changeOptions.isEmpty, normalizer.records > 0 {
            for (table, path) in normalizer.unmetChanges {
                messages.warning("no record of \(table) had \(path)", hint: "check the path; it changed nothing")
            }
        }
        let tables = outcomes.flatMap(\.tables)
        log.tellTables(tables)
        let rows = tables.reduce(0) { $0 + $1.rows }
        var text =
            "\(NumberText.count(normalizer.records, of: "record")) into "
            + "\(NumberText.rows(rows)) of \(NumberText.count(tables.count, of: "table"))"
        if !log.summary.isEmpty { text += ", \(log.summary)" }
        let lines = normalizer.rejected - log.discardedRows - log.discardedValues
        if lines > 0 { text += ", \(NumberText.count(lines, of: "line")) set aside" }
        text += " in \(NumberText.duration(nanoseconds: nanoseconds))"
        let made = outcomes.filter { $0.wasThere }.compactMap { $0.package?.loadID.text }
        if check {
            text = "checked \(text); nothing was published"
        } else if !made.isEmpty {
            text = "the run key has made package \(made.joined(separator: ", ")) before; it is handed on"
        } else if let waiting = outcomes.first(where: \.handsOnWaiting)?.package {
            text += "; nothing new, package \(waiting.loadID) of an earlier run is handed on"
        } else if outcomes.allSatisfy({ $0.package == nil }) {
            text += "; nothing to load"
        }
        // After an earlier failure that left nothing, there is nothing to report.
        if ExitStatus.isFailure(Int32(clamping: normalizer.inputStatus)), outcomes.allSatisfy({ $0.package == nil }) {
            return messages.detail(text)
        }
        messages.summary(
            text,
            [
                ("records", .count(normalizer.records)), ("rows", .count(rows)),
                ("rejected", .count(normalizer.rejected)), ("discarded_rows", .count(log.discardedRows)),
                ("discarded_values", .count(log.discardedValues)),
            ])
    }
}
