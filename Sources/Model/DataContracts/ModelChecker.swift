package import JSONText
import Patterns

/// A mismatch between a record and a model, with its place.
package struct ModelFinding {
    package enum Step: Equatable {
        case key(String)
        case index(Int)
    }

    /// The path from the record to the value.
    package let path: [Step]
    package let entity: ContractEntity
    package let expected: String
    package let got: String
    /// The value's node on the tape; a missing or surplus value has none, so it is the node of its container.
    package let node: Int
    /// Whether leaving the value out makes the record valid, as far as this finding goes.
    package let isRemovable: Bool
}

/// Checks records against one model. Records stay on the tape; nothing is built unless there is a finding.
package final class ModelChecker {
    private let root: ModelRule
    private let tape: JSONTape
    private var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var path: [PathStep] = []
    private var findings: [ModelFinding] = []
    /// The number of nested attempts whose failures are not findings.
    private var trying = 0
    private var depth = 0
    /// How many more rules may be tried on the record.
    private var patience = 0
    /// The rules were deeper, or more numerous, than any record needs; their results no longer count.
    private var isExhausted = false
    private let characters = ByteBuffer()

    private enum PathStep {
        /// The node of the key.
        case key(Int)
        case index(Int)
        /// An element of a tuple: without it, later elements would change their meaning.
        case place(Int)
        case missing(String)
    }

    private static let maximumFindings = 100
    private static let maximumDepth = 1000
    /// Nested alternatives may be few in a model and double with every level.
    private static let leastPatience = 1_000_000
    private static let patiencePerNode = 1000

    /// - Parameter document: a JSON Schema without references to other documents.
    package init(_ document: JSONValue, tape: JSONTape) throws(ModelError) {
        root = try ModelCompiler.compile(document)
        self.tape = tape
    }

    /// The findings about the record at node `index`; empty when it is valid.
    package func check(record index: Int, of text: UnsafeBufferPointer<UInt8>) -> [ModelFinding] {
        self.text = text
        findings.removeAll(keepingCapacity: true)
        path.removeAll(keepingCapacity: true)
        depth = 0
        patience = ModelChecker.leastPatience + tape.count * ModelChecker.patiencePerNode
        isExhausted = tape.depth > JSONTape.recursionDepth
        _ = check(index, root)
        if isExhausted {
            trying = 0
            findings.removeAll()
            path.removeAll()
            _ = fail(index, isRemovable: false, expected: "a record that its model can follow to its end")
        }
        return findings
    }

    // MARK: Findings

    /// Records a finding unless this is only an attempt; returns false, for the caller to return.
    private func fail(
        _ node: Int, _ entity: ContractEntity = .dataType, isRemovable: Bool = true,
        expected: @autoclosure () -> String,
        got: @autoclosure () -> String? = nil
    ) -> Bool {
        guard trying == 0, findings.count < ModelChecker.maximumFindings else { return false }
        let steps = path.map { step in
            switch step {
            case .key(let node): ModelFinding.Step.key(tape.string(at: node, in: text))
            case .index(let index), .place(let index): ModelFinding.Step.index(index)
            case .missing(let name): ModelFinding.Step.key(name)
            }
        }
        findings.append(
            ModelFinding(
                path: steps, entity: entity, expected: expected(), got: got() ?? shown(node), node: node,
                isRemovable: isRemovable && canLeaveOutPlace))
        return false
    }

    /// Whether the value at the path can be left out of its container.
    private var canLeaveOutPlace: Bool {
        switch path.last {
        case .key?, .index?: true
        case .place?, .missing?, nil: false
        }
    }

    private func shown(_ node: Int) -> String {
        if case .null = tape[node].kind { return "null" }
        let kind =
            switch tape[node].kind {
            case .null: ""
            case .true, .false: "boolean "
            case .integer: "integer "
            case .real: "number "
            case .string: "string "
            case .array: "array "
            case .object: "object "
            }
        var bytes = bytes(node)
        if tape[node].kind == .string {
            // Including its quotes.
            bytes = UnsafeBufferPointer(rebasing: text[Int(tape[node].start) - 1..<Int(tape[node].end) + 1])
        }
        let value = String(decoding: bytes.prefix(200), as: UTF8.self)
        return kind + (value.count > 60 ? value.prefix(60) + "…" : value[...])
    }

    private func bytes(_ node: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: text[Int(tape[node].start)..<Int(tape[node].end)])
    }

    /// The characters of a string node as UTF-8; valid until the next call.
    private func characters(_ node: Int) -> UnsafeBufferPointer<UInt8> {
        guard tape[node].hasEscapes else { return bytes(node) }
        characters.removeAll()
        appendUnescaped(bytes(node), to: characters)
        return characters.bytes
    }

    private func tried(_ body: () -> Bool) -> Bool {
        trying += 1
        defer { trying -= 1 }
        return body()
    }

    // MARK: Rules

    private func check(_ node: Int, _ rule: ModelRule) -> Bool {
        depth += 1
        defer { depth -= 1 }
        // Rules that refer to each other without descending into the value would never end, and try all ways to do so.
        if isExhausted { return false }
        patience -= 1
        guard depth <= ModelChecker.maximumDepth, patience > 0 else {
            isExhausted = true
            return false
        }
        let kind = tape[node].kind
        if rule.isNever { return fail(node, .columns, expected: "nothing here") }
        if let inner = rule.unlessNull { return kind == .null || check(node, inner) }
        if let types = rule.types, !types.isSuperset(of: type(node, kind, types)) {
            return fail(node, expected: types.text)
        }
        var isGood = true
        if let values = rule.values, !contains(values, node, kind) { isGood = fail(node, expected: values.shown) }
        switch kind {
        case .integer, .real: if let numbers = rule.numbers, !check(node, numbers) { isGood = false }
        case .string: if let strings = rule.strings, !check(node, strings) { isGood = false }
        case .array: if let lists = rule.lists, !check(node, lists) { isGood = false }
        case .object: if let objects = rule.objects, !check(node, objects) { isGood = false }
        case .null, .true, .false: break
        }
        for inner in rule.all where !check(node, inner) { isGood = false }
        if !rule.anyOf.isEmpty || !rule.oneOf.isEmpty { isGood = checkAlternatives(node, rule) && isGood }
        if let not = rule.not, tried({ check(node, not) }) {
            isGood = fail(node, expected: "a value that does not match `not`")
        }
        if let (test, then, otherwise) = rule.condition {
            let next = tried { check(node, test) } ? then : otherwise
            if let next, !check(node, next) { isGood = false }
        }
        return isGood
    }

    /// The value's types among those asked for: `1.0` is an integer when integers are asked for.
    private func type(_ node: Int, _ kind: TapeNode.Kind, _ wanted: ModelRule.Types) -> ModelRule.Types {
        switch kind {
        case .null: return .null
        case .true, .false: return .boolean
        case .string: return .string
        case .array: return .array
        case .object: return .object
        case .integer: return wanted.contains(.number) ? .number : .integer
        case .real:
            if wanted.contains(.number) || !wanted.contains(.integer) { return .number }
            return ExactNumber(bytes(node)).isIntegral ? .integer : .number
        }
    }

    private func contains(_ values: ModelRule.Values, _ node: Int, _ kind: TapeNode.Kind) -> Bool {
        if kind == .string { return values.strings.contains(Array(characters(node))) }
        if values.others.isEmpty { return false }
        return values.others.contains(canonical(node))
    }

    private func canonical(_ node: Int) -> [UInt8] {
        CanonicalValue.bytes(of: JSONValue(tape: tape, index: node, text: text))
    }

    private func checkAlternatives(_ node: Int, _ rule: ModelRule) -> Bool {
        var isGood = true
        for alternatives in rule.anyOf where !alternatives.contains(where: { rule in tried { check(node, rule) } }) {
            isGood = failNone(node, of: alternatives, rule.discriminator)
        }
        for alternatives in rule.oneOf {
            let count = alternatives.count { rule in tried { check(node, rule) } }
            if count == 0 {
                isGood = failNone(node, of: alternatives, rule.discriminator)
            } else if count > 1 {
                isGood = fail(node, expected: "a match of exactly one alternative, not of \(count)")
            }
        }
        return isGood
    }

    /// The findings of the selected alternative are those of the value.
    private func failNone(_ node: Int, of alternatives: [ModelRule], _ said: ModelRule.Discriminator?) -> Bool {
        // An attempt needs no reasons.
        if trying > 0 { return false }
        let kind = tape[node].kind
        let near = alternatives.filter { rule in
            let rule = rule.plain
            guard let types = rule.types else { return true }
            return types.isSuperset(of: type(node, kind, types))
        }
        if near.count == 1 { return check(node, near[0]) }
        if kind == .object, let isGood = checkMeant(node, near, said) { return isGood }
        if near.isEmpty {
            let types = alternatives.compactMap { $0.plain.types?.text }
            guard types.count == alternatives.count else {
                return fail(node, expected: "a match of one of the alternatives")
            }
            return fail(node, expected: ModelChecker.joined(types))
        }
        return failNearest(node, near)
    }

    /// The member that selects an alternative, named by the schema or recognized because each alternative has its own
    /// values for it; nil if there is none.
    private func checkMeant(_ node: Int, _ near: [ModelRule], _ said: ModelRule.Discriminator?) -> Bool? {
        if let said {
            return check(node, tag: said.name, in: said.alternatives.map { (ModelRule.Values(only: $0.key), $0.value) })
        }
        for property in near.first?.object?.properties ?? [] {
            let tags = near.compactMap { rule -> (ModelRule.Values, ModelRule)? in
                let values = rule.object?.properties.first { $0.key == property.key }?.rule.plain.values
                return values.map { ($0, rule) }
            }
            if tags.count == near.count { return check(node, tag: property.name, in: tags) }
        }
        return nil
    }

    private func check(_ node: Int, tag name: String, in alternatives: [(ModelRule.Values, ModelRule)]) -> Bool? {
        guard let value = member(Array(name.utf8), of: node) else { return failMissing(name, of: node) }
        let meant = alternatives.filter { contains($0.0, value, tape[value].kind) }
        if meant.count == 1 { return check(node, meant[0].1) }
        guard meant.isEmpty else { return nil }
        path.append(.missing(name))
        defer { path.removeLast() }
        let tags = alternatives.map(\.0.shown).sorted().joined(separator: ", ")
        return fail(value, isRemovable: false, expected: alternatives.count == 1 ? tags : "one of \(tags)")
    }

    /// Nothing selects an alternative: the one with the fewest findings is reported, with its name.
    private func failNearest(_ node: Int, _ near: [ModelRule]) -> Bool {
        let complaints = near.map { rule in self.findings(of: rule, in: node) }
        if complaints.allSatisfy({ $0.count == 1 && $0[0].path.count == path.count }) {
            return fail(node, expected: ModelChecker.joined(complaints.map { $0[0].expected }))
        }
        guard let least = complaints.indices.min(by: { complaints[$0].count < complaints[$1].count }),
            findings.count + complaints[least].count <= ModelChecker.maximumFindings
        else { return fail(node, expected: "a match of one of the alternatives") }
        let name = near[least].plain.name ?? near[least].name ?? "alternative \(least + 1)"
        for finding in complaints[least] {
            findings.append(
                ModelFinding(
                    path: finding.path, entity: finding.entity,
                    expected: "\(finding.expected) (according to \(name), the nearest of \(near.count) alternatives)",
                    got: finding.got, node: finding.node, isRemovable: finding.isRemovable))
        }
        return false
    }

    private func findings(of rule: ModelRule, in node: Int) -> [ModelFinding] {
        let before = findings
        findings = []
        defer { findings = before }
        _ = check(node, rule)
        return findings
    }

    /// Each once.
    private static func joined(_ texts: [String]) -> String {
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }.joined(separator: " or ")
    }

    // MARK: Kinds

    private func check(_ node: Int, _ limits: ModelRule.Numbers) -> Bool {
        var isGood = true
        if let limit = limits.minimum, isLess(node, than: limit) {
            isGood = fail(node, expected: "at least \(limit.text)")
        }
        if let limit = limits.maximum, isGreater(node, than: limit) {
            isGood = fail(node, expected: "at most \(limit.text)")
        }
        if let limit = limits.exclusiveMinimum, !isGreater(node, than: limit) {
            isGood = fail(node, expected: "more than \(limit.text)")
        }
        if let limit = limits.exclusiveMaximum, !isLess(node, than: limit) {
            isGood = fail(node, expected: "less than \(limit.text)")
        }
        if let limit = limits.multipleOf, ExactNumber(bytes(node)).isMultiple(of: limit.number) != true {
            isGood = fail(node, expected: "a multiple of \(limit.text)")
        }
        return isGood
    }

    private func isLess(_ node: Int, than limit: ModelRule.NumberLimit) -> Bool {
        if let double = limit.double, let value = double15(node) { return value < double }
        return ExactNumber(bytes(node)) < limit.number
    }

    private func isGreater(_ node: Int, than limit: ModelRule.NumberLimit) -> Bool {
        if let double = limit.double, let value = double15(node) { return value > double }
        return limit.number < ExactNumber(bytes(node))
    }

    /// An integer of at most 15 digits, which a double holds exactly.
    private func double15(_ node: Int) -> Double? {
        let digits = bytes(node)
        guard tape[node].kind == .integer, digits.count <= 15 else { return nil }
        var value = 0
        for byte in digits where byte != UInt8(ascii: "-") { value = value * 10 + Int(byte - 0x30) }
        return digits[0] == UInt8(ascii: "-") ? -Double(value) : Double(value)
    }

    private func check(_ node: Int, _ limits: ModelRule.Strings) -> Bool {
        var isGood = true
        let characters = characters(node)
        if limits.minimumLength > 0 || limits.maximumLength < .max {
            // All bytes of a character except the first are continuation bytes.
            var length = 0
            for byte in characters where byte & 0xC0 != 0x80 { length += 1 }
            if length < limits.minimumLength {
                isGood = fail(node, expected: "at least \(limits.minimumLength) characters")
            }
            if length > limits.maximumLength {
                isGood = fail(node, expected: "at most \(limits.maximumLength) characters")
            }
        }
        if let pattern = limits.pattern, !pattern.isFound(in: String(decoding: characters, as: UTF8.self)) {
            isGood = fail(node, expected: "a match of the pattern \(pattern.text)")
        }
        if let format = limits.format, !format.accepts(characters) {
            isGood = fail(node, expected: "the format \(format.rawValue)")
        }
        return isGood
    }

    private func check(_ node: Int, _ limits: ModelRule.Lists) -> Bool {
        let count = Int(tape[node].count)
        var isGood = true
        if count < limits.minimumCount {
            isGood = fail(node, expected: "at least \(limits.minimumCount) elements", got: "\(count)")
        }
        if count > limits.maximumCount {
            isGood = fail(node, expected: "at most \(limits.maximumCount) elements", got: "\(count)")
        }
        var seen: Set<[UInt8]> = []
        var contained = 0
        var element = node + 1
        for index in 0..<count {
            path.append(index < limits.first.count ? .place(index) : .index(index))
            if let rule = index < limits.first.count ? limits.first[index] : limits.items, !check(element, rule) {
                isGood = false
            }
            if limits.isUnique, !seen.insert(canonical(element)).inserted {
                isGood = fail(element, expected: "elements that differ from each other")
            }
            path.removeLast()
            if let rule = limits.contains, tried({ check(element, rule) }) { contained += 1 }
            element = Int(tape[element].next)
        }
        if limits.contains != nil, contained < limits.minimumContained || contained > limits.maximumContained {
            isGood = fail(
                node,
                expected: limits.maximumContained == .max
                    ? "at least \(limits.minimumContained) elements that match `contains`"
                    : "\(limits.minimumContained) to \(limits.maximumContained) elements that match `contains`",
                got: "\(contained)")
        }
        return isGood
    }

    private func check(_ node: Int, _ limits: ModelRule.Objects) -> Bool {
        let count = Int(tape[node].count)
        var isGood = true
        if count < limits.minimumCount {
            isGood = fail(node, expected: "at least \(limits.minimumCount) members", got: "\(count)")
        }
        if count > limits.maximumCount {
            isGood = fail(node, expected: "at most \(limits.maximumCount) members", got: "\(count)")
        }
        let needsAll =
            !limits.properties.isEmpty || !limits.patterns.isEmpty || limits.others != nil || limits.names != nil
        if needsAll, !checkMembers(of: node, limits) { isGood = false }
        for (name, key) in limits.required where member(key, of: node) == nil {
            isGood = failMissing(name, of: node)
        }
        for dependency in limits.dependencies where member(dependency.key, of: node) != nil {
            for (name, key) in dependency.required where member(key, of: node) == nil {
                isGood = failMissing(name, of: node)
            }
        }
        for (key, rule) in limits.dependentRules where member(key, of: node) != nil {
            if !check(node, rule) { isGood = false }
        }
        return isGood
    }

    private func failMissing(_ name: String, of node: Int) -> Bool {
        path.append(.missing(name))
        defer { path.removeLast() }
        return fail(node, isRemovable: false, expected: "a value", got: "nothing")
    }

    private func checkMembers(of node: Int, _ limits: ModelRule.Objects) -> Bool {
        var isGood = true
        var key = node + 1
        var predicted = 0
        for _ in 0..<tape[node].count {
            let value = key + 1
            path.append(.key(key))
            var isKnown = false
            if let place = place(of: key, in: limits.properties, from: predicted) {
                predicted = place + 1
                isKnown = true
                if !check(value, limits.properties[place].rule) { isGood = false }
            }
            if !limits.patterns.isEmpty || limits.names != nil {
                let name = tape.string(at: key, in: text)
                for (pattern, rule) in limits.patterns where pattern.isFound(in: name) {
                    isKnown = true
                    if !check(value, rule) { isGood = false }
                }
                if let names = limits.names, !tried({ check(key, names) }) {
                    isGood = fail(value, .columns, expected: "a name that matches `propertyNames`")
                }
            }
            if !isKnown, let others = limits.others {
                if others.isNever {
                    isGood = fail(value, .columns, expected: "no such member")
                } else if !check(value, others) {
                    isGood = false
                }
            }
            path.removeLast()
            key = Int(tape[value].next)
        }
        return isGood
    }

    /// The property with this key. Records usually have their keys in one order, that of the model.
    private func place(of key: Int, in properties: [ModelRule.Property], from predicted: Int) -> Int? {
        let name = characters(key)
        func matches(_ place: Int) -> Bool { properties[place].key.elementsEqual(name) }
        if predicted < properties.count, matches(predicted) { return predicted }
        return properties.indices.first(where: matches)
    }

    private func member(_ name: [UInt8], of node: Int) -> Int? {
        var key = node + 1
        for _ in 0..<tape[node].count {
            if name.elementsEqual(characters(key)) { return key + 1 }
            key = Int(tape[key + 1].next)
        }
        return nil
    }
}

extension ModelRule {
    /// The rules for objects, including those of references.
    fileprivate var object: Objects? { objects ?? plain.objects }

    /// The target of a rule that is only a reference.
    fileprivate var plain: ModelRule {
        var rule = self
        var steps = 0
        while rule.types == nil, rule.all.count == 1, steps < 100 {
            rule = rule.all[0]
            steps += 1
        }
        return rule
    }
}
