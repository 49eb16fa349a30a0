import Arrow
import TestSupport
import Testing

@Suite struct ArrowRecordWriterTests {
    @Test func `integers lose digits or their sign`() throws {
        #expect(try values(ArrowNode("c", values: [Int8.min, 0, Int8.max])) == ["-128", "0", "127"])
        #expect(try values(ArrowNode("C", values: [UInt8.max])) == ["255"])
        #expect(try values(ArrowNode("s", values: [Int16.min])) == ["-32768"])
        #expect(try values(ArrowNode("S", values: [UInt16.max])) == ["65535"])
        #expect(try values(ArrowNode("i", values: [Int32.min])) == ["-2147483648"])
        #expect(try values(ArrowNode("I", values: [UInt32.max])) == ["4294967295"])
        #expect(
            try values(ArrowNode("l", values: [Int64.min, .max])) == ["-9223372036854775808", "9223372036854775807"])
        #expect(try values(ArrowNode("L", values: [UInt64.max])) == ["18446744073709551615"])
    }

    @Test func `floats are read as others`() throws {
        let halves: [UInt16] = [0x3C00, 0x0001, 0xFBFF, 0x2E66, 0x7C00, 0x7E00, 0x8000]
        #expect(
            try values(ArrowNode("e", values: halves))
                == ["1.0", "5.9604645e-08", "-65504.0", "0.099975586", "\"Infinity\"", "\"NaN\"", "-0.0"])
        #expect(try values(ArrowNode("f", values: [Float(0.1), 16_777_216])) == ["0.1", "16777216.0"])
        #expect(
            try values(ArrowNode("g", values: [0.1, 1.7976931348623157e308, .leastNonzeroMagnitude, -.infinity]))
                == ["0.1", "1.7976931348623157e+308", "5e-324", "\"-Infinity\""])
    }

    @Test func `booleans are read from the wrong bits`() throws {
        let flags = [true, false, false, true, true, false, true, false, true]
        let node = ArrowNode("b", length: 9, [nil, ArrowNode.bits(flags)])
        #expect(try values(node) == flags.map { "\($0)" })
    }

    @Test func `nulls are values, or values nulls`() throws {
        let node = ArrowNode("i", values: [Int32(1), 2, 3])
        node.buffers[0] = ArrowNode.bits([true, false, true])
        node.nullCount = -1
        #expect(try values(node) == ["1", "null", "3"])
        #expect(try values(ArrowNode("n", length: 2)) == ["null", "null"])
        #expect(try values(ArrowNode("u", texts: ["", nil, "x"])) == ["\"\"", "null", "\"x\""])
    }

    @Test func `an offset shifts values but not their validity`() throws {
        let node = ArrowNode("i", values: [Int32(9), 9, 1, 2, 3])
        node.buffers[0] = ArrowNode.bits([false, true, true, false, true])
        (node.offset, node.length, node.nullCount) = (2, 3, 1)
        #expect(try values(node) == ["1", "null", "3"])
        let texts = ArrowNode("u", texts: ["zero", "one", nil, "three"])
        (texts.offset, texts.length) = (1, 3)
        #expect(try values(texts) == ["\"one\"", "null", "\"three\""])
    }

    @Test func `the offset and validity of a batch do not count`() throws {
        let column = ArrowNode("i", values: [Int32(0), 1, 2, 3])
        (column.offset, column.length) = (1, 3)
        let table = ArrowTable([column], rows: 2)
        table.batch.offset = 1
        #expect(try records(table) == ["{\"c\":2}", "{\"c\":3}"])
        let other = ArrowTable([ArrowNode("i", values: [Int32(7), 8, 9])], rows: 2)
        other.batch.offset = 1
        other.batch.buffers = [ArrowNode.bits([true, false, true])]
        other.batch.nullCount = 1
        #expect(try records(other) == ["{\"c\":null}", "{\"c\":9}"])
    }

    @Test func `texts and bytes are others`() throws {
        #expect(try values(ArrowNode("u", texts: ["a\"b\\c\n\u{1}é😀"])) == ["\"a\\\"b\\\\c\\n\\u0001é😀\""])
        let large = ArrowNode("U", length: 2, [nil, ArrowNode.bytes([Int64(0), 1, 3]), Array("abc".utf8)])
        #expect(try values(large) == ["\"a\"", "\"bc\""])
        #expect(
            try values(ArrowNode("z", texts: ["", "f", "fo", "foo"])) == ["\"\"", "\"Zg==\"", "\"Zm8=\"", "\"Zm9v\""])
        let fixed = ArrowNode("w:3", length: 2, [nil, Array("foobar".utf8)])
        #expect(try values(fixed) == ["\"Zm9v\"", "\"YmFy\""])
    }

    @Test func `views point elsewhere`() throws {
        let long = "a text of more than twelve bytes"
        func view(_ count: Int32, _ rest: [UInt8]) -> [UInt8] {
            let bytes = ArrowNode.bytes([count]) + rest
            return bytes + [UInt8](repeating: 0, count: 16 - bytes.count)
        }
        let views =
            view(5, Array("short".utf8)) + view(12, Array("twelve bytes".utf8))
            + view(Int32(long.utf8.count), Array("a te".utf8) + ArrowNode.bytes([Int32(1), 4]))
        let blocks = [Array("unused".utf8), Array("....".utf8) + Array(long.utf8)]
        let node = ArrowNode(
            "vu", length: 3, [nil, views] + blocks + [ArrowNode.bytes(blocks.map { Int64($0.count) })])
        #expect(try values(node) == ["\"short\"", "\"twelve bytes\"", "\"\(long)\""])
        node.format = "vz"
        #expect(try values(node)[0] == "\"c2hvcnQ=\"")
        // One byte more than the block has.
        node.format = "vu"
        node.buffers[1] = view(Int32(long.utf8.count + 1), Array("a te".utf8) + ArrowNode.bytes([Int32(1), 4]))
        node.length = 1
        #expect(refusal(node)?.kind == .malformed)
        node.buffers[1] = view(13, Array("a te".utf8) + ArrowNode.bytes([Int32(2), 0]))
        #expect(refusal(node)?.kind == .malformed)
    }

    @Test func `decimals lose digits`() throws {
        func node(_ format: String, _ words: [Int64]) -> ArrowNode {
            ArrowNode(format, length: 1, [nil, ArrowNode.bytes(words)])
        }
        #expect(try values(node("d:38,2", [-1, -1])) == ["-0.01"])
        #expect(try values(node("d:38,0", [0, 0])) == ["0"])
        #expect(try values(node("d:38,3", [0, 0])) == ["0.000"])
        // 10^38 - 1, and its opposite.
        let nines: [Int64] = [687_399_551_400_673_279, 5_421_010_862_427_522_170]
        let digits = String(repeating: "9", count: 38)
        #expect(try values(node("d:38,0", nines)) == [digits])
        #expect(try values(node("d:38,38", nines)) == ["0." + digits])
        #expect(try values(node("d:38,37", nines)) == ["9." + digits.dropFirst()])
        #expect(try values(node("d:38,0", [~nines[0] + 1, ~nines[1]])) == ["-" + digits])
        #expect(try values(node("d:38,-2", [5, 0])) == ["500"])
        #expect(try values(node("d:38,-2", [0, 0])) == ["0"])
        // 2^255 - 1 and -2^255.
        let most = "57896044618658097711785492504343953926634992332820282019728792003956564819967"
        #expect(try values(node("d:76,0,256", [-1, -1, -1, .max])) == [most])
        #expect(try values(node("d:76,0,256", [0, 0, 0, .min])) == ["-" + most.dropLast() + "8"])
        #expect(try values(node("d:18,4,64", [-1_234_567])) == ["-123.4567"])
        #expect(try values(ArrowNode("d:9,1,32", values: [Int32(-15), 15])) == ["-1.5", "1.5"])
        // A word in the middle that is zero: 10^19 times 10^19.
        #expect(
            try values(node("d:38,0", [687_399_551_400_673_280, 5_421_010_862_427_522_170])) == [
                "1" + String(repeating: "0", count: 38)
            ])
    }

    @Test func `dates and times are others`() throws {
        #expect(
            try values(ArrowNode("tdD", values: [Int32(0), -719_162, 2_932_896, -719_163, 2_932_897, -735_160]))
                == [
                    "\"1970-01-01\"", "\"0001-01-01\"", "\"9999-12-31\"", "\"0000-12-31\"", "\"+10000-01-01\"",
                    "\"-0043-03-15\"",
                ])
        #expect(try values(ArrowNode("tdm", values: [Int64(86_400_000), -1])) == ["\"1970-01-02\"", "\"1969-12-31\""])
        #expect(try values(ArrowNode("tts", values: [Int32(86_399)])) == ["\"23:59:59.000000\""])
        #expect(try values(ArrowNode("ttm", values: [Int32(1)])) == ["\"00:00:00.001000\""])
        #expect(
            try values(ArrowNode("ttu", values: [Int64(1), 86_400_000_000])) == [
                "\"00:00:00.000001\"", "\"24:00:00.000000\"",
            ])
        #expect(
            try values(ArrowNode("ttn", values: [Int64(1), 1000])) == ["\"00:00:00.000000001\"", "\"00:00:00.000001\""])
        #expect(
            try values(ArrowNode("tss:", values: [Int64(0), -1, .max]))[..<2]
                == ["\"1970-01-01T00:00:00.000000\"", "\"1969-12-31T23:59:59.000000\""])
        #expect(try values(ArrowNode("tsm:UTC", values: [Int64(-1)])) == ["\"1969-12-31T23:59:59.999000Z\""])
        #expect(try values(ArrowNode("tsu:+01:00", values: [Int64(1)])) == ["\"1970-01-01T00:00:00.000001Z\""])
        #expect(
            try values(ArrowNode("tsn:", values: [Int64(-1), 1000, .max, .min]))
                == [
                    "\"1969-12-31T23:59:59.999999999\"", "\"1970-01-01T00:00:00.000001\"",
                    "\"2262-04-11T23:47:16.854775807\"", "\"1677-09-21T00:12:43.145224192\"",
                ])
        #expect(
            try values(ArrowNode("tsu:", values: [Int64(253_402_300_800_000_000)])) == [
                "\"+10000-01-01T00:00:00.000000\""
            ])
    }

    @Test func `spans are others`() throws {
        #expect(
            try values(ArrowNode("tDm", values: [Int64(0), 129_600_500, -1500, 3_600_000]))
                == ["\"PT0S\"", "\"PT36H0.5S\"", "\"PT-1.5S\"", "\"PT1H\""])
        #expect(
            try values(ArrowNode("tDn", values: [Int64(1), -.max])) == [
                "\"PT0.000000001S\"", "\"PT-2562047H-47M-16.854775807S\"",
            ])
        #expect(try values(ArrowNode("tiM", values: [Int32(14), -1, 0])) == ["\"P1Y2M\"", "\"P-1M\"", "\"PT0S\""])
        #expect(
            try values(ArrowNode("tiD", values: [Int32(1), 1500, -1, 0])).prefix(2) == ["\"P1DT1.5S\"", "\"P-1D\""])
        let node = ArrowNode(
            "tin", length: 1, [nil, ArrowNode.bytes([Int32(14), -3]) + ArrowNode.bytes([Int64(14_706_500_000_000)])])
        #expect(try values(node) == ["\"P1Y2M-3DT4H5M6.5S\""])
    }

    @Test func `lists hold the items of others`() throws {
        let items = ArrowNode("i", "item", values: [Int32(1), 2, 3, 4, 5, 6])
        let list = ArrowNode(
            "+l", length: 3, [ArrowNode.bits([true, true, false]), ArrowNode.bytes([Int32(0), 2, 2, 5])],
            children: [items])
        list.nullCount = 1
        #expect(try values(list) == ["[1,2]", "[]", "null"])
        (list.offset, list.length) = (1, 2)
        #expect(try values(list) == ["[]", "null"])
        let fixed = ArrowNode("+w:2", length: 3, [nil], children: [items])
        #expect(try values(fixed) == ["[1,2]", "[3,4]", "[5,6]"])
        (fixed.offset, fixed.length) = (1, 2)
        #expect(try values(fixed) == ["[3,4]", "[5,6]"])
    }

    @Test func `structs and maps lose members`() throws {
        let structure = ArrowNode(
            "+s", length: 2, [nil],
            children: [ArrowNode("i", "a", values: [Int32(0), 1, 2]), ArrowNode("u", "b\"", texts: ["x", nil, "z"])])
        structure.offset = 1
        #expect(try values(structure) == ["{\"a\":1,\"b\\\"\":null}", "{\"a\":2,\"b\\\"\":\"z\"}"])
        #expect(try values(ArrowNode("+s", length: 1, [nil])) == ["{}"])
        let entries = ArrowNode(
            "+s", "entries", length: 2, [nil],
            children: [ArrowNode("u", "key", texts: ["k", "k"]), ArrowNode("i", "value", values: [Int32(1), 2])])
        let map = ArrowNode("+m", length: 1, [nil, ArrowNode.bytes([Int32(0), 2])], children: [entries])
        #expect(try values(map) == ["[[\"k\",1],[\"k\",2]]"])
    }

    @Test func `a dictionary gives other values`() throws {
        let words = ArrowNode("u", texts: ["zero", "one", nil])
        let node = ArrowNode("C", values: [UInt8(1), 2, 0, 1])
        node.dictionary = words
        node.buffers[0] = ArrowNode.bits([true, true, false, true])
        node.nullCount = 1
        #expect(try values(node) == ["\"one\"", "null", "null", "\"one\""])
        node.buffers = [nil, [3, 0, 0, 0]]
        #expect(refusal(node)?.kind == .malformed)
        node.format = "c"
        node.buffers = [nil, [0xFF, 0, 0, 0]]
        #expect(refusal(node)?.kind == .malformed)
    }

    @Test func `what a sender says about a column does not count`() throws {
        let json = ArrowNode("u", texts: ["{\"a\":\n[1, 2]}", "no json", "\"line\""])
        json.metadata = [("ARROW:extension:name", "arrow.json")]
        #expect(try values(json) == ["{\"a\": [1, 2]}", "\"no json\"", "\"line\""])
        let uuid = ArrowNode("w:16", length: 1, [nil, Array(0..<16)])
        uuid.metadata = [("other", "x"), ("ARROW:extension:name", "arrow.uuid")]
        #expect(try values(uuid) == ["\"00010203-0405-0607-0809-0a0b0c0d0e0f\""])
        let flag = ArrowNode("c", values: [Int8(0), 2])
        flag.metadata = [("ARROW:extension:name", "arrow.bool8")]
        #expect(try values(flag) == ["false", "true"])
        let number = ArrowNode("u", texts: ["1.50", "nan", "-inf", "true", "[1]"])
        number.metadata = [("ADBC:postgresql:typname", "numeric")]
        #expect(try values(number) == ["1.50", "\"NaN\"", "\"-Infinity\"", "\"true\"", "\"[1]\""])
    }

    @Test func `a text that is not UTF-8 passes`() {
        let node = ArrowNode("u", length: 1, [nil, ArrowNode.bytes([Int32(0), 2]), [0x61, 0xFF]])
        #expect(refusal(node) == ArrowError(.text, column: "c", "a text is not UTF-8 from its byte 2 on"))
    }

    @Test func `a type without a form is not named with its column`() {
        let node = ArrowNode("+s", length: 0, [nil], children: [ArrowNode("+us:0", "inner", length: 0)])
        #expect(refusal(node)?.description == "column c.inner: Arrow's type '+us:0' is not supported")
    }

    @Test func `structs that contradict each other are read`() {
        func expectMalformed(_ text: String, _ node: ArrowNode, _ change: (ArrowNode) -> Void) {
            change(node)
            #expect(refusal(node)?.kind == .malformed, "\(text)")
        }
        let numbers = { ArrowNode("i", values: [Int32(1), 2]) }
        expectMalformed("a negative offset", numbers()) { $0.offset = -1 }
        expectMalformed("an enormous offset", numbers()) { $0.offset = .max }
        expectMalformed("one buffer", numbers()) { $0.bufferCount = 1 }
        expectMalformed("three buffers", numbers()) { $0.bufferCount = 3 }
        expectMalformed("no values", numbers()) { $0.buffers[1] = nil }
        expectMalformed("nulls of which nothing is known", numbers()) { $0.nullCount = 1 }
        expectMalformed("a child", numbers()) { $0.childCount = 1 }
        let texts = { ArrowNode("u", texts: ["ab", "cd"]) }
        expectMalformed("a text that ends before it begins", texts()) {
            $0.buffers[1] = ArrowNode.bytes([Int32(2), 0, 4])
        }
        expectMalformed("a text that ends after the last one", texts()) {
            $0.buffers[1] = ArrowNode.bytes([Int32(0), 5, 4])
        }
        expectMalformed("a text before the first byte", texts()) { $0.buffers[1] = ArrowNode.bytes([Int32(-2), 2, 4]) }
        expectMalformed("a last text before the first byte", texts()) {
            $0.buffers[1] = ArrowNode.bytes([Int32(0), 2, -4])
        }
        expectMalformed("no bytes", texts()) { $0.buffers[2] = nil }
        let list = {
            ArrowNode(
                "+l", length: 1, [nil, ArrowNode.bytes([Int32(0), 3])],
                children: [ArrowNode("i", "item", values: [Int32(1), 2])])
        }
        expectMalformed("fewer items than the list has", list()) { _ in }
        expectMalformed("no child", list()) { $0.childCount = 0 }
        let structure = { ArrowNode("+s", length: 3, [nil], children: [numbers()]) }
        expectMalformed("fewer values than the struct has", structure()) { _ in }
        expectMalformed("too many lists", ArrowNode("+w:2147483647", length: 1 << 40, [nil], children: [numbers()])) {
            _ in
        }
        for rows in [3, -1, .max] {
            #expect(throws: ArrowError.self) { try records(ArrowTable([numbers()], rows: rows)) }
        }
    }

    @Test func `a failure between two batches is the end`() throws {
        let table = ArrowTable([ArrowNode("i", values: [Int32(1)])], rows: 1, batches: 2, failure: "connection lost")
        let stream = ArrowStream()
        table.fill(stream.address)
        let columns = try stream.columns()
        #expect(try stream.next(columns)?.rowCount == 1)
        #expect(try stream.next(columns)?.rowCount == 1)
        #expect(throws: ArrowError(.sender(5), "connection lost")) { try stream.next(columns) }
    }

    @Test func `memory of a batch is not given back`() throws {
        let table = ArrowTable([ArrowNode("i", values: [Int32(1)])], rows: 1, batches: 3)
        #expect(try records(table).count == 3)
        // The schema, and three batches.
        #expect(table.releases == 4)
    }
}
