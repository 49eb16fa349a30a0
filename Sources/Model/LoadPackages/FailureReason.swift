package import JSONText
package import SystemIO

/// `reason.json` in the folder of a failed package: the message that it can never be loaded as it is.
package struct FailureReason: Sendable, Equatable {
    /// The time, as in RFC 3339.
    package var time: String
    /// The exit status of dlt-load.
    package var status: Int
    package var message: String
    package var hint: String?
    /// The destination, without credentials.
    package var destination: String?
    package var dataset: String?
    /// The table concerned, if any.
    package var table: String?

    package init(
        time: String, status: Int, message: String, hint: String? = nil, destination: String? = nil,
        dataset: String? = nil, table: String? = nil
    ) {
        self.time = time
        self.status = status
        self.message = message
        self.hint = hint
        self.destination = destination
        self.dataset = dataset
        self.table = table
    }

    /// nil for anything that `document` does not write.
    init?(_ document: JSONValue) {
        guard let time = document["time"]?.stringValue, let status = document["status"]?.intValue,
            let message = document["message"]?.stringValue
        else { return nil }
        self.init(
            time: time, status: status, message: message, hint: document["hint"]?.stringValue,
            destination: document["destination"]?.stringValue, dataset: document["dataset"]?.stringValue,
            table: document["table"]?.stringValue)
    }

    /// The members with a value.
    package var document: JSONObject {
        var object: JSONObject = [
            "time": .string(time), "status": .integer(status), "message": .string(message),
        ]
        object["hint"] = hint.map { .string($0) }
        object["destination"] = destination.map { .string($0) }
        object["dataset"] = dataset.map { .string($0) }
        object["table"] = table.map { .string($0) }
        return object
    }
}

extension Spool {
    /// Moves packages to `failed/`, each with the reason. The caller holds the pipeline's lock, and theirs.
    package func fail(_ ids: [LoadID], _ reason: FailureReason) throws(SystemError) {
        for id in ids {
            // Before the move, since every package in `failed` should have a reason. The move happens even without one:
            // a full disk must not make later packages wait for it.
            let file = Paths.join(path(of: id, in: .waiting), PackageLayout.reasonFile)
            let bytes = JSONValue.object(reason.document).serialized(.pretty) + "\n"
            try? Files.atomicWrite(file, Array(bytes.utf8), mode: 0o600)
        }
        try move(ids, from: .waiting, to: .failed)
    }

    /// Why a package has failed; nil if no reason was recorded.
    package func failureReason(of id: LoadID) -> FailureReason? {
        guard let bytes = try? Files.readAll(PackageLayout.reasonFile, below: path(of: id, in: .failed)),
            let document = try? JSONValue(parsing: bytes)
        else { return nil }
        return FailureReason(document)
    }

    /// Moves failed packages back to the waiting ones. The caller holds the pipeline's lock, and theirs.
    package func retry(_ ids: [LoadID]) throws(SystemError) {
        for id in ids {
            let file = Paths.join(path(of: id, in: .failed), PackageLayout.reasonFile)
            if Files.exists(file) { try Files.remove(file) }
        }
        try move(ids, from: .failed, to: .waiting)
    }
}
