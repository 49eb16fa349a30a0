import Destinations
import Digests
import Encodings
import Failures
import JSONText
import LoadPackages
import PipelineStates
import Schemas
import SystemIO

/// What is known of the loads into a program: it has no tables of dlt's that could say so.
///
/// A file of this machine, `programs/DIGEST.json` of the data directory. Another machine knows nothing of these loads.
final class LoadLedger {
    private let path: String
    private let pipeline: String
    private(set) var loads: [String]
    private var schemas: [StoredSchema]
    private var state: StoredState?
    /// Tables of an unfinished load that the program has already accepted.
    private(set) var accepted: [String: [String]]

    /// Loads that are remembered: packages move on when they are loaded, so older ones are not asked for.
    private static let rememberedLoads = 1000

    init(dataDirectory: String, location: String, pipeline: String) throws(DestinationError) {
        var hasher = SHA3Hasher()
        hasher.update(location + "\u{0}" + pipeline)
        path = Paths.join(
            Paths.join(dataDirectory, "programs"), Hexadecimal.text(hasher.finalize().prefix(16)) + ".json")
        self.pipeline = pipeline
        let document = try LoadLedger.read(path)
        loads = document["loads"]?.arrayValue?.compactMap(\.stringValue) ?? []
        accepted = [:]
        for (load, tables) in document["accepted"]?.objectValue?.members ?? [] {
            accepted[load] = tables.arrayValue?.compactMap(\.stringValue) ?? []
        }
        schemas = []
        for stored in document["schemas"]?.arrayValue ?? [] {
            guard let hash = stored["hash"]?.stringValue, let text = stored["schema"]?.serialized() else { continue }
            schemas.append(try StoredSchema(hash: hash, text: text))
        }
        if let load = document["state", "load_id"]?.stringValue, let text = document["state", "state"]?.serialized() {
            state = try StoredState(loadID: load, text: text)
        }
    }

    private static func read(_ path: String) throws(DestinationError) -> JSONValue {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try Files.readAll(path) } catch {
            if error.isAbsence { return [:] }
            throw DestinationError(error, "unable to read \(path): \(error.reason)")
        }
        guard let document = try? JSONValue(parsing: bytes), document.objectValue != nil else {
            throw DestinationError(
                .unusable, "unable to read \(path): it is not JSON",
                hint: "it lists the loads that the program has accepted; restore it from a copy")
        }
        return document
    }

    /// Held for a whole load.
    func lock(seconds: Double) throws(DestinationError) -> FileLock {
        do throws(SystemError) {
            try Files.makeDirectory(Paths.parent(path), mode: 0o700, intermediates: true)
            let lock = try FileLock.acquire(path + ".lock", .exclusive, wait: .seconds(seconds))
            try removeRemains()
            return lock
        } catch {
            throw DestinationError(error, "unable to lock \(path): \(error.reason)")
        }
    }

    /// Removes unfinished files of loads that were killed. Only the holder of the lock writes.
    private func removeRemains() throws(SystemError) {
        let folder = Paths.parent(path)
        let beginning = ".\(Paths.lastComponent(path))."
        for name in try Files.list(folder) where name.hasPrefix(beginning) && Files.isReplacement(name) {
            try Files.remove(Paths.join(folder, name))
        }
    }

    /// Notes that the program has accepted the rows of a table, so that a repetition leaves them out.
    func accept(_ table: String, of load: LoadID) throws(DestinationError) {
        accepted[load.text, default: []].append(table)
        try write()
    }

    func hasAccepted(_ table: String, of load: LoadID) -> Bool { accepted[load.text]?.contains(table) == true }

    /// On the disk when it returns.
    func commit(_ records: [SystemRows]) throws(DestinationError) {
        for rows in records {
            loads.append(rows.loadID.text)
            accepted[rows.loadID.text] = nil
            // The load's own too, which is not new if it goes back to the version before this session.
            for schema in rows.schemas + [rows.schema] {
                schemas.removeAll { $0.schema.name == schema.name }
                schemas.append(StoredSchema(hash: schema.versionHash ?? schema.contentHash(), schema: schema))
            }
            if let state = rows.state { self.state = StoredState(loadID: rows.stateLoadID.text, state: state) }
        }
        loads = Array(loads.suffix(LoadLedger.rememberedLoads))
        try write()
    }

    private func write() throws(DestinationError) {
        var document: JSONObject = ["pipeline": .string(pipeline), "loads": .strings(loads)]
        if !accepted.isEmpty {
            var tables = JSONObject()
            for (load, names) in accepted.sorted(by: { $0.key < $1.key }) { tables[load] = .strings(names) }
            document["accepted"] = .object(tables)
        }
        document["schemas"] = .array(
            schemas.map { ["hash": .string($0.hash), "schema": $0.schema.document()] })
        if let state {
            document["state"] = ["load_id": .string(state.loadID), "state": .object(state.state.document)]
        }
        do throws(SystemError) {
            try Files.atomicWrite(path, JSONValue.object(document).serializedBytes(), mode: 0o600)
        } catch {
            throw DestinationError(error, "unable to write \(path): \(error.reason)")
        }
    }
}

extension LoadLedger: DatasetReader {
    /// The columns that rows have had so far.
    func columns(of table: String) -> [StoredColumn]? {
        for stored in schemas {
            guard let known = stored.schema[table: table], known.hasSeenData else { continue }
            return known.completeColumns.map { StoredColumn(name: $0.name, type: $0.dataType?.rawValue ?? "") }
        }
        return nil
    }

    func hasLoad(_ id: String, _ names: SystemNames) -> Bool { loads.contains(id) }

    func load(identity: String, _ names: SystemNames) -> String? {
        loads.last { LoadID($0)?.identity == identity }
    }

    func loads(_ ids: [String], identities: [String], _ names: SystemNames) -> LoadsFound {
        var found = LoadsFound()
        found.ids = Set(ids).intersection(loads)
        for identity in identities { found.identities[identity] = load(identity: identity, names) }
        return found
    }

    func newestLoad(_ names: SystemNames) -> LoadID? { loads.compactMap { LoadID($0) }.max() }

    func newestSchema(_ name: String, _ names: SystemNames) -> StoredSchema? {
        schemas.first { $0.schema.name == name }
    }

    func schema(hash: String, _ names: SystemNames) -> StoredSchema? { schemas.first { $0.hash == hash } }

    func newestState(_ pipeline: String, _ names: SystemNames) -> StoredState? {
        state?.state.pipelineName == pipeline ? state : nil
    }

    func latestTime(_ names: SystemNames) -> Int64? { nil }

    func schemaVersions(_ names: SystemNames) -> [SchemaVersion] {
        schemas.map { SchemaVersion(stored: $0, insertedAt: "") }
    }
}
