/// The variables that a person must fill in before a run.
struct Inputs {
    struct Input {
        let name: String
        let purpose: String
        /// Whether the configuration has a value for it.
        let isOptional: Bool
    }

    /// The name of the API, in capitals: other programs have variables, too.
    let prefix: String
    private(set) var all: [Input] = []
    private static let maximumLength = 60
    private var cut: [String: String] = [:]
    private var owners: [String: String] = [:]

    init(api: String) { prefix = api.uppercased() }

    /// A name for words; long ones are cut, and stay different.
    private mutating func name(_ words: [String]) -> String {
        let whole = ([prefix] + words).joined(separator: "_").uppercased()
        guard whole.utf8.count > Self.maximumLength else { return whole }
        if let known = cut[whole] { return known }
        let name = "\(whole.prefix(Self.maximumLength))_\(cut.count + 1)"
        cut[whole] = name
        return name
    }

    /// Adds an input unless it is there already, and returns its name.
    ///
    /// - Parameter owner: two owners never share an input, such as the tokens of two security schemes.
    mutating func add(_ words: [String], _ purpose: String, isOptional: Bool = false, owner: String = "") -> String {
        var name = self.name(words)
        if let other = owners[name], other != owner { name = self.name(Words.of(owner) + words) }
        if owners[name] == nil { owners[name] = owner }
        if !all.contains(where: { $0.name == name }) {
            all.append(Input(name: name, purpose: purpose, isOptional: isOptional))
        }
        return name
    }

    /// The reference to an input.
    static func reference(_ name: String, usual: String? = nil) -> String {
        "${\(name)\(usual.map { ":-" + $0 } ?? "")}"
    }

    /// The name of the input in a value that is only that.
    static func name(in text: String) -> String? {
        guard let open = text.firstRange(of: "${"), let close = text.firstIndex(of: "}") else { return nil }
        return String(text[open.upperBound..<close])
    }
}
