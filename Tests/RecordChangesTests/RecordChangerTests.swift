import Digests
import Encodings
import JSONText
import RecordChanges
import SystemIO
import Testing

struct RecordChangerTests {
    private static func rules(_ rules: [(String, ChangeRules.Change)]) throws -> ChangeRules {
        var all = ChangeRules()
        for (path, change) in rules { all.add(.init(path: try ChangeRules.path(path), change)) }
        return all
    }

    /// The changed record as its text says, after comparing the tape with that of a scan of it.
    private func changed(_ record: String, _ rules: ChangeRules, frame: Bool = true) throws -> String {
        let text = Array((frame ? "{\"type\":\"RECORD\", \"record\": \(record)}" : record).utf8)
        let tape = JSONTape()
        let changer = RecordChanger(tape)
        return try text.withUnsafeBufferPointer { text in
            try tape.scan(text)
            let node = frame ? 4 : 0
            let tree = ChangeTree(rules, key: Array("k".utf8))
            let result = changer.change(node, of: text, by: tree)
            let place = tape[node]
            let json = Array(result[Int(place.start)..<Int(place.end)])
            let fresh = JSONTape()
            try json.withUnsafeBufferPointer { json in
                try fresh.scan(json)
                for index in 0..<fresh.count {
                    let (a, b) = (tape[node + index], fresh[index])
                    #expect(
                        a.kind == b.kind && a.count == b.count && a.hasEscapes == b.hasEscapes, "\(record) \(index)")
                    #expect(Int(a.start) - Int(place.start) == Int(b.start), "\(record) node \(index)")
                    #expect(Int(a.end) - Int(place.start) == Int(b.end), "\(record) node \(index)")
                    #expect(Int(a.next) - node == Int(b.next), "\(record) node \(index)")
                }
            }
            return String(decoding: json, as: UTF8.self)
        }
    }

    @Test(
        arguments: [
            ("{\"a\":1,\"b\":2,\"c\":3}", ["a"], "{\"b\":2,\"c\":3}"),
            ("{\"a\":1,\"b\":2,\"c\":3}", ["b"], "{\"a\":1,\"c\":3}"),
            ("{\"a\":1,\"b\":2,\"c\":3}", ["c"], "{\"a\":1,\"b\":2}"),
            ("{\"a\":1,\"b\":2,\"c\":3}", ["a", "b", "c"], "{}"),
            ("{\"a\":1,\"b\":2,\"c\":3}", ["a", "c"], "{\"b\":2}"),
            ("{ \"a\" : \"x\" , \"b\" : [1] }", ["a"], "{ \"b\" : [1] }"),
            ("{ \"a\" : 1 , \"b\" : {\"c\":\"y\"} }", ["b"], "{ \"a\" : 1  }"),
            ("{\"a\":1,\"a\":2,\"b\":3,\"a\":4}", ["a"], "{\"b\":3}"), ("{\"\\u0061\":1,\"b\":2}", ["a"], "{\"b\":2}"),
            (
                "{\"o\":{\"s\":1,\"k\":2},\"l\":[{\"s\":1},{\"k\":2,\"s\":3},5,[{\"s\":6}]]}", ["o.s", "l.s"],
                "{\"o\":{\"k\":2},\"l\":[{},{\"k\":2},5,[{}]]}"
            ),
            ("{\"o\":null,\"l\":[]}", ["o.s", "l.s"], "{\"o\":null,\"l\":[]}"),
            ("[{\"a\":1},{\"b\":2}]", ["a"], "[{},{\"b\":2}]"),
            ("{\"x.y\":1,\"x\":{\"y\":2}}", ["['x.y']"], "{\"x\":{\"y\":2}}"), ("5", ["a"], "5"),
            ("{\"a\":{\"b\":{\"c\":{\"d\":1,\"e\":[1,2]}}}}", ["a.b.c.d", "a.b.c.e"], "{\"a\":{\"b\":{\"c\":{}}}}"),
        ] as [(String, [String], String)])
    func `members are left out through objects and lists`(record: String, paths: [String], result: String) throws {
        let rules = try Self.rules(paths.map { ($0, .exclude) })
        #expect(try changed(record, rules) == result)
        #expect(try changed(record, rules, frame: false) == result)
    }

    @Test(arguments: [
        ("{\"a\":1,\"b\":2}", "a", "longer name", "{\"longer name\":1,\"b\":2}"),
        ("{\"long\":{\"x\":[1]},\"b\":2}", "long", "s", "{\"s\":{\"x\":[1]},\"b\":2}"),
        ("{\"o\":[{\"a\":1},{\"a\":2}]}", "o.a", "q\"", "{\"o\":[{\"q\\\"\":1},{\"q\\\"\":2}]}"),
    ])
    func `members are renamed`(record: String, path: String, name: String, result: String) throws {
        #expect(try changed(record, Self.rules([(path, .rename(name))])) == result)
    }

    @Test func `values are replaced, lists element by element, and null stays null`() throws {
        let rules = try Self.rules([
            ("s", .redact), ("l", .redact), ("o.x", .redact), ("n", .redact), ("n", .rename("m")),
        ])
        #expect(
            try changed(
                "{\"s\":{\"deep\":[1,2]},\"l\":[1,null,[\"x\"],{\"k\":1}],\"o\":{\"x\":1.5,\"y\":2},\"n\":null,\"n\":true}",
                rules)
                == "{\"s\":\"***\",\"l\":[\"***\",null,[\"***\"],\"***\"],\"o\":{\"x\":\"***\",\"y\":2},\"m\":null,\"m\":\"***\"}"
        )
    }

    @Test func `a hash is that of the text, however it is written`() throws {
        let rules = try Self.rules([("s", .hash(key: "id"))])
        let code = Hexadecimal.text(HMACSHA256(key: Array("k".utf8)).code(Array("a\"é".utf8)))
        for text in ["\"a\\\"é\"", "\"\\u0061\\\"\\u00e9\""] {
            #expect(try changed("{\"s\":\(text)}", rules) == "{\"s\":\"\(code)\"}")
        }
        #expect(try changed("{\"s\":12}", rules) == changed("{\"s\":\"12\"}", rules))
        #expect(try changed("{\"s\":null}", rules) == "{\"s\":null}")
    }

    /// Any document and rules: what comes is what the same changes make of the values.
    @Test func `random records`() throws {
        var random = FastRandom(seed: (7, 1, 2, 3))
        let names = ["a", "b", "c", "long name", "\u{e9}"]
        func value(_ depth: Int) -> JSONValue {
            switch Int.random(in: 0..<(depth > 3 ? 4 : 7), using: &random) {
            case 0: return .null
            case 1: return .integer(Int.random(in: -5...5000, using: &random))
            case 2: return .string("x\"\\y".prefix(Int.random(in: 0...4, using: &random)).description)
            case 3: return true
            case 4: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth + 1) })
            default:
                var object = JSONObject()
                for name in names where Bool.random(using: &random) { object[name] = value(depth + 1) }
                return .object(object)
            }
        }
        func change(_ value: JSONValue, _ rules: [ChangeRules.Rule], _ depth: Int) -> JSONValue {
            switch value {
            case .array(let items): return .array(items.map { change(element: $0, rules, depth) })
            case .object(let object):
                var result = JSONObject()
                for (name, member) in object.members {
                    let below = rules.filter { $0.path.count > depth && $0.path[depth] == name }
                    let here = below.filter { $0.path.count == depth + 1 }
                    if here.contains(where: { $0.change == .exclude }) { continue }
                    result[name] = change(element: member, below, depth + 1)
                }
                return .object(result)
            default: return value
            }
        }
        func change(element: JSONValue, _ rules: [ChangeRules.Rule], _ depth: Int) -> JSONValue {
            let isRedacted = rules.contains { $0.path.count == depth && $0.change == .redact }
            if !isRedacted { return change(element, rules, depth) }
            switch element {
            case .null: return .null
            case .array(let items): return .array(items.map { change(element: $0, rules, depth) })
            default: return "***"
            }
        }
        for _ in 0..<2000 {
            var rules = ChangeRules()
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let path = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                    names.randomElement(using: &random) ?? "a"
                }
                rules.add(.init(path: path, Bool.random(using: &random) ? .exclude : .redact))
            }
            var record = value(0)
            if record.objectValue == nil { record = ["a": record, "b": value(1)] }
            let style: JSONStyle = Bool.random(using: &random) ? .compact : .pretty
            let text = record.serialized(style)
            #expect(try JSONValue(parsing: changed(text, rules)) == change(record, rules.rules, 0), "\(text) \(rules)")
        }
    }

    @Test func `nothing passes however deep the lists are`() throws {
        let text =
            "{\"a\":" + String(repeating: "[", count: 3000) + "\"PLANTED\"" + String(repeating: "]", count: 3000) + "}"
        for change in [ChangeRules.Change.redact, .hash(key: "")] {
            #expect(try !changed(text, Self.rules([("a", change)])).contains("PLANTED"))
        }
        let object = text.replacing("\"PLANTED\"", with: "{\"s\":\"PLANTED\"}")
        #expect(try !changed(object, Self.rules([("a.s", .exclude)])).contains("PLANTED"))
    }

    @Test func `rules are kept as a document`() throws {
        let rules = try Self.rules([("a.b", .exclude), ("c", .hash(key: "k1")), ("c", .rename("d")), ("e", .redact)])
        #expect(ChangeRules(document: rules.document) == rules)
        #expect(rules.hashed == [["c"]: "k1"])
        for broken in [
            "1", "[{\"path\":[]}]", "[{\"path\":[\"a\"],\"change\":\"other\"}]",
            "[{\"path\":[\"a\"],\"change\":\"hash\"}]",
        ] {
            #expect(try ChangeRules(document: JSONValue(parsing: broken)) == nil, "\(broken)")
        }
        var changed = rules
        changed.add(.init(path: ["c"], .exclude))
        #expect(
            changed.rules.count == 4 && changed.hashed.isEmpty, "one of hash, exclude and redact, and a name beside it")
        changed.remove(["c"])
        #expect(changed.rules.map(\.path) == [["a", "b"], ["e"]])
    }

    @Test func `what no record had is known`() throws {
        let tree = ChangeTree(try Self.rules([("a.b", .exclude), ("c", .redact)]))
        let tape = JSONTape()
        let changer = RecordChanger(tape)
        try Array("{\"a\":{\"x\":1},\"c\":2}".utf8).withUnsafeBufferPointer {
            try tape.scan($0)
            _ = changer.change(0, of: $0, by: tree)
        }
        #expect(tree.unmet == ["a.b"])
    }
}
