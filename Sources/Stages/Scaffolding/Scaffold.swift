import JSONText
import OpenAPI

/// What a person chose of a description.
struct ScaffoldOptions {
    /// From 1.
    var server = 1
    var auth: String?
    /// `tag:NAME`, the name of a resource, or a path.
    var selections: [String] = []
    /// Patterns of paths: `*` is anything but a slash, `**` anything.
    var patterns: [String] = []
    /// The name of the API in the file, if not its title.
    var name: String?
    var sourceURL: String?
    /// In place of the server of the description.
    var baseURL: String?
    var tokenURL: String?
    /// What is known already to be in doubt.
    var doubts: [String] = []
}

/// A configuration under construction: every decision that the rules made of a description.
struct Scaffold {
    let description: Description
    let name: String
    var inputs: Inputs
    var base: ServerRules.Server
    var credentials = CredentialDraft(schemes: [])
    /// Credentials of endpoints that differ from the client's.
    var ownCredentials: [Int: CredentialDraft] = [:]
    var endpoints: [Endpoint]
    /// Indices of the lists that become resources, parents first where they must be; and of those only their children need.
    var written: [Int] = []
    var unselected: Set<Int> = []
    var doubts: [String] = []
    let options: ScaffoldOptions

    init(_ description: Description, _ options: ScaffoldOptions) {
        self.description = description
        self.options = options
        name = Self.name(description, options)
        inputs = Inputs(api: name)
        doubts = options.doubts
        let servers = ServerRules(description: description, sourceURL: options.sourceURL)
        base =
            options.baseURL.map { .init(text: YAMLText.literal($0), reason: "it was given") }
            ?? servers.base(options.server, &inputs)
        endpoints = description.operations().map { Endpoint($0) }
        judge()
        choose()
        authenticate()
        fill()
        collectDoubts()
    }

    /// A short name: the words of the title that say something.
    private static func name(_ description: Description, _ options: ScaffoldOptions) -> String {
        let given = options.name.map { Words.of($0) } ?? []
        if !given.isEmpty { return given.prefix(4).joined(separator: "_") }
        let empty: Set = [
            "api", "apis", "rest", "openapi", "swagger", "the", "specification", "spec", "reference", "documentation",
            "docs",
            "public", "service", "and", "for", "of", "http", "web", "a",
        ]
        let words = Words.of(description.title).filter { !empty.contains($0) && !$0.allSatisfy { $0.isNumber } }
        let name = words.prefix(2).joined(separator: "_")
        let start = name.utf8.first.map { $0 &- 0x30 <= 9 } ?? true
        return String((start ? "api" + (name.isEmpty ? "" : "_" + name) : name).prefix(30))
    }

    // MARK: Rules

    private mutating func judge() {
        let records = RecordRules(description: description)
        for index in endpoints.indices {
            guard endpoints[index].operation.problems.isEmpty else {
                endpoints[index].kind = .broken
                continue
            }
            let query = endpoints[index].operation.parameters(in: .query)
            records.judge(&endpoints[index], isPaged: ParameterNames.isPaged(query))
        }
        let keys = KeyRules(description: description, detailVariables: detailVariables())
        let cursors = CursorRules(description: description)
        let columns = ColumnRules(description: description)
        for index in endpoints.indices where endpoints[index].kind == .list {
            keys.judge(&endpoints[index])
            cursors.judge(&endpoints[index])
            columns.judge(&endpoints[index])
            endpoints[index].paginator = PagingRules(description, endpoints[index]).decide()
        }
        let lists = endpoints.indices.filter { endpoints[$0].kind == .list }
        for (index, name) in zip(lists, EndpointNames.names(of: lists.map { endpoints[$0].path })) {
            endpoints[index].name = name
        }
        findParents(lists)
    }

    /// The variable of each path that leads from a list to one record.
    private func detailVariables() -> [String: String] {
        var variables: [String: String] = [:]
        let lists = Set(endpoints.filter { $0.kind == .list }.map(\.path.shape))
        for (path, _) in description.root["paths"]?.members ?? [] {
            let path = EndpointPath(path)
            guard case .variable(let name)? = path.segments.last, !lists.contains(path.shape) else { continue }
            variables[path.prefix(path.segments.count - 1).shape] = name
        }
        return variables
    }

    private mutating func findParents(_ lists: [Int]) {
        let rules = ParentRules(description, endpoints)
        // Parents have shorter paths, so that their own values are known first.
        for index in lists.sorted(by: { endpoints[$0].path.segments.count < endpoints[$1].path.segments.count }) {
            let endpoint = endpoints[index]
            guard let found = rules.parent(of: endpoint), found.index != index else { continue }
            let parent = endpoints[found.index]
            var values: [String: PathValue] = [:]
            var included: [String] = []
            var isPossible = true
            let own = endpoint.path.variables
            for (variable, its) in zip(own, parent.path.variables) {
                switch parent.pathValues[its] {
                case .field(let expression):
                    // resources.G.f of the parent's parent: the parent carries it as _G_f.
                    guard let carried = Self.carried(expression) else {
                        isPossible = false
                        continue
                    }
                    included.append(carried.field)
                    values[variable] = .field("resources.\(parent.name).\(carried.name)")
                case .input(let name): values[variable] = .input(name)
                case .text(let text): values[variable] = .text(text)
                case nil: break
                }
            }
            guard isPossible else { continue }
            values[found.variable] = .field("resources.\(parent.name).\(JSONPath.text(of: [found.field]))")
            endpoints[index].pathValues = values
            endpoints[index].parent = ParentDraft(name: parent.name, index: found.index, reason: found.reason)
            // A value that is not an object has no place for fields of its parent.
            if endpoint.records?.value.areScalars == false { endpoints[index].includesFromParent = [found.field] }
            for field in included where !endpoints[found.index].includesFromParent.contains(field) {
                endpoints[found.index].includesFromParent.append(field)
            }
        }
        for index in lists { addMembershipKey(index, lists) }
    }

    private static func carried(_ expression: String) -> (field: String, name: String)? {
        let parts = expression.split(separator: ".", maxSplits: 2).map(String.init)
        guard parts.count == 3, !parts[2].contains("["), !parts[2].contains("'") else { return nil }
        return (parts[2], "_\(parts[1])_\(parts[2])")
    }

    /// A list below a parent of what is also listed elsewhere says who belongs together: the key alone would keep one pair.
    private mutating func addMembershipKey(_ index: Int, _ lists: [Int]) {
        let endpoint = endpoints[index]
        guard let parent = endpoint.parent, let key = endpoint.key, let field = endpoint.includesFromParent.first else {
            return
        }
        let item = endpoint.item(description)?.name
        let isListedElsewhere = lists.contains { other in
            item != nil && other != index && endpoints[other].parent == nil
                && endpoints[other].item(description)?.name == item
        }
        // Numbers such as lineNumber or documentId often begin anew below each parent.
        let isGlobal = key.value.allSatisfy { ["id", "uuid", "guid", "gid", "sid", "uid"].contains(Words.joined($0)) }
        guard isListedElsewhere || !isGlobal else { return }
        endpoints[index].key = Decision(
            ["_\(parent.name)_\(field)"] + key.value,
            isListedElsewhere
                ? "\(key.reason); the same records are listed below several parents"
                : "\(key.reason), perhaps once for each parent", key.confidence)
    }

    // MARK: Choice

    private mutating func choose() {
        let lists = endpoints.indices.filter { endpoints[$0].kind == .list }
        let chosen = lists.filter { isChosen(endpoints[$0]) }
        var all = Set(chosen)
        for index in chosen {
            var parent = endpoints[index].parent
            while let next = parent {
                if all.insert(next.index).inserted { unselected.insert(next.index) }
                parent = endpoints[next.index].parent
            }
        }
        written = lists.filter(all.contains)
    }

    private func isChosen(_ endpoint: Endpoint) -> Bool {
        let path = endpoint.operation.path
        if !options.patterns.isEmpty, !options.patterns.contains(where: { PathPattern($0).matches(path) }) {
            return false
        }
        if options.selections.isEmpty { return true }
        return options.selections.contains { selection in
            if selection.hasPrefix("tag:") {
                return endpoint.operation.tags.contains { $0.lowercased() == selection.dropFirst(4).lowercased() }
            }
            return selection == endpoint.name || selection == path
        }
    }

    // MARK: Credentials

    private mutating func authenticate() {
        let rules = CredentialRules(description: description, wanted: options.auth, tokenURL: options.tokenURL)
        var votes: [[String]: Int] = [:]
        var choices: [Int: [String]] = [:]
        for index in written {
            let alternatives = rules.alternatives(endpoints[index].operation)
            let choice = rules.choice(alternatives)
            choices[index] = choice
            if !choice.isEmpty { votes[choice, default: 0] += 1 }
        }
        let best = votes.max { one, other in
            one.value != other.value
                ? one.value < other.value : one.key.joined(separator: ",") > other.key.joined(separator: ",")
        }
        var client = best?.key ?? []
        // Schemes that no operation asks for are likely forgotten there.
        if client.isEmpty, written.allSatisfy({ endpoints[$0].operation.value["security"] == nil }) {
            client = rules.choice(rules.schemeNames.map { [$0] })
            if !client.isEmpty { doubts.append("no endpoint asks for credentials; the first security scheme is taken") }
        }
        guard !client.isEmpty else { return }
        credentials = rules.draft(client, &inputs)
        doubts += credentials.doubts
        for index in written {
            let choice = choices[index] ?? []
            let alternatives = rules.alternatives(endpoints[index].operation)
            guard !choice.isEmpty, choice != client, !alternatives.contains(client) else { continue }
            let own = rules.draft(choice, &inputs)
            if own.type != nil, own.type != credentials.type || own.keys != credentials.keys {
                ownCredentials[index] = own
            }
        }
    }

    // MARK: Values

    private mutating func fill() {
        for index in written {
            fillPath(index)
            fillParameters(index)
        }
    }

    private mutating func fillPath(_ index: Int) {
        let endpoint = endpoints[index]
        var before: String?
        for segment in endpoint.path.segments {
            switch segment {
            case .word(let word): before = word
            case .variable(let name): fill(name, before, index)
            case .mixed(let text):
                for name in Self.variables(in: text) { fill(name, before, index) }
            }
        }
    }

    static func variables(in text: String) -> [String] {
        text.split(separator: "{").dropFirst().compactMap { part in
            part.firstIndex(of: "}").map { String(part[..<$0]) }
        }
    }

    private static let generalNames: Set = ["id", "uuid", "guid", "sid", "key", "slug", "name", "uid"]

    private mutating func fill(_ variable: String, _ before: String?, _ index: Int) {
        if endpoints[index].pathValues[variable] != nil { return }
        let parameter = endpoints[index].operation.parameters(in: .path).first { $0.name == variable }
        if let parameter, parameter.shape.choices.count == 1, let only = parameter.shape.choices[0].text {
            endpoints[index].pathValues[variable] = .text(only)
            return
        }
        if Words.of(variable) == ["format"], parameter?.shape.choices.contains(where: { $0.text == "json" }) ?? false {
            endpoints[index].pathValues[variable] = .text("json")
            return
        }
        var words = Words.of(variable)
        let isGeneral = words.count <= 1 && Self.generalNames.contains(words.first ?? "id")
        if isGeneral, let before {
            var noun = Words.of(before)
            if let last = noun.popLast() {
                noun.append(Words.singulars(of: last).min { ($0.utf8.count, $0) < ($1.utf8.count, $1) } ?? last)
            }
            words = noun + (words.isEmpty ? ["id"] : words)
        }
        if words.isEmpty { words = ["value"] }
        let text = parameter.map { Comments.line($0.description, length: 70) } ?? ""
        let name = inputs.add(
            words,
            "{\(Comments.line(variable, length: 40))} of \(Comments.line(endpoints[index].operation.path, length: 80))"
                + (text.isEmpty ? "" : ": \(text)"))
        endpoints[index].pathValues[variable] = .input(name)
    }

    private mutating func fillParameters(_ index: Int) {
        let operation = endpoints[index].operation
        let paginator = endpoints[index].paginator?.value
        var drafts = paginator?.parameters ?? []
        if let cursor = endpoints[index].cursor, !cursor.isDoubtful {
            drafts.append(ParameterDraft(name: cursor.parameter, value: .cursor, reason: cursor.reason))
        }
        let keys = credentials.keys + (ownCredentials[index]?.keys ?? [])
        var credentialNames = Set(keys.filter { $0.name == "name" }.map(\.text))
        for parameter in credentials.parameters { credentialNames.insert(YAMLText.literal(parameter.name)) }
        for parameter in operation.parameters(in: .query) where parameter.isRequired {
            let name = parameter.name
            guard !(paginator?.ownParameters.contains(name) ?? false), !drafts.contains(where: { $0.name == name }),
                !credentialNames.contains(YAMLText.literal(name))
            else { continue }
            drafts.append(required(parameter, operation))
        }
        endpoints[index].parameters = drafts
        for parameter in operation.parameters(in: .header) where parameter.isRequired {
            let name = parameter.name.lowercased()
            guard !["accept", "content-type", "authorization", "accept-encoding", "user-agent"].contains(name),
                !credentialNames.contains(YAMLText.literal(parameter.name)),
                !credentials.headers.contains(where: { $0.name.lowercased() == name })
            else { continue }
            endpoints[index].headers.append(required(parameter, operation))
        }
    }

    /// A value for a parameter that must have one: the only possible one, the default, or an input.
    private mutating func required(_ parameter: Parameter, _ operation: Operation) -> ParameterDraft {
        let shape = parameter.shape
        let reason =
            parameter.description == ExchangeDescription.asked ? ExchangeDescription.asked : "required; its default"
        if let value = shape.usual ?? (shape.choices.count == 1 ? shape.choices[0] : nil) {
            if let number = value.int {
                return ParameterDraft(name: parameter.name, value: .number(number), reason: reason)
            }
            if let flag = value.bool {
                return ParameterDraft(name: parameter.name, value: .flag(flag), reason: reason)
            }
            if let text = value.text {
                return ParameterDraft(name: parameter.name, value: .text(text), reason: reason)
            }
        }
        let words = Words.of(parameter.name)
        let text = Comments.line(parameter.description, length: 70)
        let name = inputs.add(
            words.isEmpty ? ["value"] : words,
            "\(Comments.line(parameter.name, length: 40)) of \(Comments.line(operation.path, length: 80))"
                + (text.isEmpty ? "" : ": \(text)"))
        return ParameterDraft(name: parameter.name, value: .input(name), reason: "required")
    }

    private mutating func collectDoubts() {
        for index in written {
            if let paginator = endpoints[index].paginator, paginator.confidence == .doubtful {
                endpoints[index].doubts.append("paging: \(paginator.reason)")
            }
            if let cursor = endpoints[index].cursor, cursor.isDoubtful {
                endpoints[index].doubts.append("incremental: \(cursor.reason)")
            }
            if endpoints[index].operation.isDeprecated { endpoints[index].doubts.append("the API calls it deprecated") }
        }
    }
}

/// A pattern of paths.
struct PathPattern {
    private let pattern: [UInt8]

    init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

    func matches(_ path: String) -> Bool {
        // The places in the pattern that the text so far may have led to: no pattern takes longer than the product of both lengths.
        var places: Set<Int> = closure([0])
        for byte in path.utf8 {
            var next: Set<Int> = []
            for place in places where place < pattern.count {
                switch pattern[place] {
                case UInt8(ascii: "*"):
                    let isDouble = place + 1 < pattern.count && pattern[place + 1] == UInt8(ascii: "*")
                    if isDouble || byte != UInt8(ascii: "/") { next.insert(place) }
                case UInt8(ascii: "?"): next.insert(place + 1)
                default: if pattern[place] == byte { next.insert(place + 1) }
                }
            }
            places = closure(next)
            if places.isEmpty { return false }
        }
        return places.contains(pattern.count)
    }

    private func closure(_ places: Set<Int>) -> Set<Int> {
        var all = places
        for place in places {
            var place = place
            while place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                let isDouble = place + 1 < pattern.count && pattern[place + 1] == UInt8(ascii: "*")
                place += isDouble ? 2 : 1
                all.insert(place)
            }
        }
        return all
    }
}
