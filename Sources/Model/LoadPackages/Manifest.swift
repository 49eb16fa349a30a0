package import JSONText
import PipelineStates

/// `manifest.json`: the contents of a package, and its base.
package struct Manifest: Sendable, Equatable {
    /// One file of rows of one table.
    package struct Job: Sendable, Equatable {
        package var table: String
        /// Name inside the `jobs` folder.
        package var file: String
        package var rows: Int
        /// Size of the compressed file.
        package var bytes: Int64
        /// XXH64 of the file, 16 hexadecimal digits.
        package var checksum: String

        package init(table: String, file: String, rows: Int, bytes: Int64, checksum: String) {
            self.table = table
            self.file = file
            self.rows = rows
            self.bytes = bytes
            self.checksum = checksum
        }
    }

    /// Another file of the package: its schema, or its state.
    package struct File: Sendable, Equatable {
        package var name: String
        package var bytes: Int64
        /// XXH64 of the file, 16 hexadecimal digits.
        package var checksum: String
    }

    package var format = PackageLayout.formatVersion
    package var loadID: LoadID
    package var runKey: String?
    package var pipeline: String
    package var schemaName: String
    package var schemaHash: String
    package var identifierLimit: Int
    package var base: Base
    package var jobs: [Job]
    /// The files of the package besides its jobs. Format 1 does not list them.
    package internal(set) var files: [File] = []
    /// The files of the rows' origins, if they were kept: the n-th of a table belongs to its n-th job.
    package internal(set) var origins: [Job] = []
    /// By root table: its replace strategy, by dlt's name. dlt does not keep it in the schema either.
    package var replaceStrategies: [ExactString: String] = [:]
    /// To be loaded even if its run key was loaded before.
    package var again = false
    package var refresh = Refresh()
    /// Whether the pipeline's name comes from the source, and not from the user.
    package var isUnnamed = false

    /// Tables that the load drops, or empties, before it inserts the rows.
    package struct Refresh: Sendable, Equatable {
        package var drop: [String]
        package var truncate: [String]

        package init(drop: [String] = [], truncate: [String] = []) {
            self.drop = drop
            self.truncate = truncate
        }

        package var isEmpty: Bool { drop.isEmpty && truncate.isEmpty }
    }

    /// The base of normalize.
    package struct Base: Sendable, Equatable {
        package var stateVersion: Int?
        package var stateHash: String?
        package var schemaHash: String?
        /// The waiting package that this one continues, if any.
        package var loadID: LoadID?
        /// Hash of each subtree of state that the package changes, before the change; null if there was none. A subtree
        /// that is listed here and missing from the package's state is removed.
        package var subtrees: JSONObject

        package init(
            stateVersion: Int? = nil, stateHash: String? = nil, schemaHash: String? = nil, loadID: LoadID? = nil,
            subtrees: JSONObject = [:]
        ) {
            self.stateVersion = stateVersion
            self.stateHash = stateHash
            self.schemaHash = schemaHash
            self.loadID = loadID
            self.subtrees = subtrees
        }
    }

    package init(
        loadID: LoadID, runKey: String?, pipeline: String, schemaName: String, schemaHash: String,
        identifierLimit: Int, base: Base, jobs: [Job]
    ) {
        self.loadID = loadID
        self.runKey = runKey
        self.pipeline = pipeline
        self.schemaName = schemaName
        self.schemaHash = schemaHash
        self.identifierLimit = identifierLimit
        self.base = base
        self.jobs = jobs
    }

    package var rows: Int { jobs.reduce(0) { $0 + $1.rows } }
    package var bytes: Int64 { jobs.reduce(0) { $0 + $1.bytes } }

    func file(_ name: String) -> File? { files.first { $0.name == name } }

    /// The subtrees of state that the package removes, given those that it changes.
    func removedState(_ state: StateTree) -> [StateTree.Subtree] {
        base.subtrees.keys.compactMap { StateTree.Subtree(key: $0) }.filter { state[$0] == nil }
    }

    package var document: JSONObject {
        var base: JSONObject = [:]
        base["state_version"] = self.base.stateVersion.map { .integer($0) }
        base["state_hash"] = self.base.stateHash.map { .string($0) }
        base["schema_hash"] = self.base.schemaHash.map { .string($0) }
        base["load_id"] = self.base.loadID.map { .string($0.text) }
        if !self.base.subtrees.isEmpty { base["subtrees"] = .object(self.base.subtrees) }
        var object: JSONObject = [
            "format": .integer(format), "load_id": .string(loadID.text),
        ]
        object["run_key"] = runKey.map { .string($0) }
        if again { object["again"] = true }
        object["pipeline"] = .string(pipeline)
        if isUnnamed { object["unnamed"] = true }
        object["schema_name"] = .string(schemaName)
        object["schema_hash"] = .string(schemaHash)
        object["identifier_limit"] = .integer(identifierLimit)
        object["base"] = .object(base)
        if !replaceStrategies.isEmpty {
            var strategies = JSONObject()
            for table in replaceStrategies.keys.sorted() {
                strategies[table.text] = replaceStrategies[table].map { .string($0) }
            }
            object["replace_strategies"] = .object(strategies)
        }
        if !refresh.isEmpty {
            object["refresh"] = ["drop": .strings(refresh.drop), "truncate": .strings(refresh.truncate)]
        }
        object["jobs"] = Manifest.documents(of: jobs)
        if !origins.isEmpty { object["origins"] = Manifest.documents(of: origins) }
        object["files"] = Manifest.documents(of: files)
        return object
    }

    private static func documents(of jobs: [Job]) -> JSONValue {
        .array(
            jobs.map { job in
                [
                    "table": .string(job.table), "file": .string(job.file), "rows": .integer(job.rows),
                    "bytes": .integer(job.bytes), "checksum": .string(job.checksum),
                ]
            })
    }

    private static func jobs(_ listed: [JSONValue], path: String) throws(PackageDamage) -> [Job] {
        var jobs: [Job] = []
        for job in listed {
            guard let table = job["table"]?.stringValue, let file = job["file"]?.stringValue,
                let rows = job["rows"]?.intValue, let bytes = job["bytes"]?.intValue,
                let checksum = job["checksum"]?.stringValue, PackageLayout.isJobFile(file)
            else { throw PackageDamage("\(path) has a malformed job: \(job.serialized())") }
            jobs.append(Job(table: table, file: file, rows: rows, bytes: Int64(bytes), checksum: checksum))
        }
        return jobs
    }

    static func documents(of files: [File]) -> JSONValue {
        .array(
            files.map { file in
                ["file": .string(file.name), "bytes": .integer(Int(file.bytes)), "checksum": .string(file.checksum)]
            })
    }

    static func files(_ document: JSONValue?, path: String) throws(PackageDamage) -> [File] {
        var files: [File] = []
        for file in document?.arrayValue ?? [] {
            guard let name = file["file"]?.stringValue, let bytes = file["bytes"]?.intValue,
                let checksum = file["checksum"]?.stringValue
            else { throw PackageDamage("\(path) has a malformed file entry: \(file.serialized())") }
            files.append(File(name: name, bytes: Int64(bytes), checksum: checksum))
        }
        return files
    }

    /// - Parameter path: the path of the manifest, for messages.
    package init(parsing bytes: [UInt8], path: String) throws(PackageDamage) {
        let (object, isSealed) = try DocumentSeal.open(bytes, of: path)
        let document = JSONValue.object(object)
        guard let format = document["format"]?.intValue else { throw PackageDamage("\(path) has no format version") }
        guard PackageLayout.readableVersions ~= format else {
            throw PackageDamage(
                "\(path) has format version \(format); this program reads \(PackageLayout.readableVersions.lowerBound) to "
                    + "\(PackageLayout.readableVersions.upperBound)",
                hint: "another version of these programs made the package: load it with that version",
                isOfOtherVersion: true)
        }
        guard isSealed || format == 1 else { throw PackageDamage("\(path) has lost the checksum at its end") }
        func text(_ key: String) throws(PackageDamage) -> String {
            guard let value = document[key]?.stringValue else { throw PackageDamage("\(path) lacks \(key)") }
            return value
        }
        guard let loadID = LoadID(try text("load_id")) else { throw PackageDamage("\(path) has a malformed load_id") }
        guard let listed = document["jobs"]?.arrayValue else { throw PackageDamage("\(path) lacks jobs") }
        let jobs = try Manifest.jobs(listed, path: path)
        let base = document["base"] ?? [:]
        self.init(
            loadID: loadID, runKey: document["run_key"]?.stringValue, pipeline: try text("pipeline"),
            schemaName: try text("schema_name"), schemaHash: try text("schema_hash"),
            identifierLimit: document["identifier_limit"]?.intValue ?? 63,
            base: Base(
                stateVersion: base["state_version"]?.intValue, stateHash: base["state_hash"]?.stringValue,
                schemaHash: base["schema_hash"]?.stringValue,
                loadID: base["load_id"]?.stringValue.flatMap { LoadID($0) },
                subtrees: base["subtrees"]?.objectValue ?? [:]),
            jobs: jobs)
        self.format = format
        files = try Manifest.files(document["files"], path: path)
        origins = try Manifest.jobs(document["origins"]?.arrayValue ?? [], path: path)
        for (table, strategy) in document["replace_strategies"]?.objectValue?.members ?? [] {
            replaceStrategies[ExactString(table)] = strategy.stringValue
        }
        again = document["again"]?.boolValue ?? false
        isUnnamed = document["unnamed"]?.boolValue ?? false
        func names(_ key: String) -> [String] { document["refresh", key]?.arrayValue?.compactMap(\.stringValue) ?? [] }
        refresh = Refresh(drop: names("drop"), truncate: names("truncate"))
    }
}
