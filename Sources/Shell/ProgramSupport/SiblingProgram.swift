/// What users ask one program of the toolkit for although another one has it. The programs do not link one another, so it
/// is listed here; a test compares it with each program.
package struct SiblingProgram: Sendable {
    package let name: String
    /// Commands that no other program has.
    package let commands: [String]
    /// Options that only this program has, or those beside it in this list.
    package let options: [String]

    private static let hints = [
        "--write-disposition", "--primary-key", "--merge-key", "--columns", "--schema-contract",
    ]

    package static let all = [
        SiblingProgram(
            name: "dlt-extract", commands: ["files", "exec"],
            options: [
                "--new", "--select", "--format", "--resource", "--cursor", "--initial", "--lag", "--from", "--to",
                "--row-order",
                "--limit", "--chunk-size", "--refresh",
            ] + hints),
        SiblingProgram(
            name: "dlt-normalize", commands: [],
            options: [
                "--table", "--table-from", "--schema", "--naming", "--max-table-nesting", "--for", "--rejects",
                "--events",
                "--explain", "--exclude", "--rename", "--hash", "--redact",
            ] + hints),
        SiblingProgram(
            name: "dlt-load", commands: [],
            options: [
                "--pending", "--also", "--dataset", "--dry-run", "--sql", "--keep-loaded", "--replace-strategy",
                "--indexes",
                "--lock-timeout",
            ]),
        SiblingProgram(
            name: "dlt-state",
            commands: ["pipelines", "packages", "runs", "run", "get", "set", "reset", "pull", "push", "move", "drop"],
            options: []),
        SiblingProgram(
            name: "dlt-schema", commands: ["list", "diff", "history", "export", "import", "validate", "alert"],
            options: []),
    ]
}
