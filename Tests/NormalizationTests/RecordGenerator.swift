import JSONText

/// Random records with few keys, so that shapes repeat, collide and change type.
struct RecordGenerator {
    var random: SplitMix
    private static let keys = [
        "a", "b", "a b", "A", "c__d", "c", "d", "userID", "", "e-f", "é", "list", "value", "x y z",
    ]

    mutating func record() -> JSONValue { .object(object(depth: 0)) }

    private mutating func object(depth: Int) -> JSONObject {
        var object = JSONObject()
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            object[RecordGenerator.keys.randomElement(using: &random) ?? "a"] = value(depth: depth + 1)
        }
        return object
    }

    private mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 4 ? 6 : 9), using: &random) {
        case 0: .null
        case 1: .bool(Bool.random(using: &random))
        case 2, 3: .number("\(Int.random(in: -5...5, using: &random))")
        case 4: .number("\(Int.random(in: -5...5, using: &random)).5")
        case 5, 6: .string(["s1", "word", "é\n\"x\"", "long text here"].randomElement(using: &random) ?? "")
        case 7: .object(object(depth: depth))
        default: .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth + 1) })
        }
    }
}

/// A generator with a seed, so that a failure can be run again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
