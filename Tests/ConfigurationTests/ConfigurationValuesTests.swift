import Configuration
import Failures
import Secrets
import TestSupport
import Testing

struct ConfigurationValuesTests {
    private let folder: WorkDirectory
    private static let name = "DESTINATION__SNOWFLAKE__CREDENTIALS__PASSWORD"

    init() throws { folder = try WorkDirectory() }

    private func values(_ environment: [String: String] = [:]) -> ConfigurationValues {
        ConfigurationValues(
            environment: { environment[$0] }, folders: [folder.path("project"), folder.path("home")],
            mountPoint: folder.path("mounted"))
    }

    @Test func `the environment is stronger than files, secrets than the rest, the project than the data directory`()
        throws
    {
        #expect(try values().value(of: Self.name) == nil)
        try folder.write("mounted/destination-snowflake-credentials-password", "m0unted\n\n")
        #expect(try values().value(of: Self.name) == "m0unted")
        for (file, value) in [
            ("home/config.toml", "home-config"), ("project/config.toml", "project-config"),
            ("home/secrets.toml", "home-secret"), ("project/secrets.toml", "project-secret"),
        ] {
            try folder.write(file, "[destination.snowflake.credentials]\npassword = \"\(value)\"\n")
            #expect(try values().value(of: Self.name) == value)
        }
        #expect(try values([Self.name: "from-environment"]).value(of: Self.name) == "from-environment")
        #expect(try values([Self.name: ""]).value(of: Self.name) == "project-secret")
    }

    @Test func `a name with dots is the one with underscores`() throws {
        #expect(try values(["A__B_C__D": "x"]).value(of: "a.b_c.d") == "x")
        try folder.write("home/config.toml", "[a.B_c]\nd = 12\ne = true\n")
        #expect(try values().value(of: "A__B_C__D") == "12")
        #expect(try values().value(of: "a.b_c.e") == "true")
        // A table is no value.
        #expect(try values().value(of: "A__B_C") == nil)
        #expect(try values().value(ofAny: ["A__X", "A__B_C__D", "A__B_C__E"]) == "12")
    }

    @Test func `what is not of config_toml is a secret`() throws {
        try folder.write("project/config.toml", "shown = \"plain-value\"\n")
        try folder.write("project/secrets.toml", "hidden = \"hidden-value\"\n")
        try folder.write("mounted/also-hidden", "mounted-value")
        let values = values(["VARIABLE": "environment-value"])
        for name in ["SHOWN", "HIDDEN", "ALSO_HIDDEN", "VARIABLE", "HIDDEN"] { _ = try values.value(of: name) }
        #expect(values.used.map(\.name) == ["HIDDEN", "ALSO_HIDDEN", "VARIABLE"])
        #expect(
            Secrets.hidden("plain-value hidden-value mounted-value environment-value") == "plain-value *** *** ***")
    }

    @Test func `a file that is not TOML is named with its line and not quoted`() throws {
        let path = try folder.write("project/secrets.toml", "a = 1\nkey = s3cret-text\n")
        let values = values()
        let failure = try #require(throws: ConfigurationFailure.self) { try values.value(of: "KEY") }
        #expect(failure.kind == .configuration && failure.message.hasPrefix("unable to read \(path):2: "))
        #expect(!failure.message.contains("s3cret"))
    }

    @Test func `a folder in the place of a mounted secret is refused`() throws {
        try folder.write("mounted/key/inside", "")
        let failure = try #require(throws: ConfigurationFailure.self) { try self.values().value(of: "KEY") }
        #expect(failure.kind == .noInput && failure.hint != nil)
    }
}
