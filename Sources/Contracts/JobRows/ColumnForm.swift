/// How columnar databases store the values of a column in memory: one after the other, all of one width.
package struct ColumnForm: Sendable {
    enum Kind: UInt8 { case view, bits8, bits16, bits32, bits64, integerAsDouble, scaled, rounded, thousandfold }

    let kind: Kind
    /// The form in which a row's value is needed.
    package let rowForm: RowForm
    /// The name of the type if it is narrower than the schema's.
    package private(set) var typeName: String?
    /// The bounds of an integer.
    private(set) var range = Int64.min...Int64.max
    /// The digits of a `scaled` number after the point, or the microseconds of a `rounded` time's unit.
    private(set) var scale = 0
    /// Bytes of a `scaled` number.
    private(set) var width = 16
    /// The exclusive bound of a `scaled` number.
    private(set) var limit = Int128.max

    private init(_ kind: Kind, _ rowForm: RowForm, _ typeName: String? = nil) {
        self.kind = kind
        self.rowForm = rowForm
        self.typeName = typeName
    }

    /// A text, or bytes, in 16 bytes: the length in four, then itself if it has at most 12 bytes, else its first four
    /// and its address in the batch.
    package static func view(_ form: RowForm) -> ColumnForm { ColumnForm(.view, form) }

    /// An integer, a double or a time, in its native width.
    package static func bits<Number: FixedWidthInteger>(
        _ type: Number.Type, _ form: RowForm, _ typeName: String? = nil
    ) -> ColumnForm {
        let kind: Kind =
            switch type.bitWidth {
            case 8: .bits8
            case 16: .bits16
            case 32: .bits32
            default: .bits64
            }
        var made = ColumnForm(kind, form, typeName)
        if form == .integer { made.range = Int64(type.min)...Int64(type.max) }
        return made
    }

    /// An integer as a double, which has 53 bits for it.
    package static func integerAsDouble(_ typeName: String) -> ColumnForm {
        var form = ColumnForm(.integerAsDouble, .integer, "\(typeName), which has 53 bits for integers,")
        form.range = -(1 << 53)...(1 << 53)
        return form
    }

    /// A number times ten to the power of `scale`, in 2, 4, 8 or 16 bytes for up to 4, 9, 18 or 38 digits. Further
    /// digits are rounded half away from zero, as databases do.
    package static func scaled(digits: Int, scale: Int, _ typeName: String) -> ColumnForm {
        var form = ColumnForm(.scaled, .number, typeName)
        form.scale = scale
        form.width = digits <= 4 ? 2 : digits <= 9 ? 4 : digits <= 18 ? 8 : 16
        form.limit = ScaledNumber.power(digits)
        return form
    }

    /// An integer of 128 bits.
    package static let integer128 = ColumnForm(.scaled, .number)

    /// A timestamp in whole units of `unit` microseconds, rounded half away from 1970.
    package static func rounded(microseconds: Int) -> ColumnForm {
        var form = ColumnForm(.rounded, .microseconds)
        form.scale = microseconds
        return form
    }

    /// A timestamp as nanoseconds.
    package static func nanoseconds(_ typeName: String) -> ColumnForm {
        var form = ColumnForm(.thousandfold, .microseconds, "\(typeName), of the years 1677 to 2262,")
        // The least integer is not a time.
        form.range = -Int64.max / 1000...Int64.max / 1000
        return form
    }
}
