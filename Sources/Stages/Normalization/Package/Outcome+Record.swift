import JSONText
import LoadPackages
import ProgramSupport
import RunJournals
import Schemas
import SystemIO

extension Normalizer.Outcome {
    /// Tells the journal what was published, or handed on.
    func record(runKey: String?) {
        guard let package else { return }
        let (now, id) = (Clock.nowMicroseconds(), package.loadID.text)
        let waited = handsOnWaiting || wasThere
        RunRecorder.package(
            RunPackage(
                at: now, loadID: id, outcome: waited ? .waited : .published, rows: package.rows, runKey: runKey),
            of: pipeline)
        if waited { return }
        RunRecorder.tables(tables.map { RunTable(at: now, table: $0.table, rows: $0.rows, loadID: id) }, of: pipeline)
    }
}

extension PackageBase {
    /// As in the header of a stream.
    var document: JSONObject {
        var base = JSONObject()
        base["state_version"] = .integer(stateVersion)
        base["state_hash"] = stateHash.map { .string($0) }
        base["schema_hash"] = schema?.versionHash.map { .string($0) }
        base["load_id"] = loadID.map { .string($0.text) }
        return base
    }
}
