import AWS
import HTTP
import TestSupport
import Testing

struct AWSSettingsTests {
    private let folder: WorkDirectory
    private var variables: [String: String]

    init() throws {
        folder = try WorkDirectory()
        try folder.write(
            "config",
            """
            # of everybody
            [default]
            region = eu-west-1
            s3 =
                addressing_style = path

            [profile work laptop]
            region=us-west-2
            endpoint_url = https://store.example.com
            [profile role]
            role_arn = arn:aws:iam::1:role/x
            source_profile = default
            """)
        try folder.write(
            "credentials",
            """
            [default]
            aws_access_key_id = FIRST
            aws_secret_access_key = unusual=one#x7
            ; a comment
            [work laptop]
            aws_access_key_id = SECOND
            aws_secret_access_key = unusual-two-x7
            aws_session_token = unusual-twelve-x7
            """)
        variables = [
            "AWS_CONFIG_FILE": folder.path("config"), "AWS_SHARED_CREDENTIALS_FILE": folder.path("credentials"),
        ]
    }

    private func settings(_ profile: String? = nil, _ more: [String: String] = [:]) throws -> AWSSettings {
        let all = variables.merging(more) { $1 }
        return try AWSSettings(profile: profile) { all[$0] }
    }

    @Test func `both files give a profile its settings`() throws {
        let usual = try settings()
        #expect(usual.region == "eu-west-1")
        #expect(usual.addressing == "path")
        #expect(usual.keys == AWSCredentials(accessKey: "FIRST", secretKey: "unusual=one#x7"))
        let named = try settings("work laptop")
        #expect(named.region == "us-west-2")
        #expect(named.endpoint == "https://store.example.com")
        #expect(
            named.keys
                == AWSCredentials(accessKey: "SECOND", secretKey: "unusual-two-x7", sessionToken: "unusual-twelve-x7"))
        #expect(try settings(nil, ["AWS_PROFILE": "work laptop"]).keys == named.keys)
    }

    @Test func `the environment counts more than a profile, unless the command line names it`() throws {
        let keys = [
            "AWS_ACCESS_KEY_ID": "THIRD", "AWS_SECRET_ACCESS_KEY": "unusual-three-x7", "AWS_REGION": "us-east-2",
        ]
        #expect(try settings(nil, keys).keys?.accessKey == "THIRD")
        #expect(try settings("work laptop", keys).keys?.accessKey == "SECOND")
        #expect(try settings(nil, keys).region == "us-east-2")
        #expect(throws: AWSFailure.self) { try settings(nil, ["AWS_ACCESS_KEY_ID": "THIRD"]) }
    }

    @Test func `a profile that is in neither file, or that only AWS's tools can use, is refused by name`() throws {
        let unknown = #expect(throws: AWSFailure.self) { try settings("nobody") }
        #expect(unknown?.message.contains("the profile nobody is in neither") == true)
        let role = try settings("role")
        #expect(role.keys == nil)
        #expect(role.foreignProfile == "role")
        let provider = AWSCredentialProvider(role, .init()) { _ in nil }
        let refused = #expect(throws: AWSFailure.self) { try provider.credentials() }
        #expect(refused?.hint?.contains("aws configure export-credentials --profile role") == true)
    }
}
