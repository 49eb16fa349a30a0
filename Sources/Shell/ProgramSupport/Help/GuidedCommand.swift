package import ArgumentParser

/// A command whose help begins with examples, and has its options in groups.
package protocol GuidedCommand: ParsableCommand {
    /// Command lines to copy. No line is wider than `HelpScreen.exampleWidth`, since help never wraps them; a long command goes on in a
    /// second line after a backslash.
    static var examples: [String] { get }

    /// Options in groups, in the order in which users need them.
    static var optionGroups: [OptionGroupTitle] { get }
}

extension GuidedCommand {
    package static var optionGroups: [OptionGroupTitle] { [] }
}

/// A group of options in help and manual.
///
/// A value instead of an `@OptionGroup`: each of those costs every start of the program 0.7 million instructions.
package struct OptionGroupTitle: Sendable {
    package let title: String
    /// The options in this order. Empty: the options that are declared under this title.
    package let names: [String]

    package init(_ title: String, _ names: [String] = []) {
        self.title = title
        self.names = names
    }

    /// The groups of every command, after its own options.
    static let common = OptionGroupTitle(
        "Common options",
        [
            "--json", "--progress", "--pipeline", "--data-dir", "--log-format", "--quiet", "--verbose", "--version",
            "--help",
        ])
}
