import Coercion
import JobRows

extension FuzzTarget {
    /// JSON numbers become the doubles and integers that Swift's own parser makes of them.
    static let numbers = FuzzTarget(name: "numbers") { bytes in
        guard bytes.first.map({ $0 &- 0x30 <= 9 || $0 == UInt8(ascii: "-") }) == true,
            StrictJSON.accepts(bytes) == true, let text = String(validating: bytes, as: UTF8.self),
            !text.contains(where: \.isWhitespace)
        else { return }
        try bytes.withUnsafeBufferPointer { digits in
            let expected = Double(text)
            try require(NumberToken.double(digits)?.bitPattern == expected?.bitPattern, "another double")
            if let value = DoubleText.value(digits) {
                try require(value.bitPattern == expected?.bitPattern, "dlt-load makes another double: \(value)")
            }
            let isInteger = !text.contains { ".eE".contains($0) }
            if isInteger {
                try require(NumberToken.int64(digits) == Int64(text), "another integer")
                _ = NumberToken.nativeType(ofInteger: digits)
            } else {
                _ = NumberToken.nativeType(ofReal: digits)
            }
            try require(
                NumberToken.isZero(digits) == text.prefix { $0 != "e" && $0 != "E" }.allSatisfy { "-0.".contains($0) },
                "zero or not")
        }
    }
}
