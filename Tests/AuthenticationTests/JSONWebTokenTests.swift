import Authentication
import Digests
import HTTP
import JSONText
import LoopbackServer
import TestSupport
import Testing

struct JSONWebTokenTests {
    @Test func `HS256 is as others compute it`() throws {
        // hmac.new(b"secret", b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0", "sha256"), by Python
        let token = try JSONWebToken(.hs256, key: "secret").signed(["sub": "1"])
        #expect(token == "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0." + hs256)
    }

    /// Makes a key and checks a signature by the openssl program, which is not us.
    private func verify(
        _ algorithm: JSONWebToken.Algorithm, make: String, digest: String, passphrase: String? = nil
    ) throws {
        let folder = try WorkDirectory()
        let made = try runShell("\(make) -out key.pem", currentDirectory: folder.path)
        try #require(made.status == 0, "\(made)")
        let input = passphrase.map { "-passin pass:\($0)" } ?? ""
        _ = try runShell("openssl pkey -in key.pem \(input) -pubout -out public.pem", currentDirectory: folder.path)
        // As an environment variable would carry it.
        let pem = try folder.text("key.pem").split(separator: "\n").joined(separator: "\\n")
        let token = try JSONWebToken(algorithm, key: pem, passphrase: passphrase).signed(["sub": "é", "n": 1])
        let parts = token.split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        var signature = try #require(decoded(parts[2]))
        if digest.hasPrefix("ec:") { signature = der(signature) }
        try folder.write("signature", signature)
        try folder.write("text", parts[0] + "." + parts[1])
        let name = digest.replacing("ec:")
        let result = try runShell(
            "openssl dgst -\(name) -verify public.pem -signature signature text", currentDirectory: folder.path)
        #expect(result.stdout == "Verified OK\n", "\(algorithm.rawValue): \(result)")
        let claims = try #require(decoded(parts[1]))
        #expect(try JSONValue(parsing: claims) == ["sub": "é", "n": 1])
    }

    @Test func `RSA signatures are good`() throws {
        try verify(.rs256, make: "openssl genpkey -algorithm RSA", digest: "sha256")
        try verify(
            .rs512, make: "openssl genpkey -algorithm RSA -aes256 -pass pass:geheim", digest: "sha512",
            passphrase: "geheim")
    }

    @Test func `elliptic signatures are good`() throws {
        try verify(.es256, make: "openssl ecparam -name prime256v1 -genkey -noout", digest: "ec:sha256")
        try verify(.es384, make: "openssl ecparam -name secp384r1 -genkey -noout", digest: "ec:sha384")
        try verify(.es512, make: "openssl ecparam -name secp521r1 -genkey -noout", digest: "ec:sha512")
    }

    @Test func `a key that does not fit is refused`() throws {
        let folder = try WorkDirectory()
        _ = try runShell("openssl ecparam -name prime256v1 -genkey -noout -out ec.pem", currentDirectory: folder.path)
        _ = try runShell(
            "openssl genpkey -algorithm RSA -aes256 -pass pass:geheim -out rsa.pem", currentDirectory: folder.path)
        let (curve, locked) = (try folder.text("ec.pem"), try folder.text("rsa.pem"))
        #expect(throws: (any Error).self) { try JSONWebToken(.rs256, key: curve).signed([:]) }
        #expect(throws: (any Error).self) { try JSONWebToken(.es384, key: curve).signed([:]) }
        #expect(throws: (any Error).self) { try JSONWebToken(.rs256, key: "no key").signed([:]) }
        // Neither is asked for on a terminal.
        #expect(throws: (any Error).self) { try JSONWebToken(.rs256, key: locked).signed([:]) }
        #expect(throws: (any Error).self) { try JSONWebToken(.rs256, key: locked, passphrase: "falsch").signed([:]) }
    }

    @Test func `an assertion is exchanged for a token as dlt does`() throws {
        let server = try DemoSite.start()
        let folder = try WorkDirectory()
        _ = try runShell("openssl genrsa -out key.pem 2048", currentDirectory: folder.path)
        let token = JSONWebToken(.rs256, key: try folder.text("key.pem"))
        var configuration = OAuth2.Configuration(
            tokenURL: server.url + "/oauth/token", grant: .jwtBearer(token, id: "me", scopes: ["a", "b"]))
        configuration.headers = [("X-H", "1")]
        var options = HTTPClientOptions()
        options.proxy = ""
        let request = HTTPRequest(url: server.url + "/auth/oauth", authentication: OAuth2(configuration))
        #expect(try HTTPClient(options).send(request).status == 200)
        let asked = try #require(server.requests.first)
        #expect(asked.header("x-h") == "1")
        #expect(asked.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        let parts = (asked.form["assertion"] ?? "").split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        #expect(decoded(parts[0]).map { String(decoding: $0, as: UTF8.self) } == #"{"alg":"RS256","typ":"JWT"}"#)
        let bytes = try #require(decoded(parts[1]))
        let claims = try #require(try JSONValue(parsing: bytes).objectValue)
        #expect(claims.keys == ["iss", "sub", "aud", "exp", "iat", "scope"])
        #expect(claims["iss"] == "me" && claims["sub"] == "me" && claims["scope"] == "a b")
        #expect(claims["aud"]?.stringValue == server.url + "/oauth/token")
        #expect((claims["exp"]?.intValue ?? 0) - (claims["iat"]?.intValue ?? 0) == 3600)
    }
}

private let hs256 = "8qZF8vbN3UpcanXFc-mPXJkOPN01-bRch8XX3rToP1U"

private func decoded(_ text: String) -> [UInt8]? {
    var text = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
    while text.utf8.count % 4 != 0 { text += "=" }
    return Base64.decode(text)
}

/// Two numbers side by side as the sequence of integers that openssl reads.
private func der(_ raw: [UInt8]) -> [UInt8] {
    func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digits = Array(bytes.drop { $0 == 0 })
        if (digits.first ?? 0x80) & 0x80 != 0 { digits.insert(0, at: 0) }
        return [0x02, UInt8(digits.count)] + digits
    }
    let content = integer(raw[..<(raw.count / 2)]) + integer(raw[(raw.count / 2)...])
    return (content.count < 128 ? [0x30, UInt8(content.count)] : [0x30, 0x81, UInt8(content.count)]) + content
}

extension String {
    fileprivate func replacing(_ prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }
}
