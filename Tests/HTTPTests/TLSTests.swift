import HTTP
import SystemIO
import TestSupport
import Testing

/// openssl's test server, with a certificate for `localhost` that nobody has signed.
private final class TLSServer {
    let folder: WorkDirectory
    private(set) var port = 0
    private var process: ChildProcess

    init() throws {
        folder = try WorkDirectory()
        let made = try runShell(
            """
            openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
            -addext subjectAltName=DNS:localhost
            """, currentDirectory: folder.path)
        try #require(made.status == 0, "\(made)")
        let output = try Descriptor.create(folder.path("out"))
        process = try ChildProcess.spawn(
            argv: ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "cert.pem", "-key", "key.pem", "-www"],
            directory: folder.path, stdout: .descriptor(output.raw), stderr: .descriptor(output.raw))
        // It prints "ACCEPT 127.0.0.1:41234 PID=…" once it listens.
        for _ in 0..<200 {
            let line = try folder.text("out").split(separator: "\n").first { $0.hasPrefix("ACCEPT 127.0.0.1:") }
            if let digits = line?.split(separator: ":").last?.prefix(while: \.isNumber), let number = Int(digits) {
                port = number
                return
            }
            _ = StopSignal.sleep(milliseconds: 25)
        }
        Issue.record("the server does not listen: \(try folder.text("out"))")
    }

    deinit {
        process.signal()
        _ = try? process.wait()
    }
}

struct TLSTests {
    @Test func `only a certificate that is trusted and names the host is taken`() throws {
        let server = try TLSServer()
        let request = HTTPRequest(url: "https://localhost:\(server.port)/")
        func send(_ request: HTTPRequest, _ change: (inout HTTPClientOptions) -> Void) throws -> Int {
            var options = quickOptions()
            change(&options)
            return try HTTPClient(options).send(request).status
        }
        let unknown = #expect(throws: HTTPFailure.self) { try send(request) { _ in } }
        #expect(unknown?.kind == .tls)
        #expect(unknown?.attempts == 1, "it would be refused again")
        #expect(unknown?.message.contains("certificate") == true, "\(unknown?.message ?? "")")

        let authorities = server.folder.path("cert.pem")
        #expect(try send(request) { $0.certificateAuthorities = authorities } == 200)

        let other = HTTPRequest(url: "https://127.0.0.1:\(server.port)/")
        let misnamed = #expect(throws: HTTPFailure.self) {
            try send(other) { $0.certificateAuthorities = authorities }
        }
        #expect(misnamed?.kind == .tls)
        #expect(try send(other) { $0.verifiesCertificates = false } == 200)

        let missing = #expect(throws: HTTPFailure.self) {
            try send(request) { $0.certificateAuthorities = "/nowhere.pem" }
        }
        #expect(missing?.kind == .tls)
    }
}
