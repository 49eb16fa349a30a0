/// Bytes as characters that are read as the same bytes: Base64, or `0x` and hexadecimal digits where Base64 would begin with `0x` by
/// accident. Such a text is read as hexadecimal digits (dlt's rule): `d3 10 01` would arrive as `ab`.
public enum BinaryText {
    /// Bytes that `write` needs at most.
    public static func room(_ count: Int) -> Int { count * 2 + 4 }

    /// Writes the characters without quotes; returns their end.
    public static func write(
        _ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        guard bytes.count >= 2, bytes[0] == 0xD3, bytes[1] >> 4 == 1 else {
            return output + Base64Writer.write(bytes, into: output)
        }
        output[0] = UInt8(ascii: "0")
        output[1] = UInt8(ascii: "x")
        var end = output + 2
        for byte in bytes {
            end[0] = hexDigit(byte >> 4)
            end[1] = hexDigit(byte & 15)
            end += 2
        }
        return end
    }
}
