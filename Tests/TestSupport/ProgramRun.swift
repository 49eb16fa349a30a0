import SystemIO

/// How a program ended and what it said.
package struct ProgramResult: Sendable, CustomStringConvertible {
    /// As a shell's `$?`: 128 and the number for a signal; 124 when it took too long.
    package let status: Int32
    package let stdoutBytes: [UInt8]
    package let stderr: String

    package var stdout: String { String(decoding: stdoutBytes, as: UTF8.self) }
    package var lines: [String] { stdout.split(separator: "\n").map(String.init) }
    package var description: String { "status \(status)\nstdout: \(stdout)\nstderr: \(stderr)" }
}

/// The folder of the built programs: where the test bundle is.
package let buildFolder: String = {
    let bundle = (try? Files.realPath("/proc/self/exe")) ?? CommandLine.arguments.first ?? "."
    return Paths.parent(bundle)
}()

/// Runs one built program to its end.
package func run(
    program: String, arguments: [String] = [], stdin: String = "", environment: [String: String] = [:],
    currentDirectory: String? = nil, timeoutSeconds: Int = 60
) throws -> ProgramResult {
    try run(
        argv: [Paths.join(buildFolder, program)] + arguments, stdin: Array(stdin.utf8), environment: environment,
        currentDirectory: currentDirectory, timeoutSeconds: timeoutSeconds)
}

/// Runs a script by bash, which finds the built programs by name.
package func runShell(
    _ script: String, stdin: String = "", environment: [String: String] = [:], currentDirectory: String? = nil,
    timeoutSeconds: Int = 60
) throws -> ProgramResult {
    var environment = environment
    let path = environment["PATH"] ?? Environment.get("PATH") ?? "/usr/bin:/bin"
    environment["PATH"] = "\(buildFolder):\(path)"
    return try run(
        argv: ["bash", "-c", script], stdin: Array(stdin.utf8), environment: environment,
        currentDirectory: currentDirectory, timeoutSeconds: timeoutSeconds)
}

/// Runs a script by bash as `runShell` does, its output and messages on a terminal. Lines end as in files.
package func runOnTerminal(
    _ script: String, columns: Int = 80, environment: [String: String] = [:], currentDirectory: String? = nil
) throws -> ProgramResult {
    let folder = try WorkDirectory()
    // `script` is of every Linux system; its terminal has no size of its own.
    try folder.write("commands", "stty cols \(columns) rows 50 -opost\n" + script)
    var environment = environment
    environment["TERM"] = environment["TERM"] ?? "xterm-256color"
    return try runShell(
        "script --quiet --return --command 'bash \(folder.path("commands"))' /dev/null", environment: environment,
        currentDirectory: currentDirectory)
}

/// Runs any command. Input and output are files, so that neither side can wait for the other.
///
/// - Parameter mayTellSecrets: the command is none of ours, and hands a password on.
package func run(
    argv: [String], stdin: [UInt8], environment: [String: String] = [:], currentDirectory: String? = nil,
    timeoutSeconds: Int = 60, mayTellSecrets: Bool = false
) throws -> ProgramResult {
    let folder = try WorkDirectory()
    let input = try Descriptor.openForReading(try folder.write("stdin", stdin))
    let output = try Descriptor.create(folder.path("stdout"))
    let messages = try Descriptor.create(folder.path("stderr"))
    // What the developer has set must not change what a test sees, and a test must not change what the developer has: without a folder
    // of its own, a program that root runs would write into /var/dlt.
    let neutral = [
        "NO_COLOR": "1", "DLT_PIPELINE": "", "DLT_DATA_DIR": folder.path("data"), "TZ": "UTC", "LC_ALL": "C.UTF-8",
    ]
    var process = try ChildProcess.spawn(
        argv: ["timeout", "-k", "5", String(timeoutSeconds)] + argv,
        environment: neutral.merging(environment) { $1 }, directory: currentDirectory,
        stdin: .descriptor(input.raw), stdout: .descriptor(output.raw), stderr: .descriptor(messages.raw))
    let outcome = try process.wait()
    let result = ProgramResult(
        status: outcome.shellStatus, stdoutBytes: try folder.bytes("stdout"), stderr: try folder.text("stderr"))
    if mayTellSecrets { return result }
    try PlantedSecret.check(result.stdoutBytes, "stdout", of: argv)
    try PlantedSecret.check(Array(result.stderr.utf8), "stderr", of: argv)
    return result
}
