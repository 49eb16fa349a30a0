import JSONText
import SystemIO

/// Reads the origins of rows, one after the other. Damage appears as an error.
package final class OriginReader {
    private var bytes: any ByteSource
    private let name: String
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private var available = 0..<0
    private var source: JSONObject?
    private var number = 0
    private var line = 0

    init(_ bytes: any ByteSource, name: String) {
        self.bytes = bytes
        self.name = name
    }

    deinit { buffer.deallocate() }

    /// The origin of the next row; nil after the last.
    package func next() throws -> RowOrigin? {
        guard var byte = try nextByte() else { return nil }
        if byte == OriginCode.source {
            source = try nextSource()
            (number, line) = (0, 0)
            byte = try expectedByte()
        }
        guard let source else { throw damage("it begins without a source") }
        let code = try value(byte)
        guard code > 0 else { throw damage("a source follows a source") }
        let step = OriginCode.unfolded((code - 1) >> 1).addingReportingOverflow(1)
        var lines = step
        if (code - 1) & 1 == 1 { lines = (OriginCode.unfolded(try value(expectedByte())), false) }
        let (next, at) = (
            number.addingReportingOverflow(step.partialValue), line.addingReportingOverflow(lines.partialValue)
        )
        guard !step.overflow, !next.overflow, !at.overflow else { throw damage("a number is too large") }
        (number, line) = (next.partialValue, at.partialValue)
        return RowOrigin(source: source, number: number, line: line)
    }

    private func nextSource() throws -> JSONObject {
        let count = try value(expectedByte())
        guard count <= OriginCode.longestSource else { throw damage("a source is too long") }
        var text: [UInt8] = []
        for _ in 0..<count { text.append(try expectedByte()) }
        guard let object = try? JSONValue(parsing: text).objectValue else { throw damage("a source is not an object") }
        return object
    }

    private func value(_ first: UInt8) throws -> UInt64 {
        var byte = first
        var value = UInt64(byte & 0x7F)
        var shift: UInt64 = 7
        while byte & 0x80 != 0 {
            byte = try expectedByte()
            guard shift < 63 || shift == 63 && byte <= 1 else { throw damage("a number is too large") }
            value |= UInt64(byte & 0x7F) << shift
            shift += 7
        }
        return value
    }

    private func expectedByte() throws -> UInt8 {
        guard let byte = try nextByte() else { throw damage("it ends inside a row") }
        return byte
    }

    private func nextByte() throws -> UInt8? {
        if available.isEmpty {
            let count = try bytes.read(into: buffer)
            guard count > 0 else { return nil }
            available = 0..<count
        }
        let byte = buffer[available.lowerBound]
        available = available.lowerBound + 1..<available.upperBound
        return byte
    }

    func damage(_ reason: String) -> PackageDamage { PackageDamage("\(name) is damaged: \(reason)") }
}
