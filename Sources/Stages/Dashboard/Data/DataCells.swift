import DatasetReaders
import JSONText
import Markup
import ProgramSupport
import Schemas

/// A value of a dataset, kept after its row is gone.
enum DataValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// In all its digits.
    case number(String)
    case text(String)
    case json(String)
    case time(String)
    case binary(bytes: Int)

    /// The longest text that is kept of a value for a list.
    private static let longest = 4096

    init(_ cell: QueryCell, whole: Bool = false) {
        func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
            guard !whole, bytes.count > Self.longest else { return String(decoding: bytes, as: UTF8.self) }
            return String(decoding: bytes.prefix(Self.longest), as: UTF8.self) + "…"
        }
        switch cell {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .number(String(value))
        case .double(let value): self = .number("\(value)")
        case .number(let bytes): self = .number(text(bytes))
        case .text(let bytes): self = .text(text(bytes))
        case .json(let bytes): self = .json(text(bytes))
        case .time(let bytes): self = .time(text(bytes))
        case .binary(let bytes): self = .binary(bytes: bytes.count)
        }
    }

    /// As a filter takes it; nil for what has no text.
    var text: String? {
        switch self {
        case .null, .binary: nil
        case .bool(let value): value ? "true" : "false"
        case .number(let text), .text(let text), .json(let text), .time(let text): text
        }
    }

    var html: HTML {
        switch self {
        case .null: "<span class=\"null\">null</span>"
        case .bool(let value): "<span>\(value ? "true" : "false")</span>"
        case .number(let text): HTML(text)
        case .text(let text): text.isEmpty ? "<span class=\"null\">empty</span>" : .clipped(text, to: 80)
        case .json(let text): "<code>\(HTML.clipped(text, to: 80))</code>"
        case .time(let text): "<span class=\"when\">\(text)</span>"
        case .binary(let bytes): "<span class=\"null\">\(NumberText.bytes(Int64(bytes)))</span>"
        }
    }

    var json: JSONValue {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let text):
            // What JSON has no number for stays text.
            (try? JSONValue(parsing: text)).flatMap { if case .number = $0 { $0 } else { nil } } ?? .string(text)
        case .text(let text), .time(let text): .string(text)
        case .json(let text): (try? JSONValue(parsing: text)) ?? .string(text)
        case .binary(let bytes): ["bytes": .integer(bytes)]
        }
    }

    var isNumber: Bool { if case .number = self { true } else { false } }
}

/// The rows of a query, as far as they were wanted.
struct DataRows {
    let columns: [QueryColumn]
    private(set) var rows: [[DataValue]] = []
    private(set) var isCut = false

    /// - Parameter limit: after which the query is ended.
    init(_ found: any QueryRows, limit: Int, whole: Bool = false) throws {
        columns = found.columns
        while try found.next() {
            if rows.count == limit {
                isCut = true
                break
            }
            rows.append(columns.indices.map { DataValue(found.cell($0), whole: whole) })
        }
        found.close()
    }

    func isNumber(_ column: Int) -> Bool {
        rows.contains { $0[column].isNumber } && rows.allSatisfy { $0[column].isNumber || $0[column] == .null }
    }

    var json: JSONValue {
        .array(
            rows.map { row in
                var object = JSONObject()
                for (column, value) in zip(columns, row) { object[column.name] = value.json }
                return .object(object)
            })
    }
}
