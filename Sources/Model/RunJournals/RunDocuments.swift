package import JSONText

extension RecordedRun {
    /// What lists say of a run.
    package func summary(pipeline: String?, now: Int64) -> JSONObject {
        var object: JSONObject = ["run": .string(id.text)]
        object["pipeline"] = pipeline.map { .string($0) } ?? .null
        object["outcome"] = .string(outcome.rawValue)
        object["status"] = status.map { .integer($0) } ?? .null
        object["began"] = began.map { .string(JournalTime.text($0)) } ?? .null
        object["ended"] = ended.map { .string(JournalTime.text($0)) } ?? .null
        object["seconds"] = seconds(now: now).map { .decimal($0) } ?? .null
        object["records"] = records.map { .integer($0) } ?? .null
        object["rows"] = rows.map { .integer($0) } ?? .null
        object["run_key"] = runKey.map { .string($0) }
        object["stages"] = .strings(programs.map(\.stage.rawValue))
        if let culprit {
            object["stage"] = .string(culprit.stage.rawValue)
            object["error"] = error.map { .string($0) } ?? .null
            object["hint"] = hint.map { .string($0) } ?? .null
        }
        return object
    }

    /// The same, with all that its programs have told.
    package func document(pipeline: String?, now: Int64) -> JSONObject {
        var object = summary(pipeline: pipeline, now: now)
        object["stages"] = nil
        object["programs"] = .array(programs.map { .object($0.document) })
        return object
    }
}

extension RecordedProgram {
    package var document: JSONObject {
        func lines(_ lines: [JournalLine]) -> JSONValue {
            .array(
                lines.map { line in
                    var object = line.document
                    object["t"] = nil
                    return .object(object)
                })
        }
        var object: JSONObject = ["stage": .string(stage.rawValue), "outcome": .string(outcome.rawValue)]
        for line in [start.map { JournalLine.start($0) }, end.map { .end($0) }].compactMap({ $0 }) {
            var members = line.document
            let key = members["t"]?.stringValue ?? ""
            members["t"] = nil
            object[key] = .object(members)
        }
        object["progress"] = lines(steps.map { .progress($0) })
        object["packages"] = lines(packages.map { .package($0) })
        object["tables"] = lines(tables.map { .table($0) })
        object["notices"] = lines(notices.map { .notice($0) })
        if !isWhole { object["cut"] = true }
        return object
    }
}
