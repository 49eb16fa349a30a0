import SystemIO
import TestSupport
import Testing

struct ProgramRunTests {
    @Test func `a script gets input, variables and a folder, and gives back all it says`() throws {
        let folder = try WorkDirectory()
        let result = try runShell(
            "cat; pwd; echo $ADDED >&2; exit 3", stdin: "in\n", environment: ["ADDED": "yes"],
            currentDirectory: folder.path)
        #expect(result.status == 3)
        #expect(result.lines == ["in", folder.path])
        #expect(result.stderr == "yes\n")
    }

    @Test func `much output does not block`() throws {
        #expect(try runShell("head -c 3000000 /dev/zero").stdoutBytes.count == 3_000_000)
    }

    @Test func `what takes too long is ended`() throws {
        #expect(try runShell("sleep 20", timeoutSeconds: 1).status == 124)
    }

    @Test func `built programs are found by name`() throws {
        #expect(Files.exists(Paths.join(buildFolder, "dlt-load")))
        #expect(try run(program: "dlt-load", arguments: ["--version"]).status == 0)
        #expect(try runShell("command -v dlt-load").stdout == "\(buildFolder)/dlt-load\n")
    }

    @Test func `a work directory goes away with its holder`() throws {
        var folder: WorkDirectory? = try WorkDirectory()
        let path = try folder?.write("a/b/c.txt", "text") ?? ""
        #expect(try folder?.text("a/b/c.txt") == "text")
        #expect(Files.exists(path))
        folder = nil
        #expect(!Files.exists(path))
    }
}

struct PlantedSecretTests {
    /// What every test of a program relies on: that a secret among its output fails the test.
    @Test(arguments: [
        "cat", "cat >&2", "base64 -w0", "sed s/^/x/ | base64 -w0", "sed s/^/xy/ | base64 -w0", "xxd -p | tr -d '\\n'",
    ])
    func `a planted secret among the output fails the test`(leak: String) throws {
        let secret = "user:\(PlantedSecret.make("leak"))"
        #expect(throws: PlantedSecret.WasTold.self) { try runShell(leak, stdin: secret) }
        #expect(throws: Never.self) { try runShell(leak, stdin: "user:Planted-Secret") }
    }

    @Test func `a planted secret is found in files`() throws {
        let folder = try WorkDirectory()
        try folder.write("a/b/c", "nothing")
        #expect(try PlantedSecret.files(below: folder.path).isEmpty)
        try folder.write("a/b/d", "x" + PlantedSecret.make("file"))
        #expect(try PlantedSecret.files(below: folder.path) == [folder.path("a/b/d")])
    }
}
