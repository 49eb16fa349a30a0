import ArgumentParser
import JSONText

/// What `--experimental-dump-help` prints: the parser's description of a program, its options in the groups and the order of the help.
/// The manual is made of it.
enum HelpDump {
    static let option = "--experimental-dump-help"

    /// nil when the parser's description has another format.
    static func text(of root: any ParsableCommand.Type) -> String? {
        guard case .object(var dump)? = try? JSONValue(parsing: root._dumpHelp()), let command = dump["command"] else {
            return nil
        }
        dump["command"] = grouped(command, root)
        return JSONValue.object(dump).serialized() + "\n"
    }

    private static func grouped(_ value: JSONValue, _ type: any ParsableCommand.Type) -> JSONValue {
        guard case .object(var command) = value else { return value }
        command["arguments"] = .array(grouped(command["arguments"]?.arrayValue ?? [], type))
        let subcommands = (command["subcommands"]?.arrayValue ?? []).map { subcommand in
            let name = subcommand["commandName"]?.stringValue
            guard let type = type.configuration.subcommands.first(where: { $0._commandName == name }) else {
                return subcommand
            }
            return grouped(subcommand, type)
        }
        if !subcommands.isEmpty { command["subcommands"] = .array(subcommands) }
        return .object(command)
    }

    private static func grouped(_ arguments: [JSONValue], _ type: any ParsableCommand.Type) -> [JSONValue] {
        let described = arguments.map { ArgumentDescription($0) }
        let titles = (type as? any GuidedCommand.Type)?.optionGroups ?? []
        return OptionGroups(described.compactMap { $0 }, titles).groups.flatMap { group in
            group.arguments.compactMap { argument in
                guard let place = described.firstIndex(of: argument), case .object(var value) = arguments[place] else {
                    return nil
                }
                value["sectionTitle"] = group.title.map { .string($0) }
                return .object(value)
            }
        }
    }
}
