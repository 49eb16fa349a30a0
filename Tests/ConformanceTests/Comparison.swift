import JSONText

/// One place where what came is not what was expected; nil stands for absent.
struct Difference: CustomStringConvertible {
    let place: String
    let expected: JSONValue?
    let actual: JSONValue?

    init(_ place: String, _ expected: JSONValue?, _ actual: JSONValue?) {
        self.place = place
        self.expected = expected
        self.actual = actual
    }

    var description: String {
        "\(place)\n  - expected: \(Difference.shown(expected))\n  + came:     \(Difference.shown(actual))"
    }

    private static func shown(_ value: JSONValue?) -> String {
        guard let text = value?.serialized() else { return "(absent)" }
        return text.count <= 600 ? text : text.prefix(600) + " …"
    }
}

/// All differences of two values. Objects are equal whatever their order, except `columns`, whose order counts.
func differences(_ expected: JSONValue, _ actual: JSONValue, at place: String = "") -> [Difference] {
    switch (expected, actual) {
    case (.object(let want), .object(let got)):
        var found: [Difference] = []
        for (key, value) in want.members {
            let here = place.isEmpty ? key : "\(place).\(key)"
            guard let other = got[key] else {
                found.append(Difference(here, value, nil))
                continue
            }
            found += differences(value, other, at: here)
        }
        for (key, value) in got.members where want[key] == nil {
            found.append(Difference(place.isEmpty ? key : "\(place).\(key)", nil, value))
        }
        if place.hasSuffix(".columns"), found.isEmpty {
            let isInOrder = zip(want.keys, got.keys).allSatisfy { ExactString($0) == ExactString($1) }
            if !isInOrder { found.append(Difference("\(place) (order)", .strings(want.keys), .strings(got.keys))) }
        }
        return found
    case (.array(let want), .array(let got)):
        if place.hasSuffix(".columns") {
            let wanted = JSONValue.array(want.map(firstName))
            let names = JSONValue.array(got.map(firstName))
            if wanted != names { return [Difference("\(place) (names)", wanted, names)] }
        }
        var found: [Difference] = []
        for index in 0..<max(want.count, got.count) {
            let here = "\(place)[\(index)]"
            if index >= got.count {
                found.append(Difference(here, want[index], nil))
            } else if index >= want.count {
                found.append(Difference(here, nil, got[index]))
            } else {
                found += differences(want[index], got[index], at: here)
            }
        }
        return found
    case (.number(let want), .number(let got)):
        return isSameNumber(want, got) ? [] : [Difference(place, expected, actual)]
    default:
        return expected == actual ? [] : [Difference(place, expected, actual)]
    }
}

private func firstName(_ column: JSONValue) -> JSONValue { column.arrayValue?.first ?? column }

/// Numbers with a fraction or an exponent are compared as doubles, others digit by digit.
private func isSameNumber(_ left: String, _ right: String) -> Bool {
    func isReal(_ digits: String) -> Bool { digits.contains { $0 == "." || $0 == "e" || $0 == "E" } }
    guard isReal(left) == isReal(right) else { return false }
    if isReal(left) { return Double(left) == Double(right) }
    return left == right || (["0", "-0"].contains(left) && ["0", "-0"].contains(right))
}

extension ConformanceCase {
    /// What is wrong with a step; what the expectation leaves out is not compared.
    func differences(step number: Int, expected: JSONValue, actual: JSONValue) -> [Difference] {
        let place = "step \(number)"
        if let error = expected["error"] {
            let statuses = steps[number - 1].failure ?? [65]
            if let status = actual["error"]?.intValue, statuses.contains(status) { return [] }
            return [
                Difference(
                    "\(place) should fail (\(error.stringValue ?? "error") in dlt)",
                    .string("exit \(statuses)"), actual["message"] ?? "(no error)")
            ]
        }
        if actual["error"] != nil { return [Difference(place, "success", actual["message"])] }
        return (expected.objectValue?.members ?? []).flatMap { key, value in
            ConformanceTests.differences(value, actual[key] ?? .null, at: "\(place).\(key)")
        }
    }
}
