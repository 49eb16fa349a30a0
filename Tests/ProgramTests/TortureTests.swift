import JSONText
import SQLite
import SystemIO
import TestSupport
import Testing

/// The torture set through dlt-normalize and dlt-load: what is accepted is in the database with exactly its value, what
/// is refused is told with its line number.
struct TortureTests {
    private static let accepted = TortureTexts.values.filter { !$0.isRejected }
    private static let rejected = TortureTexts.values.filter(\.isRejected)

    private func record(_ text: TortureText, column: String) -> [UInt8] {
        Array("{\"\(column)\":".utf8) + text.bytes + Array("}".utf8)
    }

    private func lines(_ lines: [[UInt8]]) -> [UInt8] { lines.flatMap { $0 + [0x0A] } }

    /// Loads lines into table `t`; both programs have to succeed.
    private func load(
        _ pipeline: Pipeline, _ input: [UInt8], _ arguments: String..., timeoutSeconds: Int = 120
    ) throws {
        let normalized = try run(
            argv: [Paths.join(buildFolder, "dlt-normalize"), "--table", "t"] + arguments, stdin: input,
            environment: pipeline.environment, currentDirectory: pipeline.folder.path,
            timeoutSeconds: timeoutSeconds)
        try #require(normalized.status == 0, "\(normalized.stderr.prefix(2000))")
        let loaded = try pipeline.load(stdin: normalized.stdoutBytes)
        try #require(loaded.status == 0, "\(loaded.stderr.prefix(2000))")
    }

    // MARK: Values

    @Test func `every accepted value is loaded with exactly its value`() throws {
        let texts = Self.accepted.filter { if case .container = $0.verdict { false } else { true } }
        let pipeline = try Pipeline()
        try load(pipeline, lines(texts.enumerated().map { record($1, column: "v\($0)") }))
        let database = try pipeline.database()
        #expect(try database.integer("SELECT count(*) FROM t") == Int64(texts.count))
        let select = try database.prepare("SELECT * FROM t")
        let columns = Set((0..<select.columnCount).map(select.columnName))
        for (index, text) in texts.enumerated() {
            if case .null = text.verdict {
                #expect(!columns.contains("v\(index)"))
                continue
            }
            #expect(columns.contains("v\(index)"), "\(text): no column")
            guard columns.contains("v\(index)") else { continue }
            let statement = try database.prepare("SELECT v\(index) FROM t WHERE v\(index) IS NOT NULL")
            try #require(try statement.step(), "\(text): not there")
            switch text.verdict {
            case .integer(let value):
                #expect(statement.type(0) == .integer && statement.int64(0) == value, "\(text)")
            case .real(let value):
                #expect(statement.type(0) == .float && statement.double(0) == value, "\(text): \(statement.double(0))")
            case .text(let characters):
                #expect(statement.type(0) == .text, "\(text)")
                #expect(Array(statement.text(0)) == characters, "\(text): \(statement.string(0).prefix(100))")
            case .null, .container, .rejected: break
            }
            #expect(try !statement.step(), "\(text): twice")
        }
    }

    /// As `json` every accepted value keeps its digits, its order and its characters.
    @Test func `every accepted value is kept in a json column`() throws {
        let texts = Self.accepted.filter {
            switch $0.verdict {
            // A text in a json column is read as JSON itself; numbers and literals are scalars of their own.
            case .container: true
            default: false
            }
        }
        let pipeline = try Pipeline()
        let input = lines(
            texts.enumerated().map { Array("{\"i\":\($0),\"v\":".utf8) + $1.bytes + Array("}".utf8) })
        try load(pipeline, input, "--columns", #"{"v":{"data_type":"json"}}"#)
        let statement = try pipeline.database().prepare("SELECT v FROM t ORDER BY i")
        for text in texts {
            try #require(try statement.step())
            #expect(statement.type(0) == .text)
            #expect(isSame(statement.text(0), text.bytes), "\(text): \(statement.string(0).prefix(200))")
        }
    }

    /// Every accepted value again inside of a list: digits and characters stay as they are inside of JSON.
    @Test func `every accepted value inside of a json column`() throws {
        let texts = Self.accepted.filter { $0.bytes.count < 90_000 }
        let pipeline = try Pipeline()
        let input = lines(
            texts.enumerated().map { Array("{\"i\":\($0),\"v\":[".utf8) + $1.bytes + Array("]}".utf8) })
        try load(pipeline, input, "--columns", #"{"v":{"data_type":"json"}}"#)
        let statement = try pipeline.database().prepare("SELECT v FROM t ORDER BY i")
        for text in texts {
            try #require(try statement.step())
            let want = Array("[".utf8) + text.bytes + Array("]".utf8)
            #expect(isSame(statement.text(0), want), "\(text): \(statement.string(0).prefix(200))")
        }
    }

    /// Compares two texts node by node, without recursion: the depth is part of the set.
    private func isSame(_ stored: UnsafeBufferPointer<UInt8>, _ original: [UInt8]) -> Bool {
        original.withUnsafeBufferPointer { original in
            let (left, right) = (JSONTape(), JSONTape())
            guard (try? left.scan(stored)) != nil, (try? right.scan(original)) != nil, left.count == right.count else {
                return false
            }
            for index in 0..<left.count {
                let (a, b) = (left[index], right[index])
                guard a.kind == b.kind, a.count == b.count, a.next == b.next else { return false }
                switch a.kind {
                case .string:
                    let strings = (left.string(at: index, in: stored), right.string(at: index, in: original))
                    if ExactString(strings.0) != ExactString(strings.1) { return false }
                case .integer, .real:
                    let digits = (stored[Int(a.start)..<Int(a.end)], original[Int(b.start)..<Int(b.end)])
                    if !digits.0.elementsEqual(digits.1) { return false }
                default: break
                }
            }
            return true
        }
    }

    // MARK: Names and depth

    @Test func `the last of duplicate keys counts`() throws {
        let pipeline = try Pipeline()
        try load(pipeline, Array(#"{"a":1,"b":2,"\u0061":3,"b":{"c":4}}"#.utf8 + [0x0A]))
        #expect(try pipeline.integer("SELECT a FROM t") == 3)
        #expect(try pipeline.integer("SELECT b__c FROM t") == 4)
    }

    @Test func `duplicate keys in a json column count once`() throws {
        let pipeline = try Pipeline()
        let input = Array(#"{"v":{"a":1,"b":[{"x":1,"x":2}],"a":3}}"#.utf8 + [0x0A])
        try load(pipeline, input, "--columns", #"{"v":{"data_type":"json"}}"#)
        let text = try pipeline.database().string("SELECT v FROM t") ?? ""
        #expect(try JSONValue(parsing: text) == ["a": 3, "b": .array([["x": 2]])])
        // What every reader of the column sees, whichever of two it believes.
        #expect(text.filter { $0 == "a" }.count == 1, "\(text)")
    }

    @Test(arguments: [
        ("[", "]", 1000), ("{\"a\":", "}", 1000), ("[", "]", 99_990), ("{\"a\":", "}", 99_990), ("[{\"k\":", "}]", 300),
    ]) func `deep nesting without a hint is unpacked as far as it goes`(nesting: (String, String, Int)) throws {
        let pipeline = try Pipeline()
        let (open, close, depth) = nesting
        let text = String(repeating: open, count: depth) + "7" + String(repeating: close, count: depth)
        try load(pipeline, Array("{\"v\":\(text)}\n{\"v\":1}\n".utf8), timeoutSeconds: 20)
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 2)
    }

    // MARK: Rejected lines

    private static let badLines: [(name: String, line: [UInt8])] =
        rejected.filter { $0.bytes.count < 1000 }.map { ($0.name, Array("{\"v\":".utf8) + $0.bytes + Array("}".utf8)) }
        + TortureTexts.rejectedLines.map { ($0.name, $0.bytes) }

    private static let badGroups = stride(from: 0, to: badLines.count, by: 20).map {
        Array(badLines[$0..<min($0 + 20, badLines.count)])
    }

    @Test(arguments: badGroups.indices)
    func `every rejected line is told by its number and nothing is loaded`(group: Int) throws {
        let pipeline = try Pipeline()
        for (index, bad) in Self.badGroups[group].enumerated() {
            let number = 2 + index % 3
            var input = [[UInt8]](repeating: Array("{\"v\":1}".utf8), count: 5)
            input[number - 1] = bad.line
            let result = try pipeline.shell("dlt-normalize --table t | dlt-load $URL", stdin: lines(input))
            #expect(result.status == 65, "\(bad.name): \(result)")
            #expect(
                result.stderr.contains("unable to read line \(number) of standard input: "),
                "\(bad.name): \(result.stderr.prefix(500))")
            #expect(!Files.exists(pipeline.databasePath), "\(bad.name)")
        }
        #expect(try pipeline.packages().isEmpty)
        let rerun = try pipeline.shell("dlt-normalize --table t | dlt-load $URL", stdin: "{\"v\":1}\n")
        #expect(rerun.status == 0, "\(rerun)")
        #expect(try pipeline.packages().isEmpty)
    }

    @Test func `rejected lines are set aside and all others are loaded`() throws {
        let pipeline = try Pipeline()
        let all = Self.badLines + Self.rejected.filter { $0.bytes.count >= 1000 }.map { ($0.name, $0.bytes) }
        var input: [[UInt8]] = []
        for (index, bad) in all.enumerated() { input += [Array("{\"i\":\(index)}".utf8), bad.line] }
        let result = try pipeline.shell(
            "dlt-normalize --table t --rejects bad.ndjson | dlt-load $URL", stdin: lines(input))
        #expect(result.status == 3, "\(result)")
        let loaded = try pipeline.integers("SELECT i FROM t ORDER BY i")
        #expect(loaded == all.indices.map { Int64($0) })
        let told = try pipeline.folder.text("bad.ndjson").split(separator: "\n").map {
            try JSONValue(parsing: String($0))
        }
        #expect(told.count == all.count)
        for (bad, told) in zip(all.enumerated(), told) {
            #expect(told["line"]?.intValue == bad.offset * 2 + 2, "\(bad.element.name)")
            #expect(told["reason"]?.stringValue?.isEmpty == false, "\(bad.element.name)")
            let text = String(decoding: bad.element.line, as: UTF8.self)
            #expect(told["text"]?.stringValue.map { ExactString($0) } == ExactString(text), "\(bad.element.name)")
        }
        // The same through a record stream: the envelope stays, only records are set aside.
        #expect(try pipeline.packages().isEmpty)
    }

    // MARK: Layouts

    @Test(arguments: [
        ("a byte order mark", "\u{FEFF}{\"i\":0}\n{\"i\":1}\n"), ("carriage returns", "{\"i\":0}\r\n{\"i\":1}\r\n"),
        ("empty lines", "\n\n{\"i\":0}\n\n\n{\"i\":1}\n\n"),
        ("lines of white space", " \n\t\n{\"i\":0}\n \t \r\n{\"i\":1}\n  "),
        ("no final newline", "{\"i\":0}\n{\"i\":1}"), ("no final newline but a return", "{\"i\":0}\n{\"i\":1}\r"),
        ("white space around", "  {\"i\":0}\t\n\t { \"i\" : 1 }  \n"),
        ("everything at once", "\u{FEFF}\r\n\r\n {\"i\":0} \r\n\r\n{\"i\":1}"),
    ]) func `layouts of lines make no difference`(layout: (name: String, text: String)) throws {
        let pipeline = try Pipeline()
        let result = try pipeline.shell("dlt-normalize --table t | dlt-load $URL", stdin: layout.text)
        #expect(result.status == 0, "\(layout.name): \(result)")
        #expect(try pipeline.integers("SELECT i FROM t ORDER BY i") == [0, 1])
        // Through extract as well.
        let other = try Pipeline()
        let extracted = try other.shell(
            "dlt-extract files - --resource t --format json | dlt-normalize | dlt-load $URL", stdin: layout.text)
        #expect(extracted.status == 0, "\(layout.name): \(extracted)")
        #expect(try other.integers("SELECT i FROM t ORDER BY i") == [0, 1])
    }

    @Test func `lines are counted with the empty ones`() throws {
        let pipeline = try Pipeline()
        let result = try pipeline.shell(
            "dlt-normalize --table t | dlt-load $URL", stdin: "\u{FEFF}\r\n\n{\"i\":0}\r\n \n{\"i\":1\n")
        #expect(result.status == 65 && result.stderr.contains("line 5"), "\(result)")
    }

    // MARK: A huge line

    @Test func `a line of 200 MB is refused by default and loaded with more memory`() throws {
        let pipeline = try Pipeline()
        let make =
            "{ echo '{\"i\":1}'; printf '{\"i\":2,\"v\":\"'; head -c 200000000 /dev/zero | tr '\\0' x; printf '\"}\\n'; } > big"
        #expect(try pipeline.shell(make, timeoutSeconds: 120).status == 0)
        let refused = try pipeline.shell("dlt-normalize --table t < big | dlt-load $URL", timeoutSeconds: 120)
        #expect(refused.status == 65, "\(refused)")
        #expect(refused.stderr.contains("line 2") && refused.stderr.contains("--max-memory"), "\(refused.stderr)")
        #expect(!Files.exists(pipeline.databasePath))
        #expect(try pipeline.packages().isEmpty)

        let normalize = try measured("dlt-normalize --table t --max-memory 1G < big > lines", pipeline)
        #expect(normalize.result.status == 0, "\(normalize.result)")
        #expect(normalize.peakKilobytes < 1 << 20, "\(normalize.peakKilobytes) kB")
        let load = try measured("dlt-load $URL < lines", pipeline)
        #expect(load.result.status == 0, "\(load.result)")
        #expect(load.peakKilobytes < 1 << 20, "\(load.peakKilobytes) kB")
        #expect(try pipeline.integer("SELECT length(v) FROM t WHERE i = 2") == 200_000_000)
        #expect(try pipeline.integer("SELECT length(trim(v, 'x')) FROM t WHERE i = 2") == 0)
    }

    /// Runs one program and watches the most memory it held.
    private func measured(_ command: String, _ pipeline: Pipeline) throws -> (result: ProgramResult, peakKilobytes: Int)
    {
        // The high-water mark only grows, so the last look is the peak but for the very last moments.
        let script = """
            \(command) & pid=$!
            while grep VmHWM /proc/$pid/status > peak.new 2> /dev/null && [ -s peak.new ]; do mv peak.new peak; sleep 0.02; done
            wait $pid
            """
        let result = try pipeline.shell(script, timeoutSeconds: 300)
        let peak = try pipeline.folder.text("peak").split { !$0.isNumber }.first.flatMap { Int($0) }
        return (result, try #require(peak))
    }
}
