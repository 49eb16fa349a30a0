import SystemIO
import TestSupport
import Testing

/// dlt-state as a person runs it, with the programs beside it.
struct StateProgramTests {
    private let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    private func shell(_ script: String, stdin: String = "") throws -> ProgramResult {
        try runShell(
            script, stdin: stdin,
            environment: ["DLT_DATA_DIR": folder.path("data"), "FIXTURES": repository("Tests/Fixtures/inspection")],
            currentDirectory: folder.path)
    }

    @Test func `state is set, seen, dropped`() throws {
        let set = try shell("dlt-state set sources.s.resources.r.page 3 --pipeline p --json")
        #expect(set.status == 0, "\(set)")
        #expect(try shell("dlt-state get sources.s.resources.r.page").stdout == "3\n")
        #expect(try shell("dlt-state get sources.s.resources.r.page --committed").status == 66)
        #expect(try shell("dlt-state packages --json").stdout.contains("\"state\":[\"s.r\"]"))
        #expect(try shell("dlt-state packages verify").status == 0)
        #expect(try shell("dlt-state packages drop --all-waiting").status == 0)
        #expect(try shell("dlt-state get sources.s.resources.r.page").status == 66)
    }

    @Test func `a value is swapped only if it is the one expected`() throws {
        _ = try shell("dlt-state set sources.s.resources.r.page 1 --pipeline p --if-equals null")
        let refused = try shell("dlt-state set sources.s.resources.r.page 2 --if-equals 7")
        #expect(refused.status == 75)
        #expect(refused.stderr.contains("it is 1, not 7"))
        #expect(try shell("dlt-state set sources.s.resources.r.page 2 --if-equals 1").status == 0)
        #expect(try shell("dlt-state get sources.s.resources.r").stdout.contains("\"page\": 2"))
    }

    @Test func `reset forgets for real`() throws {
        let result = try shell(
            """
            dlt-state set sources.s.resources.a.n 1 --pipeline p -q
            dlt-state set sources.s.resources.b.n 2 -q
            dlt-state set sources.s.key 3 -q
            dlt-state reset --resource a --json -q
            dlt-state get sources.s --json
            dlt-load sqlite:///x.db --pending -q
            dlt-state get sources.s --json
            dlt-state reset -q
            dlt-state get sources.s; echo $?
            id=$(dlt-state packages --json | cut -d'"' -f8)
            dlt-state packages show $id | grep 'removes state'
            dlt-load sqlite:///x.db --pending -q; echo $?
            dlt-state get sources; echo $?
            mv data gone
            dlt-state pull sqlite:///x.db --pipeline p -q
            dlt-state get sources; echo $?
            """)
        #expect(result.lines.first?.contains("\"state\":[\"s.a\"]") == true, "\(result)")
        #expect(
            result.lines.dropFirst() == [
                "{\"key\":3,\"resources\":{\"b\":{\"n\":2}}}", "{\"key\":3,\"resources\":{\"b\":{\"n\":2}}}", "66",
                "removes state  s", "removes state  s.b", "0", "66", "66",
            ], "\(result)")
    }

    @Test func `a reset of what another run has changed is a conflict`() throws {
        let result = try shell(
            """
            dlt-state set sources.s.resources.a.n 1 --pipeline p -q
            dlt-load sqlite:///x.db --pending -q
            cp -r data other
            dlt-state set sources.s.resources.a.n 2 -q
            dlt-load sqlite:///x.db --pending -q
            export DLT_DATA_DIR=$PWD/other
            dlt-state reset -q
            dlt-load sqlite:///x.db --pending -q; echo $?
            dlt-state get sources.s.resources.a.n
            """)
        #expect(result.lines == ["75", "2"], "\(result)")
    }

    @Test func `many who count together miss nothing`() throws {
        let result = try shell(
            """
            dlt-state set sources.s.resources.r.n 0 --pipeline p -q
            count() {
                for i in 1 2 3; do
                    until n=$(dlt-state get sources.s.resources.r.n) &&
                        dlt-state set sources.s.resources.r.n $((n + 1)) --if-equals $n -q 2>/dev/null; do :; done
                done
            }
            count & count & count & wait
            dlt-state get sources.s.resources.r.n
            """)
        #expect(result.stdout == "9\n", "\(result)")
    }

    @Test(arguments: [
        ("dlt-state set pipeline_name '\"x\"' --pipeline p", 64),
        ("dlt-state set sources.s.resources 1 --pipeline p", 65),
        ("dlt-state set sources.s.x nonsense --pipeline p", 64), ("dlt-state show --pipeline absent", 66),
        ("dlt-state show", 66), ("dlt-state packages drop", 64), ("dlt-state packages show 1.2", 66),
        ("dlt-state packages verify /nowhere", 66), ("dlt-state pull not-a-url --pipeline p", 64),
        ("dlt-state pull sqlite:///absent.db --pipeline p", 66), ("dlt-schema diff a b", 66),
        ("dlt-schema show absent.yaml", 66), ("echo '{' | dlt-schema validate -", 65),
    ])
    func `mistakes have their own status`(script: String, status: Int32) throws {
        let result = try shell(script)
        #expect(result.status == status, "\(result)")
        #expect(result.stdout.isEmpty)
        #expect(!result.stderr.contains("internal error"))
    }

    @Test func `a foundation is not dropped`() throws {
        let result = try shell(
            """
            dlt-state set sources.s.resources.a.n 1 --pipeline p --json -q | cut -d'"' -f8 > first
            dlt-state set sources.s.resources.b.n 1 -q
            dlt-state packages drop $(cat first) 2>/dev/null; echo $?
            dlt-state packages drop $(cat first) --force -q > /dev/null; echo $?
            """)
        #expect(result.lines == ["64", "0"], "\(result)")
    }

    @Test func `damage is found`() throws {
        _ = try shell("dlt-state set sources.s.resources.a.n 1 --pipeline p")
        let result = try shell(
            """
            cd data/spool/p/packages/*/ && sed -i 's/"bigint"/"double"/' schema.json && cd - > /dev/null
            dlt-state packages verify --json
            """)
        #expect(result.status == 65, "\(result)")
        #expect(result.stdout.contains("\"sound\":false"))
    }

    @Test func `an empty machine takes over where another stopped`() throws {
        let result = try shell(
            """
            dlt-schema import $FIXTURES/shop.schema.yaml --pipeline shop -q || exit
            dlt-state push sqlite:///shop.db -q || exit
            dlt-state push sqlite:///shop.db --json -q || exit
            mv data gone
            dlt-state pull sqlite:///shop.db --pipeline shop -q || exit
            dlt-schema diff $FIXTURES/shop.schema.yaml shop || exit
            dlt-state pipelines --json
            dlt-schema history --json | cut -c1-60
            """)
        #expect(result.status == 0, "\(result)")
        #expect(result.stdout.contains("\"pushed\":false"))
        #expect(result.stdout.contains("shop.db\",\"dataset\":\"main\""))
        #expect(result.stdout.contains("{\"schema\":\"shop\",\"version\":2"))
    }
}
