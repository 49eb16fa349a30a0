import SystemIO
import TestSupport
import Testing

/// What shells offer, asked of a real bash.
struct CompletionTests {
    private let folder: WorkDirectory

    init() throws {
        folder = try WorkDirectory()
        try folder.write("users.jsonl", #"{"id":1}"# + "\n")
        try folder.write("orders.jsonl", #"{"id":1}"# + "\n")
        try folder.write("notes.txt", "")
    }

    private func shell(_ line: String) throws -> ProgramResult {
        try runShell(
            line, environment: ["DLT_DATA_DIR": folder.path("data"), "HOME": folder.path],
            currentDirectory: folder.path)
    }

    /// What bash offers at the end of a line, whose words are separated by spaces; a colon ends a word as well.
    private func offered(_ line: String) throws -> [String] {
        let program = line.prefix { $0 != " " }
        let result = try shell(
            """
            set -e
            source <(\(program) --generate-completion-script bash)
            set +e
            compopt() { :; }
            COMP_LINE='\(line)'; COMP_POINT=${#COMP_LINE}
            words=${COMP_LINE//:/ : }; read -ra COMP_WORDS <<<"$words"
            case $COMP_LINE in *' ') COMP_WORDS+=('') ;; esac
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); COMPREPLY=()
            "_\(program)" "\(program)" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """)
        #expect(result.status == 0 && result.stderr.isEmpty, "\(line): \(result)")
        return result.lines
    }

    @Test(arguments: programs)
    func `completions load in every shell`(program: String) throws {
        let result = try runShell(
            "set -e; source <(\(program) --generate-completion-script bash); complete -p \(program)")
        #expect(result.status == 0 && result.stdout.contains("-F"), "\(result)")
        for other in ["zsh", "fish"] {
            let script = try run(program: program, arguments: ["--generate-completion-script", other])
            #expect(script.status == 0 && script.stdout.contains(program))
        }
        let zsh = try runShell(
            "command -v zsh >/dev/null || exit 0; \(program) --generate-completion-script zsh | zsh -n")
        #expect(zsh.status == 0, "\(zsh)")
    }

    @Test(
        arguments: [
            (
                "dlt-normalize --write-disposition ",
                ["append", "replace", "merge", "skip", "delete-insert", "upsert", "insert-only", "scd2"]
            ),
            ("dlt-extract files --write-disposition in", ["insert-only"]),
            ("dlt-normalize --schema-contract ", ["evolve", "freeze", "discard_row", "discard_value"]),
            ("dlt-load --replace-strategy st", ["staging-optimized"]),
            ("dlt-normalize --for po", ["postgresql"]),
            ("dlt-schema export --dialect ", ["sqlite", "postgresql", "duckdb"]),
            ("dlt-schema export --format m", ["mermaid"]),
            (
                "dlt-extract ",
                ["--version", "-h", "--help", "files", "exec", "rest", "sql", "singer", "airbyte", "help"]
            ),
            ("dlt-state pa", ["packages"]),
            ("dlt-load --lock-t", ["--lock-timeout"]),
        ] as [(String, [String])])
    func `values are offered`(line: String, values: [String]) throws {
        #expect(try offered(line) == values)
    }

    @Test func `a program without commands does not offer help as one`() throws {
        for program in ["dlt-load", "dlt-normalize"] {
            #expect(!(try offered("\(program) ").contains("help")))
            for shell in ["zsh", "fish"] {
                let script = try run(program: program, arguments: ["--generate-completion-script", shell]).stdout
                #expect(!script.contains("->command") && !script.contains("-d 'Show subcommand help"), "\(shell)")
            }
        }
    }

    @Test func `what is on this machine is offered`() throws {
        for name in ["users", "orders"] {
            let result = try shell(
                "dlt-extract files \(name).jsonl | dlt-normalize | dlt-load sqlite:///shop.db --keep-loaded 1")
            #expect(result.status == 0, "\(result)")
        }
        #expect(try offered("dlt-state show --pipeline ") == ["orders", "users"])
        #expect(try offered("dlt-state show --pipeline us") == ["users"])
        #expect(try offered("dlt-state show --data-dir elsewhere --pipeline ") == [])
        let ids = try shell(
            "dlt-state packages list --loaded --pipeline users --json | sed 's/.*\"load_id\":\"\\([^\"]*\\).*/\\1/'"
        ).lines
        #expect(ids.count == 1)
        #expect(try offered("dlt-state packages show --pipeline users ") == ids)
        #expect(try offered("dlt-state packages retry ") == [])
        #expect(try offered("dlt-extract files us") == ["users.jsonl"])
    }

    @Test func `URLs are offered as they begin, and with the files they may name`() throws {
        try folder.write("shop.db", "")
        let first = try offered("dlt-load ")
        #expect(
            first.contains("sqlite:///") && first.contains("postgresql://") && first.contains("duckdb:///"), "\(first)")
        #expect(try offered("dlt-load sq") == ["sqlite:///"])
        // bash has cut the word at its colon.
        #expect(try offered("dlt-load sqlite:///s") == ["///shop.db"])
        #expect(try offered("dlt-load duckdb:///s") == [])
        #expect(try offered("dlt-state pull sq") == ["sqlite:///"])
        #expect(try shell("dlt-extract files users.jsonl | dlt-normalize | dlt-load sqlite:///home.db").status == 0)
        let homes = try offered("dlt-load ").filter { $0.hasSuffix("/home.db") }
        #expect(homes == ["sqlite:///" + folder.path("home.db")])
    }
}
