import SQLite
import SystemIO
import TestSupport

/// A folder of pipelines as the programs make them: loads, a change of schema, one that waits, one that has failed,
/// a run without a pipeline, hostile names.
struct SampleSpool {
    let folder: WorkDirectory

    static let hostile = "<script>alert('x')</script>\u{202E}"

    init() throws {
        folder = try WorkDirectory()
        try folder.write(
            "a.jsonl", "{\"id\":1,\"at\":\"2026-01-01T00:00:00Z\",\"lines\":[{\"sku\":\"a\"},{\"sku\":\"b\"}]}\n")
        try folder.write(
            "b.jsonl", "{\"id\":2,\"at\":\"2026-01-02T00:00:00Z\",\"note\":\"<b>\",\"lines\":[{\"sku\":\"a\"}]}\n")
        try folder.write("c.jsonl", "{\"id\":3,\"at\":\"2026-01-03T00:00:00Z\",\"extra\":{\"x\":1.5}}\n")
        try folder.write(
            "long.json", "{\"\(String(repeating: "k", count: 10_000))\":1,\"\(Self.hostile)\":\"\(Self.hostile)\"}")
        let made = try runShell(
            """
            set -eu
            one() { dlt-extract files $1 --resource orders --pipeline shop --cursor at --primary-key id -q | dlt-normalize -q; }
            one a.jsonl | dlt-load -q sqlite:///shop.db
            one b.jsonl | dlt-load -q sqlite:///shop.db
            one c.jsonl > /dev/null
            ! echo 'not a record' | dlt-normalize -q 2> /dev/null
            dlt-extract files a.jsonl --resource pay --pipeline billing -q | dlt-normalize -q | dlt-load -q sqlite:///billing.db
            dlt-extract files a.jsonl --resource "$HOSTILE" --pipeline 'odd name' -q |
              dlt-normalize -q --run-key "$HOSTILE" | dlt-load -q sqlite:///odd.db
            dlt-state set --pipeline 'odd name' sources.odd.value "$(cat long.json)" -q
            dlt-load -q sqlite:///odd.db --pending --pipeline 'odd name'
            """, environment: ["DLT_DATA_DIR": folder.path("data"), "HOSTILE": Self.hostile],
            currentDirectory: folder.path)
        guard made.status == 0 else { throw SampleFailure(description: "\(made)") }
        try Database.open(folder.path("billing.db"), flags: .readWrite).execute("CREATE UNIQUE INDEX u ON pay(id)")
        let failed = try runShell(
            """
            dlt-extract files a.jsonl --resource pay --pipeline billing -q | dlt-normalize -q | dlt-load -q sqlite:///billing.db
            """, environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
        guard failed.status == 65 else { throw SampleFailure(description: "\(failed)") }
    }

    /// Every file of the spool with its content, to see whether anything was changed.
    func contents() throws -> [String] {
        try run(
            argv: [
                "bash", "-c",
                "cd data && find . -printf '%p %T@ %m\\n' | sort && find . -type f -exec sha256sum {} + | sort",
            ],
            stdin: [], currentDirectory: folder.path
        ).lines
    }
}

struct SampleFailure: Error, CustomStringConvertible {
    let description: String
}
