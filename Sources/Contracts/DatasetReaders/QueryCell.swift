/// A value of a row, where it lies: nothing is copied, nor allocated.
package enum QueryCell {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    /// A number in all its digits, as the database writes it: `12.50`, or `NaN`, `Infinity`.
    case number(UnsafeBufferPointer<UInt8>)
    /// UTF-8 as a rule; a database may hold other bytes.
    case text(UnsafeBufferPointer<UInt8>)
    /// A document, as text.
    case json(UnsafeBufferPointer<UInt8>)
    case binary(UnsafeBufferPointer<UInt8>)
    /// A date, a time or a timestamp, as RFC 3339 writes it: `2024-01-15`, `08:00:00.5`, `2024-01-15T08:00:00.123456Z`; a timestamp without a
    /// time zone has no `Z`. What is none stays as it is stored.
    case time(UnsafeBufferPointer<UInt8>)

    package var isNull: Bool { if case .null = self { true } else { false } }

    /// As text; nil for NULL. Allocates: for headers, keys and the like.
    package var string: String? {
        switch self {
        case .null: nil
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .double(let value): "\(value)"
        case .number(let bytes), .text(let bytes), .json(let bytes), .binary(let bytes), .time(let bytes):
            String(decoding: bytes, as: UTF8.self)
        }
    }
}
