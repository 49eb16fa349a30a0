import Failures
import Secrets
import SystemIO

/// What the environment and the shared files of AWS say about one profile.
package struct AWSSettings: Sendable {
    /// Nil where neither says one.
    package private(set) var region: String?
    package private(set) var endpoint: String?
    /// "path", "virtual" or "auto", as AWS's own tools name it.
    package private(set) var addressing: String?
    /// From the environment or the profile; nil where they are to be had from a service.
    package private(set) var keys: AWSCredentials?
    /// A role that a token of the platform stands for, as in Kubernetes.
    package private(set) var webIdentity: WebIdentity?
    /// A profile whose credentials only AWS's own tools can get.
    package private(set) var foreignProfile: String?

    package struct WebIdentity: Sendable, Equatable {
        package let tokenFile: String
        package let role: String
        package let session: String
    }

    /// - Parameters:
    ///   - profile: named by the user; nil: `AWS_PROFILE`, or else `default`.
    ///   - variable: of the environment.
    package init(profile named: String?, variable: (String) -> String?) throws(AWSFailure) {
        func get(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
        let profile = named ?? get("AWS_PROFILE") ?? get("AWS_DEFAULT_PROFILE")
        let settings = try Self.settings(of: profile, get)

        region = get("AWS_REGION") ?? get("AWS_DEFAULT_REGION") ?? settings["region"]
        if get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.lowercased() != "true" {
            endpoint =
                get("AWS_ENDPOINT_URL_S3") ?? get("AWS_ENDPOINT_URL") ?? settings["s3.endpoint_url"]
                ?? settings["endpoint_url"]
        }
        addressing = settings["s3.addressing_style"]

        // A profile that the user names on the command line counts more than keys of the environment.
        if named == nil, let key = get("AWS_ACCESS_KEY_ID") {
            guard let secret = get("AWS_SECRET_ACCESS_KEY") else {
                throw AWSFailure(
                    .configuration, "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not")
            }
            keys = AWSCredentials(accessKey: key, secretKey: secret, sessionToken: get("AWS_SESSION_TOKEN"))
            return
        }
        if named == nil, let file = get("AWS_WEB_IDENTITY_TOKEN_FILE"), let role = get("AWS_ROLE_ARN") {
            webIdentity = WebIdentity(tokenFile: file, role: role, session: get("AWS_ROLE_SESSION_NAME") ?? "dlt")
        } else if let file = settings["web_identity_token_file"], let role = settings["role_arn"] {
            webIdentity = WebIdentity(tokenFile: file, role: role, session: settings["role_session_name"] ?? "dlt")
        } else if settings["role_arn"] != nil || settings["sso_start_url"] != nil || settings["sso_session"] != nil {
            foreignProfile = profile ?? "default"
        } else if let key = settings["aws_access_key_id"], let secret = settings["aws_secret_access_key"] {
            keys = AWSCredentials(accessKey: key, secretKey: secret, sessionToken: settings["aws_session_token"])
        } else if settings["credential_process"] != nil {
            foreignProfile = profile ?? "default"
        }
    }

    /// Of both files; the one for credentials counts more.
    private static func settings(
        of profile: String?, _ get: (String) -> String?
    ) throws(AWSFailure) -> [String: String] {
        var all: [String: String] = [:]
        var isKnown = false
        let files = [
            (get("AWS_CONFIG_FILE") ?? "~/.aws/config", true),
            (get("AWS_SHARED_CREDENTIALS_FILE") ?? "~/.aws/credentials", false),
        ]
        for (path, isConfiguration) in files {
            let path = Paths.expandTilde(path)
            guard Files.exists(path) else { continue }
            let bytes: [UInt8]
            do throws(SystemError) { bytes = try Files.readAll(path) } catch {
                throw AWSFailure(.configuration, error.description)
            }
            let sections = AWSProfiles(String(decoding: bytes, as: UTF8.self), isConfiguration: isConfiguration)
                .sections
            guard let section = sections[profile ?? "default"] else { continue }
            isKnown = true
            all.merge(section) { $1 }
        }
        if let profile, !isKnown {
            throw AWSFailure(
                .configuration, "the profile \(profile) is in neither \(files[0].0) nor \(files[1].0)",
                hint: "`aws configure list-profiles` shows the profiles there are")
        }
        return all
    }
}
