import ArgumentParser
import InspectionSupport
import JSONText
import LoadPackages
import Patterns
import PipelineStates
import ProgramSupport

/// Prints a pipeline's state.
struct ShowCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print the state of a pipeline as of its last load.")

    static let examples = [
        "dlt-state show --pipeline github",
        "dlt-state show --pending --pipeline github",
    ]

    @Flag(help: "Apply what the waiting packages change: what the next run starts from.")
    var pending = false

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    func run() throws {
        let spool = try common.spool()
        let state = try spool.state(pending: pending)
        var document = state.document
        // Only on this machine, and never at the destination.
        document["_local"] = nil
        try Output.write(.object(document), json: output.json)
        if !pending {
            let waiting = try spool.packages(.waiting).filter {
                !(try spool.manifest(of: $0, in: .waiting).base.subtrees.isEmpty)
            }
            if !waiting.isEmpty {
                common.messages.hint(
                    "\(NumberText.count(waiting.count, of: "waiting package")) \(waiting.count == 1 ? "changes" : "change") this; "
                        + "--pending shows how")
            }
        }
    }
}

/// Prints one value of a pipeline's state.
struct GetCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print one value of a pipeline's state.",
        discussion: """
            The value is the one that the next run starts from, with the changes of waiting packages; --committed prints the one of \
            the last load. A text is printed without quotes, unless --json is given. Without such a value the command ends with 66.
            """)

    static let examples = ["dlt-state get sources.github.resources.issues.incremental"]

    @Argument(
        help: "A path such as sources.github.resources.issues, or $.sources['my.source'].pages[0].",
        completion: StateCompletion.paths)
    var path: String

    @Flag(help: "As of the last load.")
    var committed = false

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    func run() throws {
        let path = try StatePath(path)
        let spool = try common.spool()
        let document = JSONValue.object(try spool.state(pending: !committed).document)
        guard let value = path.value(in: document) else {
            throw ProgramError(
                .noInput, "unable to get \(path): the state of pipeline '\(spool.pipeline)' has no such value",
                hint: "`dlt-state show` prints all of it")
        }
        if case .string(let text) = value, !output.json { return try Output.write(text + "\n") }
        try Output.write(value, json: output.json)
    }
}

/// Sets one value of a pipeline's state.
struct SetCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set one value below sources of a pipeline's state.",
        discussion: """
            With --if-equals the value is set only if it equals the given one now, so that two scripts do not undo each other's \
            work; otherwise the command ends with 75. An absent value equals null.
            """)

    static let examples = [
        "dlt-state set sources.github.resources.issues.page 1",
        "dlt-state set sources.app.resources.users.since '\"2026-11-01\"'",
    ]

    @Argument(
        help: "A path under sources, such as sources.github.resources.issues.page.", completion: StateCompletion.paths)
    var path: String

    @Argument(help: "The new value, as JSON.", transform: Self.json)
    var value: JSONArgument

    @Option(help: ArgumentHelp("Set only if the value equals this one now.", valueName: "value"), transform: Self.json)
    var ifEquals: JSONArgument?

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    struct JSONArgument: Sendable {
        let value: JSONValue
    }

    private static func json(_ text: String) throws -> JSONArgument {
        do { return JSONArgument(value: try JSONValue(parsing: text)) } catch {
            throw ValidationError("\(error); a text needs quotes of its own: '\"text\"'.")
        }
    }

    func run() throws {
        let path = try StatePath(path)
        guard path.steps.first == .key(Array("sources".utf8)), path.steps.count > 2 else {
            throw ProgramError(
                .usage, "unable to set \(path): only what sources remember can be set",
                hint: "name a value below a source, such as sources.github.resources.issues.page")
        }
        let spool = try common.spool(mayBeNew: true)
        common.record(changeOf: spool)
        let published = try StateChange(spool: spool).publish { state in
            var document: JSONValue = ["sources": .object(state.sources)]
            if let expected = ifEquals?.value {
                let found = path.value(in: document) ?? .null
                guard found == expected else {
                    throw ProgramError(
                        .temporary,
                        "unable to set \(path): it is \(found.serialized()), not \(expected.serialized())",
                        hint: "another program has changed it; read it again")
                }
            }
            try path.set(value.value, in: &document)
            state = try Self.checked(document)
        }
        try common.messages.tell(published, of: spool, json: output.json)
    }

    /// The layout that sources rely on: objects down to each resource.
    private static func checked(_ document: JSONValue) throws -> StateTree {
        guard let sources = document["sources"]?.objectValue else { return StateTree() }
        for (name, source) in sources.members {
            guard let source = source.objectValue else { throw Self.misplaced("sources.\(name)") }
            guard let resources = source["resources"] else { continue }
            guard let resources = resources.objectValue else { throw Self.misplaced("sources.\(name).resources") }
            for (resource, value) in resources.members where value.objectValue == nil {
                throw Self.misplaced("sources.\(name).resources.\(resource)")
            }
        }
        return StateTree(sources: sources)
    }

    private static func misplaced(_ place: String) -> ProgramError {
        ProgramError(.data, "unable to set \(place): it must be a JSON object", hint: "name a value inside it")
    }
}

/// Removes the memory of sources.
struct ResetCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Remove the state of resources, so that the next run starts over.",
        discussion: "Without options the state of all resources is removed. The tables stay as they are.")

    static let examples = ["dlt-state reset --resource issues --pipeline github"]

    @Option(
        help: ArgumentHelp("Only this resource; `re:` and an expression names several.", valueName: "resource"),
        completion: StateCompletion.resources)
    var resource: [String] = []

    @Option(help: ArgumentHelp("Only this source.", valueName: "source"))
    var source: [String] = []

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    func run() throws {
        let resources = try resource.map { try NamePattern($0) }
        let spool = try common.spool()
        common.record(changeOf: spool)
        let published = try StateChange(spool: spool).publish { state in
            let asked = state.subtrees.filter { subtree in
                guard source.isEmpty || source.contains(subtree.source) else { return false }
                guard let name = subtree.resource else { return resources.isEmpty }
                return resources.isEmpty || resources.contains { $0.matches(name) }
            }
            if asked.isEmpty && !(resource.isEmpty && source.isEmpty) { throw nothingFound(state, spool) }
            for subtree in asked { state[subtree] = nil }
        }
        try common.messages.tell(published, of: spool, json: output.json)
    }

    private func nothingFound(_ state: StateTree, _ spool: Spool) -> ProgramError {
        let known = state.subtrees.map(\.description)
        return ProgramError(
            .noInput, "unable to reset: pipeline '\(spool.pipeline)' has no such state",
            hint: known.isEmpty ? "its state is empty" : "it remembers: \(known.joined(separator: ", "))")
    }
}

/// A name, or `re:` and an expression to search for, as in a schema's settings.
struct NamePattern {
    private let name: String
    private let pattern: Pattern?

    init(_ text: String) throws {
        name = text
        guard text.hasPrefix("re:") else {
            pattern = nil
            return
        }
        do throws(Pattern.Malformed) { pattern = try Pattern(String(text.dropFirst(3)), .python) } catch {
            throw ProgramError(.usage, "unable to use '\(text)' as a regular expression: \(error.description)")
        }
    }

    func matches(_ text: String) -> Bool {
        pattern?.isFound(in: text) ?? (text == name)
    }
}
