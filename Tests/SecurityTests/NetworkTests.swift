import SystemIO
import TestSupport
import Testing

/// Normalize needs no network, and neither does a source of files: they work where there is none, and never ask for one.
struct NetworkTests {
    private static let isPermitted = (try? runShell("unshare -rn true || unshare -n true").status) == 0
    private static let canTrace = (try? runShell("strace -o /dev/null true").status) == 0

    @Test(.enabled(if: isPermitted, "a network namespace is not permitted here"))
    func `files are normalized without any network`() throws {
        let place = try Place()
        try place.folder.write("rows.jsonl", "{\"id\":1,\"list\":[1,2]}\n{\"id\":2}\n")
        try place.folder.write("model.json", "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"}}}")
        let result = try place.shell(
            """
            set -e -o pipefail
            ns=$(unshare -rn true 2>/dev/null && echo "unshare -rn" || echo "unshare -n")
            $ns bash -c 'test "$(ls /sys/class/net 2>/dev/null | grep -v "^lo$" | wc -l)" -ge 0; ! (exec 3<>/dev/tcp/127.0.0.1/80) 2>/dev/null'
            $ns dlt-extract files rows.jsonl | $ns dlt-normalize --pipeline p | dlt-load sqlite:///x.db
            $ns dlt-normalize --pipeline p --table t < rows.jsonl | dlt-load sqlite:///x.db
            """)
        #expect(result.status == 0, "\(result)")
        #expect(try place.rows("rows") == 2)
    }

    /// A name service, a log daemon or a library could open one without a word.
    @Test(
        .enabled(if: canTrace, "strace is missing, or not permitted here"),
        arguments: [
            "dlt-normalize --pipeline p --table t", "dlt-extract files rows.jsonl", "dlt-normalize --help",
            "dlt-state packages", "dlt-schema list",
        ])
    func `no socket is opened, and no library that could`(command: String) throws {
        let place = try Place()
        try place.folder.write("rows.jsonl", "{\"id\":1,\"list\":[1,2]}\n")
        let result = try place.shell(
            "strace -f -qq -e trace=network,openat -o trace \(command) < rows.jsonl > /dev/null")
        #expect(result.status == 0, "\(result)")
        let trace = try place.folder.text("trace")
        #expect(trace.contains("openat("))
        for call in ["socket(", "connect(", "libcurl", "libpq", "libssl", "libcrypto", "nsswitch", "resolv.conf"] {
            #expect(!trace.contains(call), "\(call) by \(command)")
        }
    }
}
