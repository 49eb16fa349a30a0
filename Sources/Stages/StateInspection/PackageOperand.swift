import InspectionSupport
import JSONText
import LoadPackages
import ProgramSupport
import SystemIO

/// A package named on the command line: by its load id, or by a path.
struct PackageOperand {
    let name: String
    let path: String
    /// Its place in the pipeline's folders, if it is there.
    let placed: (id: LoadID, place: Spool.Place)?

    init(_ id: LoadID, in place: Spool.Place, of spool: Spool) {
        name = id.text
        path = spool.path(of: id, in: place)
        placed = (id, place)
    }

    private init(path: String) {
        name = path
        self.path = path
        placed = nil
    }

    /// A package of this pipeline.
    init(_ text: String, _ spool: Spool) throws {
        guard let id = LoadID(text) else {
            throw ProgramError(
                .usage, "unable to use '\(text)': it is not a load id", hint: "`dlt-state packages` lists them")
        }
        guard let place = spool.place(of: id) else {
            throw ProgramError(
                .noInput, "unable to find package \(id) in pipeline '\(spool.pipeline)'",
                hint: "`dlt-state packages` lists them")
        }
        self.init(id, in: place, of: spool)
    }

    /// Without a pipeline, a load id is searched in every pipeline: ids are unique enough.
    init(_ text: String, _ common: CommonOptions) throws {
        guard let id = LoadID(text) else {
            guard Files.exists(text) else {
                throw ProgramError(
                    .noInput, "unable to find package '\(text)': it is neither a load id nor a path",
                    hint: "`dlt-state packages` lists load ids")
            }
            self.init(path: text)
            return
        }
        if common.pipelineName == nil {
            for name in try Spool.pipelines(dataDirectory: common.dataDirectory) {
                guard let spool = Spool(dataDirectory: common.dataDirectory, pipeline: name),
                    let place = spool.place(of: id)
                else { continue }
                self.init(id, in: place, of: spool)
                return
            }
        }
        try self.init(text, common.spool())
    }

    /// Why it has failed, if it has.
    func failureReason(_ common: CommonOptions) -> FailureReason? {
        guard let placed, placed.place == .failed else { return nil }
        return Spool(
            dataDirectory: common.dataDirectory, pipeline: Paths.lastComponent(Paths.parent(Paths.parent(path))))?
            .failureReason(of: placed.id)
    }

    func open() throws -> PackageReader {
        do { return try PackageReader(path) } catch let error as PackageDamage {
            throw ProgramError(
                .data, "unable to read package \(name): \(error.reason)",
                hint: placed?.place == .loaded
                    ? "of loaded packages only the manifests are kept by default" : error.hint
            )
        }
    }
}

/// The JSON object of a package in a listing.
struct ListedPackage {
    let object: JSONObject

    init(_ manifest: Manifest, _ place: Spool.Place, _ spool: Spool) {
        var object: JSONObject = [
            "pipeline": .string(manifest.pipeline), "load_id": .string(manifest.loadID.text),
            "place": .string(place.word), "begun": .string(manifest.loadID.time), "rows": .integer(manifest.rows),
            "bytes": .integer(manifest.bytes), "tables": .strings(manifest.tables),
            "schema": .string(manifest.schemaName), "schema_hash": .string(manifest.schemaHash),
            "base": manifest.base.loadID.map { .string($0.text) } ?? .null,
            "state": .strings(manifest.base.subtrees.keys.map { StateChange.name(ofKey: $0) }),
        ]
        if let key = manifest.runKey { object["run_key"] = .string(key) }
        object["path"] = .string(spool.path(of: manifest.loadID, in: place))
        if place == .failed { object["reason"] = spool.failureReason(of: manifest.loadID).map { .object($0.document) } }
        self.object = object
    }
}
