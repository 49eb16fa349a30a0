package import JSONText

/// Where rows go.
package protocol RowOutput: AnyObject {
    /// The handle under which rows of a table are appended.
    func table(_ name: String) -> Int
    /// Where the next row of a table is put, at the end of what is there: a JSON object and its newline.
    func buffer(of table: Int) -> ByteBuffer
    /// Counts the last `bytes` of the table's buffer as a row.
    func endRow(of table: Int, bytes: Int) throws
}
