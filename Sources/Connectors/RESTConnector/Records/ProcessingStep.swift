import Documents
import JSONText

/// A change of records on their way, described instead of written in Python: covers the usual purposes of dlt's
/// functions.
enum ProcessingStep: Sendable {
    case filter([Condition])
    case map(Change)
    case expand(Expansion)

    init(_ value: LocatedValue) throws(Misconfigured) {
        guard let members = value.members?.filter({ !$0.value.isNull }), members.count == 1, let member = members.first
        else { throw Misconfigured("expected one of filter, map, yield_map", at: value) }
        switch member.key {
        case "filter":
            var conditions: [Condition] = []
            for item in member.value.items ?? [member.value] { conditions.append(try Condition(item)) }
            self = .filter(conditions)
        case "map": self = .map(Change(member.value))
        default: self = .expand(try Expansion(member.value))
        }
    }
}

struct Condition: Sendable {
    enum Test: Sendable {
        case oneOf([JSONValue])
        case noneOf([JSONValue])
        case contains(String)
        case exists(Bool)
        case compares(JSONValue, isAbove: Bool, orEqual: Bool)
    }

    let path: JSONPath
    let tests: [Test]

    init(_ value: LocatedValue) throws(Misconfigured) {
        do throws(JSONPath.Malformed) { path = try JSONPath(value["field"]?.string ?? "") } catch {
            throw Misconfigured(error.reason, at: value["field"])
        }
        var tests: [Test] = []
        for member in value.members ?? [] {
            switch member.key {
            case "equals": tests.append(.oneOf([member.value.json]))
            case "not_equals": tests.append(.noneOf([member.value.json]))
            case "in": tests.append(.oneOf((member.value.items ?? []).map(\.json)))
            case "not_in": tests.append(.noneOf((member.value.items ?? []).map(\.json)))
            case "contains": tests.append(.contains(member.value.string ?? ""))
            case "exists": tests.append(.exists(member.value.bool ?? true))
            case "above": tests.append(.compares(member.value.json, isAbove: true, orEqual: false))
            case "at_least": tests.append(.compares(member.value.json, isAbove: true, orEqual: true))
            case "below": tests.append(.compares(member.value.json, isAbove: false, orEqual: false))
            case "at_most": tests.append(.compares(member.value.json, isAbove: false, orEqual: true))
            default: continue
            }
        }
        guard !tests.isEmpty else {
            throw Misconfigured("a condition needs a test, such as equals, in, exists or above", at: value)
        }
        self.tests = tests
    }

    func holds(for record: JSONPlace) -> Bool {
        let found = record.first(path)
        return tests.allSatisfy { test in
            switch test {
            case .oneOf(let values): values.contains { Self.isEqual(found, $0) }
            case .noneOf(let values): !values.contains { Self.isEqual(found, $0) }
            case .contains(let text): Self.contains(found, text)
            case .exists(let wanted): (found.map { !$0.isNull } ?? false) == wanted
            case .compares(let bound, let isAbove, let orEqual):
                Self.compare(found, bound).map { $0 == 0 ? orEqual : ($0 > 0) == isAbove } ?? false
            }
        }
    }

    /// An absent value equals null. Numbers are equal by value: 1 and 1.0.
    private static func isEqual(_ found: JSONPlace?, _ value: JSONValue) -> Bool {
        guard let found, !found.isNull else { return value.isNull }
        if case .number = value, found.kind == .integer || found.kind == .real { return compare(found, value) == 0 }
        return found.value == value
    }

    private static func contains(_ found: JSONPlace?, _ text: String) -> Bool {
        guard let found else { return false }
        if found.kind == .array { return found.elements.contains { $0.string == text } }
        return found.string?.contains(text) ?? false
    }

    /// -1, 0 or 1: numbers by value, strings by their bytes, so that ISO times are in order; nil for values that have
    /// no order.
    private static func compare(_ found: JSONPlace?, _ bound: JSONValue) -> Int? {
        guard let found else { return nil }
        switch (found.kind, bound) {
        case (.integer, .number(let digits)), (.real, .number(let digits)):
            guard let text = found.string else { return nil }
            if let a = Int(text), let b = Int(digits) { return a < b ? -1 : a > b ? 1 : 0 }
            guard let a = Double(text), let b = Double(digits) else { return nil }
            return a < b ? -1 : a > b ? 1 : 0
        case (.string, .string(let text)):
            guard let found = found.string else { return nil }
            let a = ExactString(found)
            let b = ExactString(text)
            return a < b ? -1 : a == b ? 0 : 1
        default: return nil
        }
    }
}

/// Top-level fields kept, left out, renamed and added.
struct Change: Sendable {
    private let included: Set<ExactString>?
    private let excluded: Set<ExactString>
    /// The new names with their quotes and colon, by the old names.
    private let renamed: [ExactString: [UInt8]]
    /// Name and value, written out.
    private let added: [(name: ExactString, member: [UInt8])]

    init(_ value: LocatedValue) {
        func names(_ key: String) -> Set<ExactString>? {
            value[key]?.items.map { Set($0.compactMap(\.string).map { ExactString($0) }) }
        }
        included = names("include")
        excluded = names("exclude") ?? []
        var renamed: [ExactString: [UInt8]] = [:]
        for member in value["rename"]?.members ?? [] {
            renamed[ExactString(member.key)] = Self.key(member.value.string ?? member.key)
        }
        self.renamed = renamed
        added = (value["set"]?.members ?? []).map {
            (ExactString($0.key), Self.key($0.key) + $0.value.json.serializedBytes())
        }
    }

    private static func key(_ name: String) -> [UInt8] {
        var bytes: [UInt8] = []
        appendJSONString(name, to: &bytes)
        return bytes + [UInt8(ascii: ":")]
    }

    /// Writes the changed record; a value that is not an object is written unchanged.
    func write(_ record: JSONPlace, to output: ByteBuffer) {
        guard record.kind == .object else { return output.append(record.bytes) }
        output.append(UInt8(ascii: "{"))
        let start = output.count
        for member in record.members {
            let name = ExactString(member.key.string ?? "")
            if let included, !included.contains(name) { continue }
            if excluded.contains(name) || added.contains(where: { $0.name == name }) { continue }
            if output.count > start { output.append(UInt8(ascii: ",")) }
            if let renamed = renamed[name] {
                output.append(renamed)
            } else {
                output.append(member.key.bytes)
                output.append(UInt8(ascii: ":"))
            }
            output.append(member.value.bytes)
        }
        for (_, member) in added {
            if output.count > start { output.append(UInt8(ascii: ",")) }
            output.append(member)
        }
        output.append(UInt8(ascii: "}"))
    }
}

/// Makes a record of each element of a list.
struct Expansion: Sendable {
    let path: JSONPath
    private let kept: [[UInt8]]

    init(_ value: LocatedValue) throws(Misconfigured) {
        do throws(JSONPath.Malformed) { path = try JSONPath(value["path"]?.string ?? "") } catch {
            throw Misconfigured(error.reason, at: value["path"])
        }
        kept = (value["keep"]?.items ?? []).compactMap { $0.string.map { Array($0.utf8) } }
    }

    func elements(of record: JSONPlace) -> [JSONPlace] {
        let found = record.all(path)
        if found.count == 1, found[0].kind == .array { return found[0].elements }
        return found.filter { !$0.isNull }
    }

    /// Writes an element, followed by the kept fields of the whole record.
    func write(_ element: JSONPlace, of record: JSONPlace, to output: ByteBuffer) {
        output.append(element.bytes)
        guard !kept.isEmpty, element.kind == .object else { return }
        output.truncate(to: output.count - 1)
        var isFirst = element.node.count == 0
        for member in record.members
        where kept.contains(where: { record.tape.isKey(member.key.index, $0, in: record.text) }) {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            output.append(member.key.bytes)
            output.append(UInt8(ascii: ":"))
            output.append(member.value.bytes)
        }
        output.append(UInt8(ascii: "}"))
    }
}
