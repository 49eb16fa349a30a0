/// Writes values without some of their parts, and restores the tape.
extension JSONTape {
    /// Appends the value at a node as the text has it, without the members and elements that were removed.
    ///
    /// Recursive: for texts of at most `recursionDepth` levels.
    package func append(kept index: Int, of text: UnsafeBufferPointer<UInt8>, to output: ByteBuffer) {
        let node = self[index]
        guard hasForgotten(in: index) else { return append(index, of: text, to: output) }
        let isObject = node.kind == .object
        output.append(UInt8(ascii: isObject ? "{" : "["))
        var isFirst = true
        var next = index + 1
        for _ in 0..<node.count {
            let value = isObject ? next + 1 : next
            if !isForgotten(value) {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                if isObject {
                    append(next, of: text, to: output)
                    output.append(UInt8(ascii: ":"))
                }
                append(kept: value, of: text, to: output)
            }
            next = Int(self[value].next)
        }
        output.append(UInt8(ascii: isObject ? "}" : "]"))
    }

    private func hasForgotten(in index: Int) -> Bool {
        (index + 1..<max(Int(self[index].next), index + 1)).contains(where: isForgotten)
    }

    /// The bytes of a node as written; the range of a string excludes its quotes.
    private func append(_ index: Int, of text: UnsafeBufferPointer<UInt8>, to output: ByteBuffer) {
        let node = self[index]
        let quotes = if case .string = node.kind { 1 } else { 0 }
        output.append(UnsafeBufferPointer(rebasing: text[Int(node.start) - quotes..<Int(node.end) + quotes]))
    }
}
