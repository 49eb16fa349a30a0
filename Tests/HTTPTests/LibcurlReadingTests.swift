import Glibc
import HTTP
import SystemIO
import Testing

/// We decide by our reading of a URL who may get credentials; libcurl connects by its own. The two must not differ.
struct LibcurlReadingTests {
    @Test func `libcurl reads what we accept as we do`() throws {
        let libcurl = try Libcurl()
        let pieces = [
            "://", ":", "@", "/", "//", "?", "#", "[", "]", "%", "%40", "%2F", "a", "b.c", "80", "0", ".", "..", "\\",
            ";", "&",
            "=", "+", "*", "!", "$", "'", "(", ",", "-", "_", "~", "é", " ", "\t", "\n", "::1", "[::1]", "127.1",
            "0x7f",
            "user", "user:pw@", "|", "^", "\u{1}",
        ]
        var random = FastRandom(seed: (1, 2, 3, 4))
        var compared = 0
        for _ in 0..<20_000 {
            let rest = (0..<Int.random(in: 1...8, using: &random)).map { _ in pieces.randomElement(using: &random) ?? ""
            }
            let text = ["http://", "https://"].randomElement(using: &random)! + rest.joined()
            guard let ours = HTTPURL(text), let theirs = libcurl.read(ours.text) else { continue }
            compared += 1
            #expect(theirs.matches(ours), "\(text) is \(ours.text) to us and \(theirs) to libcurl")
        }
        #expect(compared > 1000)
    }
}

/// The calls of libcurl's URL parser.
private struct Libcurl {
    private typealias Make = @convention(c) () -> OpaquePointer?
    private typealias Remove = @convention(c) (OpaquePointer?) -> Void
    private typealias Set = @convention(c) (OpaquePointer?, CInt, UnsafePointer<CChar>?, CUnsignedInt) -> CInt
    private typealias Get =
        @convention(c) (
            OpaquePointer?, CInt, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, CUnsignedInt
        ) -> CInt
    private typealias Free = @convention(c) (UnsafeMutablePointer<CChar>?) -> Void

    private let make: Make
    private let remove: Remove
    private let set: Set
    private let get: Get
    private let free: Free

    init() throws {
        let library = try #require(dlopen("libcurl.so.4", RTLD_NOW) ?? dlopen("libcurl-gnutls.so.4", RTLD_NOW))
        func find<Function>(_ name: String, _: Function.Type) throws -> Function {
            unsafeBitCast(try #require(dlsym(library, name)), to: Function.self)
        }
        make = try find("curl_url", Make.self)
        remove = try find("curl_url_cleanup", Remove.self)
        set = try find("curl_url_set", Set.self)
        get = try find("curl_url_get", Get.self)
        free = try find("curl_free", Free.self)
    }

    struct Reading: CustomStringConvertible {
        /// By the numbers of `CURLUPart`: 1 scheme, 2 user, 3 password, 5 host, 6 port, 7 path, 8 query.
        let parts: [CInt: String]

        var description: String {
            parts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        }

        func matches(_ url: HTTPURL) -> Bool {
            let user = [parts[2] ?? "", parts[3]].compactMap(\.self).joined(separator: ":")
            return parts[1] == url.scheme && isHost(url.host)
                && (parts[6].flatMap { Int($0) } ?? (url.scheme == "https" ? 443 : 80)) == url.effectivePort
                && parts[7] == (url.path.isEmpty ? "/" : url.path) && parts[8] ?? "" == url.query ?? ""
                && user.trimmingColons == (url.userInfo ?? "").trimmingColons
        }

        /// An address of numbers it writes with four, whichever way it was written.
        private func isHost(_ host: String) -> Bool {
            guard let theirs = parts[5]?.lowercased() else { return false }
            let isAddress = theirs.utf8.allSatisfy { ".0123456789".utf8.contains($0) }
            return theirs == host || (isAddress && host.utf8.allSatisfy { ".0123456789abcdefx".utf8.contains($0) })
        }
    }

    /// nil when libcurl refuses the text.
    func read(_ text: String) -> Reading? {
        guard let url = make() else { return nil }
        defer { remove(url) }
        // With the path as it is, as in our transfers.
        guard set(url, 0, text, 1 << 4) == 0 else { return nil }
        var parts: [CInt: String] = [:]
        for part: CInt in [1, 2, 3, 5, 6, 7, 8] {
            var value: UnsafeMutablePointer<CChar>?
            guard get(url, part, &value, 0) == 0, let value else { continue }
            parts[part] = String(cString: value)
            free(value)
        }
        return Reading(parts: parts)
    }
}

extension String {
    /// `user:` is the user without a password.
    fileprivate var trimmingColons: String { last == ":" ? String(dropLast()) : self }
}
