import Arrow
import Testing

@Suite struct ArrowTypeTests {
    @Test(arguments: [
        ("n", ArrowType.null), ("b", .bool), ("c", .int8), ("C", .uint8), ("s", .int16), ("S", .uint16), ("i", .int32),
        ("I", .uint32), ("l", .int64), ("L", .uint64), ("e", .float16), ("f", .float), ("g", .double),
        ("u", .text(.small)), ("U", .text(.large)), ("vu", .text(.views)), ("z", .binary(.small)),
        ("Z", .binary(.large)), ("vz", .binary(.views)), ("w:16", .fixedBinary(bytes: 16)),
        ("d:38,10", .decimal(precision: 38, scale: 10, bytes: 16)),
        ("d:76,-3,256", .decimal(precision: 76, scale: -3, bytes: 32)),
        ("d:9,2,32", .decimal(precision: 9, scale: 2, bytes: 4)), ("tdD", .date32), ("tdm", .date64),
        ("tts", .time(.seconds)), ("ttm", .time(.milliseconds)), ("ttu", .time(.microseconds)),
        ("ttn", .time(.nanoseconds)), ("tss:", .timestamp(.seconds, zone: nil)),
        ("tsn:Europe/Berlin", .timestamp(.nanoseconds, zone: "Europe/Berlin")), ("tDm", .duration(.milliseconds)),
        ("tiM", .months), ("tiD", .dayTime), ("tin", .monthDayNano), ("+l", .list(.small)), ("+L", .list(.large)),
        ("+w:3", .fixedList(count: 3)), ("+s", .structure), ("+m", .map),
    ])
    func `a format is read as another type`(format: String, type: ArrowType) {
        #expect(ArrowType(format: format) == type)
    }

    @Test(arguments: [
        "", "x", "uu", "v", "vx", "w:", "w:-1", "w:1x", "d:", "d:10", "d:10,2,7", "d:0,0", "d:10,2,128,1", "d:99,0",
        "t", "td",
        "tdX", "ttx", "ts", "tsu", "tsx:UTC", "tDx", "tiX", "+", "+x", "+w", "+w:", "+r", "+us:0,1", "+ud:0", "+vl",
        "+ll",
        "l ", "é", "t\u{301}dD",
    ])
    func `a format that nobody knows gets a type`(format: String) { #expect(ArrowType(format: format) == nil) }
}
