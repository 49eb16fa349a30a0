import HTTP
import JSONText
import ProgramSupport
import SystemIO

/// Who gets a message. URLs are secrets: no error names more of them than the server.
enum AlertReceiver {
    struct Trial {
        let retries: Int
        let waitMilliseconds: Int
        let timeoutMilliseconds: Int
    }

    case slack(String, Trial)
    case webhook(String, Trial)
    case command(String)

    var name: String {
        switch self {
        case .slack: "Slack"
        case .webhook(let url, _): AlertReceiver.server(of: url)
        case .command: "the command"
        }
    }

    /// A URL that was given as such, or stands in a file.
    static func secret(_ text: String, _ source: String) throws -> String {
        var url = text
        if text.hasPrefix("@") {
            let bytes = try Files.readAll(Paths.expandTilde(String(text.dropFirst())))
            url =
                String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
                ?? ""
        }
        guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
            throw ProgramError(
                .usage, "unable to use what \(source) says: it is not a URL of http or https",
                hint: "it is not shown, because it may be a secret")
        }
        return url
    }

    /// `https://hooks.slack.com`
    private static func server(of url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return "the server" }
        let authority = parts[2].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // Before an @ stand a user and a password.
        return "\(parts[0])//\(authority.split(separator: "@").last ?? "")"
    }

    func send(_ message: AlertMessage) throws {
        switch self {
        case .slack(let url, let trial): try AlertReceiver.post(message.slackDocument, to: url, trial)
        case .webhook(let url, let trial): try AlertReceiver.post(message.document, to: url, trial)
        case .command(let command): try AlertReceiver.run(command, message.text)
        }
    }

    // MARK: Commands

    private static func run(_ command: String, _ text: String) throws {
        var child = try ChildProcess.spawn(argv: ["/bin/sh", "-c", command], stdin: .pipe, stdout: .inherit)
        if let input = child.standardInput.take() {
            // A command may well not read what it is told.
            do throws(SystemError) { try input.writeAll(text + "\n") } catch  where error.code != 32 {
                throw error
            } catch {}
        }
        let outcome = try child.wait()
        guard !outcome.isSuccess else { return }
        throw ProgramError(
            .unavailable, "unable to tell of what happened: the command ended with status \(outcome.shellStatus)",
            hint: "see its messages above")
    }

    // MARK: HTTP

    private static func post(_ document: JSONValue, to url: String, _ trial: Trial) throws {
        var limits = HTTPClient.Limits()
        limits.totalMilliseconds = trial.timeoutMilliseconds
        limits.connectMilliseconds = trial.timeoutMilliseconds
        limits.bodyBytes = 1 << 20
        let request = HTTPRequest(
            method: "POST", url: url, headers: [("Content-Type", "application/json")], body: document.serializedBytes())
        var attempt = 0
        while true {
            let failure = try attemptOnce(request, limits)
            guard let failure else { return }
            guard failure.isTransient, attempt < trial.retries else {
                throw failure.error(server(of: url), tries: attempt + 1)
            }
            // Everybody who was refused at once must not come back at once.
            let wait = trial.waitMilliseconds << attempt
            let spread = wait == 0 ? 0 : Int.random(in: 0...wait / 4)
            attempt += 1
            guard StopSignal.sleep(milliseconds: failure.waitMilliseconds ?? min(wait + spread, 300_000)) else {
                throw Stopped()
            }
        }
    }

    private struct Failure {
        let reason: String
        let status: ExitStatus
        let isTransient: Bool
        /// What the server asked for.
        var waitMilliseconds: Int?

        func error(_ server: String, tries: Int) -> ProgramError {
            let times = tries > 1 ? " (tried \(tries) times)" : ""
            return ProgramError(
                status, "unable to send the message to \(server): \(reason)\(times)",
                hint: status == .denied
                    ? "is the webhook's URL still good?" : "the events are still there; send them again later")
        }
    }

    private static func attemptOnce(_ request: HTTPRequest, _ limits: HTTPClient.Limits) throws -> Failure? {
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try HTTPClient(limits: limits, userAgent: "dlt-toolkit/\(Version.text)").send(request)
        } catch {
            switch error.kind {
            case .usage: return Failure(reason: error.message, status: .usage, isTransient: false)
            case .untrusted: return Failure(reason: error.message, status: .denied, isTransient: false)
            case .tooLarge: return nil
            case .unavailable: return Failure(reason: error.message, status: .unavailable, isTransient: true)
            }
        }
        if response.isSuccess { return nil }
        let reason = "it answered with status \(response.status)"
        switch response.status {
        case 408, 425, 429, 500...:
            let wait = response.header("Retry-After").flatMap { Int($0) }.map { min(max($0, 0), 300) * 1000 }
            return Failure(reason: reason, status: .unavailable, isTransient: true, waitMilliseconds: wait)
        case 401, 403, 404, 410: return Failure(reason: reason, status: .denied, isTransient: false)
        default: return Failure(reason: reason, status: .unavailable, isTransient: false)
        }
    }
}
