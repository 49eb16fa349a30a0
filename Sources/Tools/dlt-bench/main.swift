import ArgumentParser
import ProgramSupport

/// Measures parts of the programs that cannot be run by themselves.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlt-bench", abstract: "Measure the parts that programs are made of.",
        discussion:
            "Prints one JSON object a measurement. MB are millions of bytes; times are those of the processors.",
        version: Version.text, subcommands: [FlattenCommand.self, LoopsCommand.self])
}

Program.run(BenchCommand.self)
