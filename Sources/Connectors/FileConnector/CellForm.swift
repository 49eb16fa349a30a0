import Coercion
import DateTimes
import Schemas

/// The kinds of cells seen in a column. The sets of several cells are united, so their order does not matter.
struct CellForms: OptionSet {
    let rawValue: UInt8

    /// An integer of up to 15 digits, which a double holds exactly.
    static let integer = CellForms(rawValue: 1)
    /// One of up to 64 bits.
    static let longInteger = CellForms(rawValue: 2)
    /// One of up to 256 bits.
    static let hugeInteger = CellForms(rawValue: 4)
    /// A decimal, or a number with an exponent.
    static let real = CellForms(rawValue: 8)
    static let bool = CellForms(rawValue: 16)
    static let timestamp = CellForms(rawValue: 32)
    static let text = CellForms(rawValue: 64)
    /// Only white space, which does not affect the type of a column with other cells.
    static let blank = CellForms(rawValue: 128)

    /// The kind of a cell that is not empty.
    ///
    /// - Parameters:
    ///   - cell: the text between the quotes of a quoted cell.
    ///   - isQuoted: the cell is a text, whatever it looks like.
    static func of(_ cell: UnsafeBufferPointer<UInt8>, isQuoted: Bool) -> CellForms {
        if isQuoted { return isTimestamp(cell) ? .timestamp : .text }
        let bare = withoutBlanks(cell)
        guard !bare.isEmpty else { return .blank }
        if let number = NumberForm(bare) { return of(number, bare) }
        if boolean(bare) != nil { return .bool }
        return isTimestamp(cell) ? .timestamp : .text
    }

    private static func of(_ number: NumberForm, _ cell: UnsafeBufferPointer<UInt8>) -> CellForms {
        guard number.isInteger else { return number.fitsDouble(cell) ? .real : .text }
        if number.wholeDigits <= NumberForm.digitsOfDouble { return .integer }
        if number.wholeDigits <= 18 { return .longInteger }
        switch NumberToken.nativeType(ofInteger: cell) {
        case .bigint: return .longInteger
        case .wei: return .hugeInteger
        default: return .text
        }
    }

    /// By the rule that infers the types of records: plain dates and plain times are texts.
    static func isTimestamp(_ cell: UnsafeBufferPointer<UInt8>) -> Bool {
        guard mayBeTimestamp(cell), case .timestamp(let instant)? = parseTemporal(cell) else { return false }
        return instant.utcMicroseconds != nil
    }

    /// `true` and `false` in the three spellings that programs print.
    @inline(__always)
    static func boolean(_ cell: UnsafeBufferPointer<UInt8>) -> Bool? {
        guard cell.count == 4 || cell.count == 5 else { return nil }
        if cell.count == 4 { return isSpelling(cell, of: "true") ? true : nil }
        return isSpelling(cell, of: "false") ? false : nil
    }

    /// All letters lower-case, all upper-case, or only the first one upper-case.
    private static func isSpelling(_ cell: UnsafeBufferPointer<UInt8>, of word: StaticString) -> Bool {
        let hasCapital = cell[0] & 0x20 == 0
        let areCapitals = cell[1] & 0x20 == 0
        if areCapitals && !hasCapital { return false }
        for index in 0..<cell.count {
            let isCapital = index == 0 ? hasCapital : areCapitals
            if cell[index] != word.utf8Start[index] &- (isCapital ? 0x20 : 0) { return false }
        }
        return true
    }

    /// Whether the cell, apart from blanks around it, is one of the texts.
    static func isAny(of texts: [[UInt8]], _ cell: UnsafeBufferPointer<UInt8>) -> Bool {
        let bare = withoutBlanks(cell)
        for text in texts where text.count == bare.count && bare.elementsEqual(text) { return true }
        return false
    }

    /// The cell without the spaces and tabs around it.
    @inline(__always)
    static func withoutBlanks(_ cell: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var start = 0
        var end = cell.count
        while start < end, isBlank(cell[start]) { start &+= 1 }
        while end > start, isBlank(cell[end &- 1]) { end &-= 1 }
        return end &- start == cell.count ? cell : UnsafeBufferPointer(rebasing: cell[start..<end])
    }

    @inline(__always)
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
