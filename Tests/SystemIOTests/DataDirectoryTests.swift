import Testing

@testable import SystemIO

struct DataDirectoryTests {
    private func resolve(
        _ flag: String? = nil, _ environment: [String: String] = [:], isRoot: Bool = false, exists: Bool = false
    ) -> String {
        DataDirectory.resolve(flag: flag, environment: { environment[$0] }, isRoot: isRoot, exists: { _ in exists })
    }

    @Test func `the first that applies is the data directory`() {
        let all = ["DLT_DATA_DIR": "/named", "HOME": "/home/me", "XDG_DATA_HOME": "/share"]
        #expect(resolve("/flag", all) == "/flag")
        #expect(resolve(nil, all, isRoot: true) == "/named")
        #expect(resolve(nil, ["HOME": "/home/me"], isRoot: true) == "/var/dlt")
        #expect(resolve(nil, ["HOME": "/home/me"]) == "/home/me/.dlt")
        #expect(resolve(nil, ["HOME": "/home/me", "XDG_DATA_HOME": "/share"]) == "/share/dlt")
        #expect(resolve(nil, ["HOME": "/home/me", "XDG_DATA_HOME": "/share"], exists: true) == "/home/me/.dlt")
    }
}
