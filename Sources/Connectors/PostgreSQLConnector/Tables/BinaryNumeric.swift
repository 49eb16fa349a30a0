import JSONText

/// Reads the server's binary numeric: groups of four decimal digits. `BinaryValues.numeric` writes it.
enum BinaryNumeric {
    private static let negative: UInt16 = 0x4000
    private static let notANumber: UInt16 = 0xC000
    private static let infinity: UInt16 = 0xD000
    private static let negativeInfinity: UInt16 = 0xF000

    @inline(__always)
    private static func load(_ base: UnsafePointer<UInt8>, _ place: Int) -> UInt16 {
        UInt16(bigEndian: UnsafeRawPointer(base + place &* 2).loadUnaligned(as: UInt16.self))
    }

    /// Whether it is NaN or infinite.
    @inline(__always)
    static func isSpecial(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { bytes.count >= 8 && bytes[4] >= 0xC0 }

    /// Bytes that `write` needs at most.
    @inline(__always)
    static func room(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        guard bytes.count >= 8, let base = bytes.baseAddress else { return 0 }
        let weight = Int(Int16(bitPattern: load(base, 1)))
        return (max(weight, 0) + 1) * 4 + Int(load(base, 3) & 0x3FFF) + 16
    }

    /// Writes all digits, as many after the point as the value shows; a text for what is not a number. Nil when malformed.
    static func write(
        _ bytes: UnsafeBufferPointer<UInt8>, into start: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8>? {
        guard bytes.count >= 8, let base = bytes.baseAddress else { return nil }
        let groups = Int(load(base, 0))
        let weight = Int(Int16(bitPattern: load(base, 1)))
        let sign = load(base, 2)
        let scale = Int(load(base, 3) & 0x3FFF)
        guard bytes.count == 8 + groups * 2 else { return nil }
        var output = start
        switch sign {
        case 0: break
        case negative:
            output.pointee = UInt8(ascii: "-")
            output += 1
        case notANumber: return put("\"NaN\"", output)
        case infinity: return put("\"Infinity\"", output)
        case negativeInfinity: return put("\"-Infinity\"", output)
        default: return nil
        }
        // Groups before the point; the first one without its zeros.
        if weight < 0 {
            output.pointee = UInt8(ascii: "0")
            output += 1
        } else {
            for place in 0...weight {
                let group = place < groups ? load(base, 4 + place) : 0
                guard group < 10_000 else { return nil }
                output = place == 0 ? DecimalDigits.write(Int64(group), into: output) : write(group, 4, output)
            }
        }
        guard scale > 0 else { return output }
        output.pointee = UInt8(ascii: ".")
        output += 1
        var left = scale
        var place = weight + 1
        while left > 0 {
            let group = place >= 0 && place < groups ? load(base, 4 + place) : 0
            guard group < 10_000 else { return nil }
            let digits = min(left, 4)
            output = write(group, digits, output)
            left -= digits
            place += 1
        }
        return output
    }

    /// The first digits of a group.
    @inline(__always)
    private static func write(
        _ group: UInt16, _ digits: Int, _ output: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        output[0] = UInt8(truncatingIfNeeded: group / 1000) &+ 0x30
        if digits > 1 { output[1] = UInt8(truncatingIfNeeded: group / 100 % 10) &+ 0x30 }
        if digits > 2 { output[2] = UInt8(truncatingIfNeeded: group / 10 % 10) &+ 0x30 }
        if digits > 3 { output[3] = UInt8(truncatingIfNeeded: group % 10) &+ 0x30 }
        return output + digits
    }

    private static func put(
        _ text: StaticString, _ output: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        output.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        return output + text.utf8CodeUnitCount
    }
}
