import ArgumentParser
package import JSONText

/// What a command says about itself: its words, its arguments and its subcommands.
package struct CommandDescription {
    package let name: String
    package let abstract: String
    package let discussion: String
    /// The arguments that help shows.
    package let arguments: [ArgumentDescription]
    package let subcommands: [CommandDescription]

    /// - Parameter description: `command` in the output of `--experimental-dump-help`.
    package init(_ description: JSONValue) {
        name = description["commandName"]?.stringValue ?? ""
        abstract = description["abstract"]?.stringValue ?? ""
        discussion = description["discussion"]?.stringValue ?? ""
        arguments = (description["arguments"]?.arrayValue ?? []).compactMap { ArgumentDescription($0) }
        // ArgumentParser adds `help` to every program, even to those without subcommands.
        subcommands = (description["subcommands"]?.arrayValue ?? []).map { CommandDescription($0) }
            .filter { $0.name != "help" }
    }

    /// nil when the parser's description has another format.
    init?(of command: any ParsableCommand.Type) {
        guard let dump = try? JSONValue(parsing: command._dumpHelp()), let description = dump["command"] else {
            return nil
        }
        self.init(description)
    }
}

/// An operand, option or flag of a command.
package struct ArgumentDescription: Equatable {
    package enum Kind: String { case positional, option, flag }

    package let kind: Kind
    /// With their hyphens, the short one first.
    package let names: [String]
    package let valueName: String
    package let abstract: String
    package let isOptional: Bool
    package let isRepeating: Bool
    /// Whether it stands after `--`.
    package let isAfterTerminator: Bool
    /// The group that it was declared in.
    package let section: String?
    private let choices: [String]
    private let standard: String?

    /// nil for an argument that help does not show.
    init?(_ description: JSONValue) {
        guard description["shouldDisplay"]?.boolValue ?? true else { return nil }
        kind = Kind(rawValue: description["kind"]?.stringValue ?? "") ?? .option
        section = description["sectionTitle"]?.stringValue
        names = (description["names"]?.arrayValue ?? []).map { name in
            (name["kind"]?.stringValue == "long" ? "--" : "-") + (name["name"]?.stringValue ?? "")
        }
        .sorted { !$0.hasPrefix("--") && $1.hasPrefix("--") }
        valueName = description["valueName"]?.stringValue ?? "value"
        abstract = description["abstract"]?.stringValue ?? ""
        isOptional = description["isOptional"]?.boolValue ?? false
        isRepeating = description["isRepeating"]?.boolValue ?? false
        isAfterTerminator = description["parsingStrategy"]?.stringValue == "postTerminator"
        choices = (description["allValues"]?.arrayValue ?? []).compactMap(\.stringValue)
        standard = description["defaultValue"]?.stringValue
    }

    /// The possible values, if the abstract does not name them.
    package var unnamedChoices: [String] {
        choices.allSatisfy { abstract.contains($0) } ? [] : choices
    }

    /// The default, if the abstract does not name it.
    package var unnamedDefault: String? { kind == .flag || abstract.contains("default") ? nil : standard }
}
