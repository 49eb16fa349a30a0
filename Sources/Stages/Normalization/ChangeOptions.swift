import ArgumentParser
import JSONText
import ProgramSupport
import RecordChanges

/// Options for changing members of records on their way.
struct ChangeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Leave the member at this path out of records, such as email or lines.name; may be repeated, as all of these.",
            valueName: "path"))
    var exclude: [String] = []

    @Option(help: ArgumentHelp("Rename the member at a path.", valueName: "path=name"))
    var rename: [String] = []

    @Option(
        help: ArgumentHelp(
            "Replace values by a keyed digest (HMAC-SHA256); the key is DLT_HASH_KEY of the environment or secrets.toml.",
            valueName: "path"))
    var hash: [String] = []

    @Option(help: ArgumentHelp("Replace values by ***.", valueName: "path"))
    var redact: [String] = []

    @Option(
        help: ArgumentHelp(
            "Stop changing this path: the options above are kept for later runs until then.",
            valueName: "path"))
    var keep: [String] = []

    func validate() throws {
        for (option, paths) in [("--exclude", exclude), ("--hash", hash), ("--redact", redact), ("--keep", keep)] {
            for path in paths { _ = try names(path, option) }
        }
        for text in rename { _ = try renaming(text) }
    }

    var isEmpty: Bool { exclude.isEmpty && rename.isEmpty && hash.isEmpty && redact.isEmpty && keep.isEmpty }

    /// An option that hides values, if one was given.
    var hiding: String? {
        [("--exclude", exclude), ("--hash", hash), ("--redact", redact)].first { !$0.1.isEmpty }?.0
    }

    private func names(_ path: String, _ option: String) throws -> [String] {
        do throws(JSONPath.Malformed) { return try ChangeRules.path(path) } catch {
            throw ValidationError("'\(option) \(path)' is not a path: \(error.reason).")
        }
    }

    private func renaming(_ text: String) throws -> (path: [String], name: String) {
        // The last one, since a path may contain one in quotes.
        guard let sign = text.utf8.lastIndex(of: UInt8(ascii: "=")), sign > text.startIndex,
            text.utf8.index(after: sign) < text.endIndex
        else { throw ValidationError("'--rename \(text)': expected PATH=NAME, such as user.mail=email.") }
        return (try names(String(text[..<sign]), "--rename"), String(text[text.utf8.index(after: sign)...]))
    }

    /// The rules of a table after this run's options.
    ///
    /// - Parameters:
    ///   - stored: the rules of earlier runs.
    ///   - key: the id of the hash key; evaluated only when something is hashed.
    func rules(after stored: ChangeRules, key: () throws -> String) throws -> ChangeRules {
        var rules = stored
        for path in keep { rules.remove(try names(path, "--keep")) }
        for path in exclude { rules.add(.init(path: try names(path, "--exclude"), .exclude)) }
        for path in redact { rules.add(.init(path: try names(path, "--redact"), .redact)) }
        for path in hash { rules.add(.init(path: try names(path, "--hash"), .hash(key: try key()))) }
        for text in rename {
            let (path, name) = try renaming(text)
            rules.add(.init(path: path, .rename(name)))
        }
        return rules
    }
}
