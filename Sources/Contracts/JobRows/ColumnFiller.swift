package import Destinations
package import LoadPackages

/// Copies the rows of jobs into the columns of a columnar database: their cells in place, and a validity bit for each.
///
/// Everything that changes is in local variables or reached through pointers: every access to a property of a class would be
/// checked.
package final class ColumnFiller {
    private struct Slot {
        let form: ColumnForm
        var values: UnsafeMutableRawPointer
        let valid: UnsafeMutablePointer<UInt64>
        /// The first row without a value, from 1 in its job; 0 while there is none.
        var firstAbsence = 0
        /// The index of its job, from 0.
        var absenceJob = 0
    }

    package let columns: [RowColumn]
    private var faults = RowFaults(table: "", file: "")
    /// The number of rows in all jobs so far.
    private var files: [String] = []
    private let slots: UnsafeMutablePointer<Slot>
    private let words: UnsafeMutablePointer<UInt64>
    private let wordCount: Int

    /// - Parameter capacity: the most rows that are filled at once.
    package init(_ columns: [(column: RowColumn, form: ColumnForm)], capacity: Int) {
        self.columns = columns.map(\.column)
        wordCount = (capacity + 63) / 64
        words = .allocate(capacity: max(columns.count * wordCount, 1))
        slots = .allocate(capacity: max(columns.count, 1))
        for (index, column) in columns.enumerated() {
            let valid = words + index * wordCount
            (slots + index).initialize(
                to: Slot(form: column.form, values: UnsafeMutableRawPointer(words), valid: valid))
        }
    }

    deinit {
        words.deallocate()
        slots.deallocate()
    }

    /// The next rows belong to this job.
    package func begin(_ job: Manifest.Job) {
        faults = RowFaults(job)
        files.append(job.file)
    }

    /// The memory for the next values of a column; must be set for each.
    package func aim(_ column: Int, at values: UnsafeMutableRawPointer) { slots[column].values = values }

    /// Fills in `count` rows of a batch from its row `first` on. Writes nothing for a row without a value.
    package func fill(_ rows: RowBatch, from first: Int, count: Int) throws(DestinationError) {
        words.update(repeating: 0, count: columns.count * wordCount)
        var cell = rows.cells + (first == 0 ? 0 : Int(rows.ends[first - 1]))
        for index in 0..<count {
            let end = rows.cells + Int(rows.ends[first + index])
            while cell < end {
                let slot = slots + Int(cell.pointee.column)
                guard store(cell.pointee, rows.text, slot, index) else {
                    let column = columns[Int(cell.pointee.column)]
                    throw faults.mismatch(cell.pointee, rows.text, column, rows.firstRow + first + index)
                }
                slot.pointee.valid[index &>> 6] |= 1 &<< UInt64(truncatingIfNeeded: index & 63)
                cell += 1
            }
        }
    }

    /// One bit for each filled row: 1 if it has a value. Nil if all rows have one.
    package func validity(of column: Int, count: Int) -> UnsafePointer<UInt64>? {
        let valid = slots[column].valid
        for word in 0..<count / 64 where valid[word] != .max { return UnsafePointer(valid) }
        let last = (1 &<< UInt64(count % 64)) &- 1
        return count % 64 > 0 && valid[count / 64] != last ? UnsafePointer(valid) : nil
    }

    /// Remembers the first row without a value. For columns whose `validity` is not nil.
    ///
    /// - Parameter first: the number of the first row that was filled in, in its job.
    package func noteAbsence(of column: Int, rowsFrom first: Int) {
        let slot = slots + column
        guard slot.pointee.firstAbsence == 0,
            let word = (0..<wordCount).first(where: { slot.pointee.valid[$0] != .max })
        else { return }
        slot.pointee.firstAbsence = first + word * 64 + (~slot.pointee.valid[word]).trailingZeroBitCount
        slot.pointee.absenceJob = files.count - 1
    }

    /// The first row without a value in a column, from 1, and the file that has it; nil when all rows so far have one.
    package func firstAbsence(of column: Int) -> (row: Int, file: String)? {
        let slot = slots[column]
        guard slot.firstAbsence > 0 else { return nil }
        return (slot.firstAbsence, files.indices.contains(slot.absenceJob) ? files[slot.absenceJob] : "")
    }

    /// False when the column cannot hold the value.
    @inline(__always)
    private func store(
        _ cell: Cell, _ text: UnsafeMutablePointer<UInt8>, _ slot: UnsafeMutablePointer<Slot>, _ row: Int
    ) -> Bool {
        let values = slot.pointee.values
        let number = Int64(bitPattern: cell.bits)
        switch slot.pointee.form.kind {
        case .view:
            view(text + Int(cell.bits), Int(cell.count), values + row &* 16)
            return true
        case .bits64: put(cell.bits, values, row)
        case .bits8: put(Int8(truncatingIfNeeded: number), values, row)
        case .bits16: put(Int16(truncatingIfNeeded: number), values, row)
        case .bits32: put(Int32(truncatingIfNeeded: number), values, row)
        case .integerAsDouble: put(Double(number), values, row)
        case .thousandfold: put(number &* 1000, values, row)
        case .rounded:
            let unit = Int64(slot.pointee.form.scale)
            put((number &+ (number < 0 ? 0 &- unit : unit) / 2) / unit, values, row)
        case .scaled: return scaled(text + Int(cell.bits), Int(cell.count), slot, row)
        }
        return slot.pointee.form.range ~= number
    }

    @inline(__always)
    private func view(_ text: UnsafePointer<UInt8>, _ count: Int, _ target: UnsafeMutableRawPointer) {
        target.storeBytes(of: UInt64(truncatingIfNeeded: count), as: UInt64.self)
        if count <= 12 {
            target.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
            (target + 4).copyMemory(from: text, byteCount: count)
        } else {
            (target + 4).copyMemory(from: text, byteCount: 4)
            target.storeBytes(of: UInt(bitPattern: text), toByteOffset: 8, as: UInt.self)
        }
    }

    @inline(__always)
    private func scaled(
        _ text: UnsafePointer<UInt8>, _ count: Int, _ slot: UnsafeMutablePointer<Slot>, _ row: Int
    ) -> Bool {
        let (limit, values) = (slot.pointee.form.limit, slot.pointee.values)
        guard let value = ScaledNumber.read(text, count, scale: slot.pointee.form.scale), value < limit, value > -limit
        else { return false }
        switch slot.pointee.form.width {
        case 2: put(Int16(truncatingIfNeeded: value), values, row)
        case 4: put(Int32(truncatingIfNeeded: value), values, row)
        case 8: put(Int64(truncatingIfNeeded: value), values, row)
        default: put(value, values, row)
        }
        return true
    }

    @inline(__always)
    private func put<Value: BitwiseCopyable>(_ value: Value, _ values: UnsafeMutableRawPointer, _ row: Int) {
        values.storeBytes(of: value, toByteOffset: row &* MemoryLayout<Value>.size, as: Value.self)
    }
}
