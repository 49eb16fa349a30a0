import SystemIO

/// The server that `scripts/seaweedfs run` has started for the tests; `scripts/test` does.
package enum S3Server {
    package static let endpoint = variable("DLT_TEST_S3")
    /// With a certificate that only `certificates` vouches for.
    package static let secureEndpoint = variable("DLT_TEST_S3_TLS") ?? ""
    package static let certificates = variable("DLT_TEST_S3_CA") ?? ""
    /// May do everything.
    package static let key = variable("DLT_TEST_S3_KEY") ?? ""
    package static let secret = variable("DLT_TEST_S3_SECRET") ?? ""
    /// May read the bucket `open` alone.
    package static let readerKey = variable("DLT_TEST_S3_READER") ?? ""
    package static let readerSecret = variable("DLT_TEST_S3_READER_SECRET") ?? ""

    package static var isRunning: Bool { endpoint != nil }

    package static let absence = "there is no server of S3: run `scripts/seaweedfs run swift test …`"

    /// A name for a bucket that no other test has.
    package static func uniqueName() -> String {
        var random = FastRandom()
        return "test-" + String(random.next(), radix: 36)
    }

    /// For a program that reads there.
    package static var environment: [String: String] {
        [
            "AWS_ENDPOINT_URL_S3": endpoint ?? "", "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nowhere",
            "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
        ]
    }

    private static func variable(_ name: String) -> String? {
        guard let value = Environment.get(name), !value.isEmpty else {
            Warning.once()
            return nil
        }
        return value
    }

    /// Nobody should take a run for a complete one that has left these tests out.
    private enum Warning {
        static let said: Void = {
            try? Descriptor.standardError.writeAll("warning: tests of S3 are skipped: \(absence)\n")
        }()
        static func once() { _ = said }
    }
}
