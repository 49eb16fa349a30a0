import ArgumentParser

/// Repairs the completion scripts of the parser.
enum CompletionScript {
    static let option = "--generate-completion-script"

    static func mended(_ script: String, of root: any ParsableCommand.Type) -> String {
        let hasCommands = !root.configuration.subcommands.isEmpty
        var lines = script.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if !hasCommands { lines = withoutHelpCommand(lines) }
        if script.hasPrefix("#!/bin/bash") { lines = lines.map(namesOfFiles) }
        return lines.joined(separator: "\n")
    }

    /// Every script offers a command `help`, even for programs without commands.
    private static func withoutHelpCommand(_ lines: [String]) -> [String] {
        var kept: [String] = []
        var isInside = false
        for line in lines {
            // bash: a paragraph at the end of the function.
            if line == "    # Offer subcommand / subcommand argument completions" { isInside = true }
            if isInside {
                isInside = line != "    esac"
                continue
            }
            // zsh: two arguments. fish: a line.
            let isOther = ["'(-): :->command'", "'(-)*:: :->arg'"].contains { line.hasSuffix($0) }
            if isOther || line.hasSuffix("-d 'Show subcommand help information.'") { continue }
            kept.append(line)
        }
        return kept
    }

    /// bash takes all values for names of files, and would quote the colon of a URL and show only what follows its last slash. Only
    /// files are to be that; and a URL that has just begun goes on without a space.
    private static func namesOfFiles(_ line: String) -> String {
        if line.hasPrefix("complete -o filenames -F") {
            return line.replacing("complete -o filenames -F", with: "complete -F")
        }
        guard line.hasSuffix("_add_completions() {") else { return line }
        return line + """

                case " ${*} " in
                *" -f "*|*" -d "*|*" plusdirs "*) compopt -o filenames 2>/dev/null ;;
                *) [[ "${*}" == */*  ]] && compopt -o nospace 2>/dev/null ;;
                esac
            """
    }
}
