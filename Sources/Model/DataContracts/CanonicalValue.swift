import JSONText

/// Bytes that are equal exactly when two JSON values are: `1` equals `1.0`, and the order of an object's keys does not
/// matter.
enum CanonicalValue {
    static func bytes(of value: JSONValue) -> [UInt8] {
        var output: [UInt8] = []
        append(value, to: &output)
        return output
    }

    private static func append(_ value: JSONValue, to output: inout [UInt8]) {
        switch value {
        case .number(let digits):
            let number = ExactNumber(digits.utf8)
            if number.isNegative { output.append(UInt8(ascii: "-")) }
            output += number.digits
            output += Array("e\(number.point)".utf8)
        case .array(let items):
            output.append(UInt8(ascii: "["))
            for item in items {
                append(item, to: &output)
                output.append(UInt8(ascii: ","))
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            for (key, value) in object.members.sorted(by: { ExactString($0.key) < ExactString($1.key) }) {
                appendJSONString(key, to: &output)
                append(value, to: &output)
                output.append(UInt8(ascii: ","))
            }
            output.append(UInt8(ascii: "}"))
        default: output += value.serializedBytes()
        }
    }
}
