import Coercion
import JSONText
import Schemas

extension FuzzTarget {
    /// Any scalar goes into a column of any type as JSON, as null, or not at all.
    static let values = FuzzTarget(name: "values") { bytes in
        let tape = JSONTape()
        try bytes.withUnsafeBufferPointer { text in
            try tape.scan(text)
            // Deeper values never become a column's.
            guard tape.depth <= StrictJSON.maximumDepth else { return }
            let coercer = Coercer(nowSeconds: 1_700_000_000)
            let value = Scalar(tape[0], in: text)
            _ = coercer.infer(value, detections: [.isoTimestamp, .isoDate, .timestamp])
            for type in DataType.allCases {
                for hasTimezone in [true, false] {
                    let output = ByteBuffer()
                    let outcome = coercer.write(value, as: type, hasTimezone: hasTimezone, to: output)
                    guard case .written = outcome else {
                        try require(output.isEmpty, "something was written for \(type), and then refused")
                        continue
                    }
                    try require(
                        StrictJSON.accepts(Array(output.bytes)) == true,
                        "as \(type) no JSON: \(String(decoding: output.bytes, as: UTF8.self))")
                }
            }
        }
    }
}
