import AWS
import Failures
import HTTP
import LoopbackServer
import TestSupport
import Testing

struct AWSCredentialProviderTests {
    private static let answer = """
        {"AccessKeyId": "ROLEKEY", "SecretAccessKey": "unusual-four-x7", "Token": "unusual-five-x7", "Expiration": "2099-01-01T00:00:00Z"}
        """

    private func provider(_ variables: [String: String]) throws -> AWSCredentialProvider {
        var variables = variables
        variables["AWS_CONFIG_FILE"] = "/nowhere"
        variables["AWS_SHARED_CREDENTIALS_FILE"] = "/nowhere"
        let all = variables
        var options = HTTPClientOptions()
        options.retry.maximumAttempts = 1
        return AWSCredentialProvider(try AWSSettings(profile: nil) { all[$0] }, options) { all[$0] }
    }

    @Test func `the instance gives credentials for a token, and is asked once`() throws {
        let server = try LoopbackServer { request in
            switch request.path {
            case "/latest/api/token":
                request.method == "PUT" && request.header("X-aws-ec2-metadata-token-ttl-seconds") != nil
                    ? ServerReply(text: "unusual-ten-x7") : ServerReply(405)
            case "/latest/meta-data/iam/security-credentials/":
                request.header("X-aws-ec2-metadata-token") == "unusual-ten-x7"
                    ? ServerReply(text: "the role\n") : ServerReply(401)
            case "/latest/meta-data/iam/security-credentials/the%20role": ServerReply(text: Self.answer)
            default: ServerReply(404)
            }
        }
        let provider = try provider(["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url + "/"])
        let keys = try provider.credentials()
        #expect(keys.accessKey == "ROLEKEY")
        #expect(keys.sessionToken == "unusual-five-x7")
        #expect(try provider.credentials() == keys)
        #expect(server.requests.count == 3)
    }

    @Test func `credentials that end soon are had anew`() throws {
        let server = try LoopbackServer { request in
            ServerReply(text: Self.answer.replacing("ROLEKEY", with: "ROLEKEY\(request.visit)"))
        }
        let provider = try provider([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/keys",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "unusual-eleven-x7",
        ])
        let end: Int64 = 4_070_908_800_000_000
        #expect(try provider.credentials(at: end - 3_600_000_000).accessKey == "ROLEKEY1")
        #expect(try provider.credentials(at: end - 3_600_000_000).accessKey == "ROLEKEY1")
        #expect(try provider.credentials(at: end - 60_000_000).accessKey == "ROLEKEY2")
        #expect(server.requests.allSatisfy { $0.header("Authorization") == "unusual-eleven-x7" })
    }

    @Test func `a web identity is exchanged for a role`() throws {
        let folder = try WorkDirectory()
        try folder.write("token", "unusual-thirteen-x7\n")
        let server = try LoopbackServer { request in
            guard request.form["WebIdentityToken"] == "unusual-thirteen-x7", request.form["RoleArn"] == "arn:role"
            else {
                return ServerReply(
                    403,
                    text:
                        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>"
                )
            }
            return ServerReply(
                text: """
                    <?xml version="1.0"?><AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                    <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>WEB</AccessKeyId>
                    <SecretAccessKey>unusual&amp;six-x7</SecretAccessKey><SessionToken>unusual-seven-x7</SessionToken>
                    <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
                    </AssumeRoleWithWebIdentityResponse>
                    """)
        }
        func keys(_ role: String) throws -> AWSCredentials {
            try provider([
                "AWS_WEB_IDENTITY_TOKEN_FILE": folder.path("token"), "AWS_ROLE_ARN": role,
                "AWS_ENDPOINT_URL_STS": server.url,
            ]).credentials()
        }
        #expect(try keys("arn:role").secretKey == "unusual&six-x7")
        let refused = #expect(throws: AWSFailure.self) { try keys("arn:other") }
        #expect(refused?.kind == .denied)
        #expect(refused?.message.contains("the answer is 403: not you") == true)
    }

    @Test func `without any the message says where to put them`() throws {
        let refused = #expect(throws: AWSFailure.self) {
            try provider(["AWS_EC2_METADATA_DISABLED": "true"]).credentials()
        }
        #expect(refused?.kind == .configuration)
        #expect(refused?.hint?.contains("AWS_ACCESS_KEY_ID") == true)
    }
}
