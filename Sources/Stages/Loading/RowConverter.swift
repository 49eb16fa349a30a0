import Coercion
import JSONText
import ProgramSupport
import Schemas
import SystemIO

/// A column whose values in the package have another type than the destination's column.
struct ColumnConversion {
    let source: Column
    let target: Column
    /// The target of values that have no form in the target's type; nil until there is one.
    var variant: Column?
    let variantName: String
}

/// Rewrites the rows of one table as they are read: converts values of columns that another load gave another type, by
/// dlt's rules, or moves them to the variant column.
final class RowConverter: ByteSource {
    private let blocks: BlockReader
    private let table: String
    private let conversions: [ExactString: ColumnConversion]
    private let coercer: Coercer
    private let tape = JSONTape()
    private let output = ByteBuffer(capacity: 1 << 20)
    private var handedOut = 0
    private var row = 0
    /// Names of the columns with a value that needs the variant column.
    private(set) var misfits: Set<ExactString> = []
    private let isProbe: Bool

    init(_ blocks: BlockReader, table: String, conversions: [ColumnConversion]) {
        self.blocks = blocks
        self.table = table
        self.conversions = Dictionary(conversions.map { (ExactString($0.source.name), $0) }) { first, _ in first }
        coercer = Coercer(nowSeconds: Double(Clock.nowMicroseconds()) / 1e6)
        isProbe = false
    }

    private init(probing blocks: BlockReader, table: String, conversions: [ColumnConversion]) {
        self.blocks = blocks
        self.table = table
        self.conversions = Dictionary(conversions.map { (ExactString($0.source.name), $0) }) { first, _ in first }
        coercer = Coercer(nowSeconds: Double(Clock.nowMicroseconds()) / 1e6)
        isProbe = true
    }

    /// The columns with a value that does not fit its target.
    static func misfits(
        in blocks: BlockReader, table: String, conversions: [ColumnConversion]
    ) throws -> Set<ExactString> {
        let probe = RowConverter(probing: blocks, table: table, conversions: conversions)
        while try probe.convertBlock() { probe.output.removeAll() }
        return probe.misfits
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while handedOut == output.count {
            output.removeAll(keeping: 2 << 20)
            handedOut = 0
            if try !convertBlock() { return 0 }
        }
        let count = min(buffer.count, output.count - handedOut)
        let rest = UnsafeRawBufferPointer(output.bytes(from: handedOut))
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
        handedOut += count
        return count
    }

    /// Converts the lines of the next block; false at the end.
    private func convertBlock() throws -> Bool {
        guard let block = try blocks.nextBlock() else { return false }
        let bytes = block.bindMemory(to: UInt8.self)
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            try convert(UnsafeBufferPointer(rebasing: bytes[start..<end]))
            start = end + 1
        }
        return true
    }

    private func convert(_ line: UnsafeBufferPointer<UInt8>) throws {
        row += 1
        do { try tape.scan(line) } catch { throw damaged("is not JSON: \(error)") }
        guard tape[0].kind == .object else { throw damaged("is not an object") }
        output.append(UInt8(ascii: "{"))
        let start = output.count
        var key = 1
        for _ in 0..<tape[0].count {
            let value = key + 1
            let name = ExactString(tape.string(at: key, in: line))
            if let conversion = conversions[name] {
                try convert(value, line, conversion, first: start)
            } else {
                copy(key, value, line, first: start)
            }
            key = Int(tape[value].next)
        }
        output.append("}\n")
    }

    private func copy(_ key: Int, _ value: Int, _ line: UnsafeBufferPointer<UInt8>, first: Int) {
        let end = Int(tape[value].end) + (tape[value].kind == .string ? 1 : 0)
        if output.count > first { output.append(UInt8(ascii: ",")) }
        output.append(UnsafeBufferPointer(rebasing: line[(Int(tape[key].start) - 1)..<end]))
    }

    private func convert(
        _ value: Int, _ line: UnsafeBufferPointer<UInt8>, _ conversion: ColumnConversion, first: Int
    ) throws {
        let scalar = scalar(value, line, conversion.source)
        if append(scalar, to: conversion.target, first: first) { return }
        misfits.insert(ExactString(conversion.source.name))
        if let variant = conversion.variant {
            if append(scalar, to: variant, first: first) { return }
        } else if isProbe {
            return
        }
        throw damaged(
            "has a value in column \"\(conversion.source.name)\" that fits neither that column nor its variant "
                + "\"\(conversion.variantName)\"")
    }

    private func scalar(_ value: Int, _ line: UnsafeBufferPointer<UInt8>, _ source: Column) -> Scalar {
        var node = tape[value]
        guard source.dataType == .json else { return Scalar(node, in: line) }
        if node.kind == .string {
            // JSON text, including its quotes.
            node.start -= 1
            node.end += 1
        }
        return Scalar(.json, UnsafeBufferPointer(rebasing: line[Int(node.start)..<Int(node.end)]))
    }

    /// Appends the member; false when the column's type has no form for the value.
    private func append(_ value: Scalar, to column: Column, first: Int) -> Bool {
        guard let type = column.dataType else { return false }
        let start = output.count
        if start > first { output.append(UInt8(ascii: ",")) }
        var label: [UInt8] = []
        appendJSONString(column.name, to: &label)
        output.append(label)
        output.append(UInt8(ascii: ":"))
        switch coercer.write(value, as: type, hasTimezone: column.hasTimezone, to: output) {
        case .written: return true
        case .null:
            output.truncate(to: start)
            return true
        case .impossible:
            output.truncate(to: start)
            return false
        }
    }

    private func damaged(_ reason: String) -> LoadFailure {
        LoadFailure(
            .damaged, .data, "unable to load table \"\(table)\": row \(row) \(reason)",
            hint: "run the whole pipe again")
    }
}
