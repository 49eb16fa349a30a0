import Digests
import Encodings
import JSONText
import SystemIO

/// A configuration that a source has renewed, such as one with a new refresh token: the next run uses it in place of the given
/// one, until a person changes that.
struct KeptConfiguration {
    let path: String

    /// - Parameters:
    ///   - folder: `credentials` in the data directory.
    ///   - given: the contents of the person's file. Others are another file.
    init(folder: String, program: String, given: [UInt8]) {
        var hasher = SHA3Hasher()
        hasher.update(program + "\u{0}")
        hasher.update(String(decoding: given, as: UTF8.self))
        path = Paths.join(folder, "airbyte-" + Hexadecimal.text(hasher.finalize().prefix(16)) + ".json")
    }

    /// The path of the renewed configuration, if there is one.
    var current: String? { Files.exists(path) ? path : nil }

    /// On the disk when it returns: the service may refuse the old one from now on.
    func keep(_ configuration: JSONObject) throws {
        try Files.makeDirectory(Paths.parent(path), mode: 0o700, intermediates: true)
        try Files.atomicWrite(path, JSONValue.object(configuration).serializedBytes(), mode: 0o600)
    }
}
