import CArrow

/// Some rows, in the sender's memory, which is released with the object.
package final class ArrowBatch {
    package private(set) var rowCount = 0
    package private(set) var columns: [ArrowColumn] = []
    let array: UnsafeMutablePointer<ArrowArray>

    init() {
        array = .allocate(capacity: 1)
        array.initialize(to: ArrowArray())
    }

    /// Takes over what an array holds, for tests.
    package convenience init(taking address: UnsafeMutableRawPointer, _ fields: [ArrowField]) throws(ArrowError) {
        self.init()
        let source = address.assumingMemoryBound(to: ArrowArray.self)
        array.pointee = source.pointee
        source.pointee.release = nil
        try examine(fields)
    }

    deinit {
        array.pointee.release?(array)
        array.deallocate()
    }

    func examine(_ fields: [ArrowField]) throws(ArrowError) {
        let raw = array.pointee
        guard raw.length >= 0, raw.offset >= 0, raw.length <= Int64(ArrowColumn.mostRows),
            raw.offset <= Int64(ArrowColumn.mostRows)
        else { throw ArrowError(.malformed, "a batch has \(raw.length) rows from row \(raw.offset) on") }
        guard Int(raw.n_children) == fields.count, fields.isEmpty || raw.children != nil else {
            throw ArrowError(.malformed, "a batch has \(raw.n_children) columns instead of \(fields.count)")
        }
        rowCount = Int(raw.length)
        // A row that is null as a whole is a row of nulls.
        let validity = ArrowColumn.validity(raw)
        columns.reserveCapacity(fields.count)
        for (index, field) in fields.enumerated() {
            guard let child = raw.children[index] else {
                throw ArrowError(.malformed, column: field.path, "its values are missing")
            }
            let column = try ArrowColumn(child, field, needed: rowCount + Int(raw.offset))
            column.shift(by: Int(raw.offset), within: validity)
            columns.append(column)
        }
    }
}
