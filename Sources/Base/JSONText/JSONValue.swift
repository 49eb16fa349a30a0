/// A JSON document in memory: schemas, manifests, state, hints. Records never become one.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The digits as written; a number is never converted.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

    package static func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }

    package var stringValue: String? { if case .string(let text) = self { text } else { nil } }
    package var boolValue: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    package var intValue: Int? { if case .number(let digits) = self { Int(digits) } else { nil } }
    package var arrayValue: [JSONValue]? { if case .array(let items) = self { items } else { nil } }
    package var objectValue: JSONObject? { if case .object(let object) = self { object } else { nil } }
    package var isNull: Bool { if case .null = self { true } else { false } }

    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): ExactString(a) == ExactString(b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }
}

/// A JSON object that keeps the order in which its keys arrived. The order does not matter to equality.
package struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    private var order: [ExactString] = []
    private var values: [ExactString: JSONValue] = [:]

    package init() {}

    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }

    package var isEmpty: Bool { order.isEmpty }
    package var count: Int { order.count }
    package var keys: [String] { order.map(\.text) }

    /// Members in order.
    package var members: [(key: String, value: JSONValue)] {
        order.map { (key: $0.text, value: values[$0] ?? .null) }
    }

    /// Setting an existing key keeps its place; setting `nil` removes the key.
    package subscript(key: String) -> JSONValue? {
        get { values[ExactString(key)] }
        set {
            let exact = ExactString(key)
            if let newValue {
                if values.updateValue(newValue, forKey: exact) == nil { order.append(exact) }
            } else if values.removeValue(forKey: exact) != nil {
                order.removeAll { $0 == exact }
            }
        }
    }

    /// Copies every member of `other`; an existing key keeps its place and gets the new value.
    package mutating func merge(_ other: JSONObject) {
        for (key, value) in other.members { self[key] = value }
    }

    package static func == (left: JSONObject, right: JSONObject) -> Bool { left.values == right.values }
}

extension JSONValue {
    /// The member at a path of keys, or nil.
    package subscript(path: String...) -> JSONValue? {
        var value = self
        for key in path {
            guard case .object(let object) = value, let next = object[key] else { return nil }
            value = next
        }
        return value
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int) { self = .number(String(value)) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
}
