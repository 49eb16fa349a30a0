import DateTimes
import Encodings
import Failures
package import HTTP
import JSONText
import Secrets
import SystemIO

/// The credentials of a run: those of the environment or of a profile, or temporary ones from a service of the platform, which
/// are had again before they end.
///
/// The order is that of AWS's own tools: environment, web identity, profile, container, instance.
package final class AWSCredentialProvider {
    private let settings: AWSSettings
    private let options: HTTPClientOptions
    private let variable: (String) -> String?
    private var current: AWSCredentials?

    /// - Parameter options: of the requests to services that give credentials.
    package init(_ settings: AWSSettings, _ options: HTTPClientOptions, variable: @escaping (String) -> String?) {
        self.settings = settings
        self.options = options
        self.variable = variable
        current = settings.keys
    }

    package func credentials(at now: Int64 = Clock.nowMicroseconds()) throws(AWSFailure) -> AWSCredentials {
        if let current, current.areUsable(at: now) { return current }
        let new = try fetch()
        current = new
        return new
    }

    private func get(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }

    private func fetch() throws(AWSFailure) -> AWSCredentials {
        if let identity = settings.webIdentity { return try assumeRole(identity) }
        if let profile = settings.foreignProfile {
            throw AWSFailure(
                .configuration,
                "the profile \(profile) takes its credentials from another role, a login or a program",
                hint: "eval \"$(aws configure export-credentials --profile \(profile) --format env)\"")
        }
        if let path = get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            return try container("http://169.254.170.2" + path)
        }
        if let url = get("AWS_CONTAINER_CREDENTIALS_FULL_URI") { return try container(url) }
        if get("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true", let found = try instance() { return found }
        throw AWSFailure(
            .configuration, "there are no credentials",
            hint:
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile; a public bucket needs --anonymous"
        )
    }

    // MARK: Services

    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
    private func assumeRole(_ identity: AWSSettings.WebIdentity) throws(AWSFailure) -> AWSCredentials {
        let token = try read(identity.tokenFile)
        let region = settings.region.map { ".\($0)" } ?? ""
        let service = get("AWS_ENDPOINT_URL_STS") ?? "https://sts\(region).amazonaws.com/"
        let request = HTTPRequest(
            method: "POST", url: service, headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: HTTPURL.form([
                ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", identity.role),
                ("RoleSessionName", identity.session), ("WebIdentityToken", token),
            ]))
        let response = try send(request, options, "the role \(identity.role)")
        let answer = XMLElement(parsing: response.body)
        let credentials = answer?["AssumeRoleWithWebIdentityResult"]?["Credentials"]
        guard response.status == 200, let key = credentials?["AccessKeyId"]?.text,
            let secret = credentials?["SecretAccessKey"]?.text, let token = credentials?["SessionToken"]?.text
        else {
            throw refused("the role \(identity.role)", response, answer?["Error"]?["Message"]?.text)
        }
        return AWSCredentials(
            accessKey: key, secretKey: secret, sessionToken: token,
            expires: Self.time(credentials?["Expiration"]?.text))
    }

    private func container(_ url: String) throws(AWSFailure) -> AWSCredentials {
        var headers: [(name: String, value: String)] = []
        if let file = get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            headers.append(("Authorization", try read(file)))
        } else if let token = get("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            headers.append(("Authorization", token))
        }
        let response = try send(HTTPRequest(url: url, headers: headers), local, "the container")
        return try credentials(in: response, of: "the container")
    }

    /// By version 2 of the service, which wants a token first. Nil where there is no such service.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>
    private func instance() throws(AWSFailure) -> AWSCredentials? {
        let service = get("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? "http://169.254.169.254"
        let base = String(service.reversed().drop { $0 == "/" }.reversed()) + "/latest/"
        let asking = HTTPRequest(
            method: "PUT", url: base + "api/token", headers: [("X-aws-ec2-metadata-token-ttl-seconds", "21600")],
            body: [])
        guard let answer = try? send(asking, local, "the instance"), answer.status == 200 else { return nil }
        let token = String(decoding: answer.body, as: UTF8.self)
        Secrets.keep(token)
        let headers = [(name: "X-aws-ec2-metadata-token", value: token)]
        let roles = base + "meta-data/iam/security-credentials/"
        let named = try send(HTTPRequest(url: roles, headers: headers), local, "the instance")
        let role = String(decoding: named.body, as: UTF8.self).split(whereSeparator: \.isNewline).first
        guard named.status == 200, let role else { return nil }
        let response = try send(
            HTTPRequest(url: roles + PercentEncoding.encoded(role), headers: headers), local, "the instance")
        return try credentials(in: response, of: "the instance")
    }

    /// Services of this machine answer at once, and not through a proxy.
    private var local: HTTPClientOptions {
        var options = options
        options.proxy = ""
        options.connectTimeout = 1
        options.idleTimeout = 5
        options.retry.maximumAttempts = 2
        options.retry.backoff = 0.1
        return options
    }

    // MARK: Answers

    private func send(
        _ request: HTTPRequest, _ options: HTTPClientOptions, _ origin: String
    ) throws(AWSFailure) -> HTTPResponse {
        do throws(HTTPFailure) { return try HTTPClient(options).send(request) } catch {
            throw AWSFailure(
                error.kind == .stopped ? .stopped : .unavailable,
                "the credentials of \(origin) cannot be had: \(error.reason)")
        }
    }

    private func credentials(in response: HTTPResponse, of origin: String) throws(AWSFailure) -> AWSCredentials {
        let answer = try? JSONValue(parsing: response.body)
        guard response.status == 200, let key = answer?["AccessKeyId"]?.stringValue,
            let secret = answer?["SecretAccessKey"]?.stringValue
        else { throw refused(origin, response, answer?["message"]?.stringValue) }
        return AWSCredentials(
            accessKey: key, secretKey: secret, sessionToken: answer?["Token"]?.stringValue,
            expires: Self.time(answer?["Expiration"]?.stringValue))
    }

    private func refused(_ origin: String, _ response: HTTPResponse, _ reason: String?) -> AWSFailure {
        let words = reason.map { ": " + Secrets.excerpt($0.utf8, 300) } ?? ""
        return AWSFailure(
            response.status >= 500 ? .unavailable : .denied,
            "the credentials of \(origin) cannot be had: the answer is \(response.status)\(words)")
    }

    private func read(_ path: String) throws(AWSFailure) -> String {
        do throws(SystemError) {
            let text = String(decoding: try Files.readAll(path), as: UTF8.self)
            let token = String(text.reversed().drop(while: \.isNewline).reversed())
            Secrets.keep(token)
            return token
        } catch { throw AWSFailure(.configuration, error.description) }
    }

    private static func time(_ text: String?) -> Int64? {
        guard let text else { return nil }
        return Array(text.utf8).withUnsafeBufferPointer { TemporalCoercion.timestamp(text: $0) }
    }
}
