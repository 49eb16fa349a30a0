import Digests
import Encodings
import JSONText
package import SystemIO

/// Keeps the newest refresh token of one configuration between runs.
///
/// A server that issues a new refresh token usually stops accepting the old one: losing the new one means that a person
/// has to authorize again. So it is on the disk, in a file that only its owner can read, before the access token that
/// came with it is used; and a program that renews holds a lock, so that two runs do not use up each other's token.
package struct TokenStore: Sendable {
    /// The file, `<folder>/<digest>.json`.
    package let path: String

    /// - Parameters:
    ///   - folder: `credentials` in the data directory; created if absent.
    ///   - identity: identifies the configuration, such as URL, client and first token. Another first token, after a
    ///     person has authorized again, is another file.
    package init(folder: String, identity: [String]) {
        let digest = SHA3.digest256(identity.joined(separator: "\u{0}"))
        let name = Hexadecimal.text(digest.prefix(16))
        path = Paths.join(folder, name + ".json")
    }

    /// Waits for another program that renews this token now. Fails before a token is used up if the new one could not
    /// be kept.
    package func lock() throws(SystemError) -> FileLock {
        try Files.makeDirectory(Paths.parent(path), mode: 0o700, intermediates: true)
        return try FileLock.acquire(path + ".lock", .exclusive, wait: .seconds(60))
    }

    /// The newest token; nil if none was issued yet.
    package func read() throws(SystemError) -> String? {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try Files.readAll(Paths.lastComponent(path), below: Paths.parent(path)) } catch
        {
            if error.code == 2 { return nil }
            throw error
        }
        return (try? JSONValue(parsing: bytes))?["refresh_token"]?.stringValue
    }

    package func write(_ token: String) throws(SystemError) {
        let document: JSONObject = ["refresh_token": .string(token)]
        try Files.atomicWrite(path, JSONValue.object(document).serializedBytes(), mode: 0o600)
    }
}
