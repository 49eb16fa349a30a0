import ArgumentParser
import DuckDBConnector
import ProgramSupport

/// How Parquet is read.
struct ParquetOptions: ParsableArguments {
    static let group = OptionGroupTitle("Parquet", ["--threads", "--memory-limit"])

    @Option(help: ArgumentHelp("Processors that decode a Parquet file; each takes memory.", valueName: "n"))
    var threads = 1

    @Option(help: ArgumentHelp("Memory for decoding a Parquet file, such as 500MB or 2GB.", valueName: "size"))
    var memoryLimit = "128MB"

    init() {}

    func validate() throws {
        if !(1...256).contains(threads) { throw ValidationError("'--threads' takes a number from 1 to 256.") }
        let digits = memoryLimit.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, digits.utf8.count < 10,
            ["KB", "MB", "GB", "TB"].contains(memoryLimit.dropFirst(digits.count))
        else { throw ValidationError("'--memory-limit' is a number and KB, MB, GB or TB, such as 500MB.") }
    }

    var limits: DuckDBFiles.Limits { DuckDBFiles.Limits(threads: threads, memory: memoryLimit) }
}
