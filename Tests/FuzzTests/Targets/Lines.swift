import SystemIO
import TestSupport

extension FuzzTarget {
    /// Lines are the same however the input is cut into blocks and reads, and are what lies between newlines.
    static let lines = FuzzTarget(name: "lines") { bytes in
        var input = FuzzInput(bytes)
        let blockBytes = 16 + input.option(below: 64)
        let portion = 1 + input.option(below: 40)
        let maximum = 1 + input.option(below: 256)
        var text = input.bytes
        let reader = LineReader(
            blocks: BlockReader(
                source: MemorySource(text, portion: portion), blockBytes: blockBytes, maximumLineBytes: maximum))
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text.removeFirst(3) }
        var expected = text.split(separator: 0x0A, omittingEmptySubsequences: false)
        // What stands behind the last newline is a line only when there is something.
        if expected.last?.isEmpty == true { expected.removeLast() }
        for (index, raw) in expected.enumerated() {
            let hasNewline = index < expected.count - 1 || text.last == 0x0A
            let wanted = hasNewline && raw.last == 0x0D ? raw.dropLast() : raw
            do {
                guard let line = try reader.next() else { throw Finding(description: "line \(index + 1) is missing") }
                try require(line.bytes.elementsEqual(wanted), "line \(index + 1) is another")
                try require(line.number == index + 1, "line \(index + 1) has number \(line.number)")
                try require(raw.count <= maximum, "line \(index + 1) is too long and was not refused")
            } catch let error as LineTooLong {
                try require(
                    raw.count > maximum, "line \(index + 1) has \(raw.count) bytes of \(maximum), and is refused")
                try require(error.number == index + 1, "line \(index + 1) is refused as \(error.number ?? 0)")
                return
            }
        }
        try require(try reader.next() == nil, "there is a line too many")
    }
}
