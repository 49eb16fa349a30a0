package import JSONText

/// The target of rows.
package protocol RowOutput: AnyObject {
    /// The handle for appending rows to a table.
    func table(_ name: String) -> Int
    /// The memory for the next row of a table, after the existing ones: a JSON object and its newline.
    func buffer(of table: Int) -> ByteBuffer
    /// Counts the last `bytes` of the table's buffer as a row.
    func endRow(of table: Int, bytes: Int) throws
}
