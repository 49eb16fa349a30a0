import Failures
import SystemIO
import TestSupport
import Testing

@testable import Scaffolding

/// dlt-init pipeline, and the dictionary for Python.
struct PipelineTests {
    @Test func `the script loads what the configuration reads, and the files are what they are for`() throws {
        let folder = try WorkDirectory()
        try folder.write("api.yaml", Sketch.list(schema: Sketch.answer()))
        let script = """
            mkfifo url
            dlt-init mock api.yaml -o jobs/shop.yaml -q > url &
            trap "kill $!; wait" EXIT
            read -r url < url
            dlt-init pipeline jobs/shop.yaml 'sqlite:///it'"'"'s.db' -q || exit
            ./jobs/shop.sh > /dev/null 2> messages || { cat messages; exit 1; }
            sqlite3 "jobs/it's.db" 'SELECT count(*) FROM things'
            make -C jobs -n run | tail -n 1
            dlt-init pipeline jobs/shop.yaml sqlite:///x.db; echo $?
            """
        try Files.makeDirectory(folder.path("jobs"))
        let result = try runShell(
            script, environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
        #expect(result.lines.first == "237" && result.lines.last == "73", "\(result)")
        #expect(try folder.text("jobs/systemd/shop.timer").contains("OnCalendar=hourly"))
    }

    @Test(arguments: [
        "postgresql://me:secret@db/x", "postgresql:///x?user=me&password=secret", "md:x?motherduck_token=secret", "",
    ])
    func `a password is not written into a file`(url: String) throws {
        let folder = try WorkDirectory()
        try folder.write("shop.yaml", "client: {base_url: https://x}\nresources: [a]\n")
        let result = try run(
            program: "dlt-init", arguments: ["pipeline", "shop.yaml", url], currentDirectory: folder.path)
        #expect(result.status == 64, "\(result)")
        #expect(try folder.list() == ["shop.yaml"])
    }

    @Test(arguments: ["a", "it's", "$(id)", "`id`", "a\"b", "%h", "a b", "\\", "-x", "*", "~", "'\u{301};id"])
    func `a shell reads what was quoted`(text: String) throws {
        let result = try runShell("printf %s \(ShellWord.quoted(text))")
        #expect(result.stdout == text, "\(result)")
    }

    @Test func `the dictionary for Python takes secrets from the environment`() throws {
        let yaml =
            "# a\nclient: {base_url: 'https://${HOST:-x}/v1', auth: {token: '${TOKEN}'}}\nresources: [{name: \"q\\\"\\u2028$${A}\", n: null, t: true, e: []}]\n"
        let text = try PythonText.text(ofYAML: yaml, name: "shop")
        #expect(text.hasPrefix("# a\n\nimport os\n"))
        #expect(text.contains(#""base_url": "https://" + os.environ.get("HOST", "x") + "/v1","#), "\(text)")
        #expect(text.contains(#""token": os.environ["TOKEN"],"#))
        #expect(text.contains(#""name": "q\"\u2028${A}","#), "\(text)")
        #expect(text.contains("\"n\": None,") && text.contains("\"t\": True,") && text.contains("\"e\": [],"))
    }
}
