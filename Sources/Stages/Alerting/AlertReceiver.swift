import HTTP
import JSONText
import ProgramSupport
import SystemIO

/// The receiver of a message. URLs are secrets: errors name only their server.
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

    /// A URL from an option or from a file.
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
                .usage, "unable to use the value of \(source): it is not an http or https URL",
                hint: "it is not shown, because it may be a secret")
        }
        return url
    }

    /// `https://hooks.slack.com`
    private static func server(of url: String) -> String { HTTPURL(url)?.server ?? "the server" }

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
            // A command need not read its input.
            do throws(SystemError) { try input.writeAll(text + "\n") } catch  where error.code != 32 {
                throw error
            } catch {}
        }
        let outcome = try child.wait()
        guard !outcome.isSuccess else { return }
        throw ProgramError(
            .unavailable, "unable to deliver the message: the command ended with status \(outcome.shellStatus)",
            hint: "see its messages above")
    }

    // MARK: HTTP

    private static func post(_ document: JSONValue, to url: String, _ trial: Trial) throws {
        let seconds = Double(trial.timeoutMilliseconds) / 1000
        var options = HTTPClientOptions()
        options.connectTimeout = seconds
        options.idleTimeout = seconds
        options.totalTimeout = seconds
        options.maximumBody = 1 << 20
        // The URL is the secret, and was given for the server that it names.
        options.maximumRedirects = 0
        options.retry.maximumAttempts = trial.retries + 1
        options.retry.backoff = Double(trial.waitMilliseconds) / 1000
        options.userAgent = "dlt-toolkit/\(Version.text)"
        options.stopDescriptor = StopSignal.descriptor
        let request = HTTPRequest(
            method: "POST", url: url, headers: [("Content-Type", "application/json")], body: document.serializedBytes())
        let response: HTTPResponse
        do throws(HTTPFailure) { response = try HTTPClient(options).send(request) } catch {
            switch error.kind {
            case .stopped: throw Stopped()
            // The message was delivered; the server's response is not read.
            case .tooLarge: return
            case .url: throw failure(.usage, url, error.reason, error.attempts)
            case .tls: throw failure(.denied, url, error.reason, error.attempts)
            default: throw failure(.unavailable, url, error.reason, error.attempts)
            }
        }
        if (200..<300).contains(response.status) { return }
        let status: ExitStatus = [401, 403, 404, 410].contains(response.status) ? .denied : .unavailable
        throw failure(status, url, "it answered with status \(response.status)", response.attempts)
    }

    private static func failure(
        _ status: ExitStatus, _ url: String, _ reason: String, _ attempts: Int
    ) -> ProgramError {
        let times = attempts > 1 ? " (tried \(attempts) times)" : ""
        return ProgramError(
            status, "unable to send the message to \(server(of: url)): \(reason)\(times)",
            hint: status == .denied
                ? "check that the webhook's URL is still valid" : "the events are still there; send them again later")
    }
}
