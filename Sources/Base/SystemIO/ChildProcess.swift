import CSystem
import Glibc

/// A started command and our ends of its pipes.
package struct ChildProcess: ~Copyable {
    package enum Stream: Sendable, Equatable {
        case inherit, null, pipe
        /// An open descriptor of ours, which also stays ours.
        case descriptor(Int32)
    }

    package enum Outcome: Sendable, Equatable {
        case exited(Int32)
        case signaled(Int32)

        package var isSuccess: Bool { self == .exited(0) }

        /// As a shell's `$?`.
        package var shellStatus: Int32 {
            switch self {
            case .exited(let status): status
            case .signaled(let number): 128 + number
            }
        }
    }

    package let processID: Int32
    package let name: String
    /// Present where a pipe was asked for; `take()` it.
    package var standardInput: Descriptor?
    package var standardOutput: Descriptor?
    package var standardError: Descriptor?
    private var outcome: Outcome?

    /// Starts a command; one without a slash is looked up in PATH.
    ///
    /// - Parameters:
    ///   - environment: added to what this process inherited; the same names replace.
    ///   - directory: the current folder of the command.
    package static func spawn(
        argv: [String], environment: [String: String] = [:], directory: String? = nil, stdin: Stream = .inherit,
        stdout: Stream = .pipe, stderr: Stream = .inherit
    ) throws(SystemError) -> ChildProcess {
        guard let name = argv.first else {
            throw SystemError(code: EINVAL, operation: "run", object: "an empty command")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A closed pipe should end the command as usual, even if this process ignores SIGPIPE.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var input = try pipe(stdin, "input of \(name)")
        var output = try pipe(stdout, "output of \(name)")
        var error = try pipe(stderr, "messages of \(name)")
        redirect(&actions, 0, stdin, input?.reading.raw)
        redirect(&actions, 1, stdout, output?.writing.raw)
        redirect(&actions, 2, stderr, error?.writing.raw)

        if let directory { csystem_spawn_in_directory(&actions, directory) }

        let arguments = CStrings(argv)
        let variables = CStrings(merged(environment))
        var processID: pid_t = 0
        let code = posix_spawnp(&processID, name, &actions, &attributes, arguments.pointers, variables.pointers)
        if code != 0 { throw SystemError(code: code, operation: "run", object: name) }
        return ChildProcess(
            processID: processID, name: name, standardInput: writingEnd(input.take()),
            standardOutput: readingEnd(output.take()), standardError: readingEnd(error.take()))
    }

    private init(
        processID: Int32, name: String, standardInput: consuming Descriptor?, standardOutput: consuming Descriptor?,
        standardError: consuming Descriptor?
    ) {
        self.processID = processID
        self.name = name
        self.standardInput = standardInput
        self.standardOutput = standardOutput
        self.standardError = standardError
    }

    /// Waits for the end. Close or read the pipes first, or both sides wait for each other.
    package mutating func wait() throws(SystemError) -> Outcome {
        if let outcome { return outcome }
        var status: CInt = 0
        while waitpid(processID, &status, 0) < 0 {
            if errno != EINTR { throw .last("wait for", name) }
        }
        // Swift does not import the macros W*: the low seven bits are the signal, the next eight the status.
        let signal = status & 0x7F
        let outcome: Outcome = signal == 0 ? .exited(status >> 8 & 0xFF) : .signaled(signal)
        self.outcome = outcome
        return outcome
    }

    /// Sends a signal, unless the command was already waited for and its process id may belong to another process.
    package func signal(_ number: Int32 = SIGTERM) {
        if outcome == nil { _ = kill(processID, number) }
    }

    /// Ends a command that is not wanted any more, and waits for it: it may clean up, for five seconds at most. Close its pipes
    /// first.
    @discardableResult
    package mutating func end() throws(SystemError) -> Outcome {
        signal(SIGTERM)
        for _ in 0..<250 where isRunning { usleep(20_000) }
        if isRunning { signal(SIGKILL) }
        return try wait()
    }

    private var isRunning: Bool {
        if outcome != nil { return false }
        var info = siginfo_t()
        // Only examines: the process still has to be waited for, so that its id cannot pass to another process.
        let result = waitid(P_PID, id_t(processID), &info, WEXITED | WNOHANG | WNOWAIT)
        return result == 0 && info.si_signo == 0
    }

    private static func pipe(_ stream: Stream, _ name: String) throws(SystemError) -> Descriptor.Pipe? {
        stream == .pipe ? try Descriptor.pipe(name: name) : nil
    }

    private static func readingEnd(_ pipe: consuming Descriptor.Pipe?) -> Descriptor? {
        guard let pipe = consume pipe else { return nil }
        return pipe.reading
    }

    private static func writingEnd(_ pipe: consuming Descriptor.Pipe?) -> Descriptor? {
        guard let pipe = consume pipe else { return nil }
        return pipe.writing
    }

    private static func redirect(
        _ actions: inout posix_spawn_file_actions_t, _ target: CInt, _ stream: Stream, _ end: CInt?
    ) {
        switch stream {
        case .inherit: break
        case .null:
            posix_spawn_file_actions_addopen(&actions, target, "/dev/null", target == 0 ? O_RDONLY : O_WRONLY, 0)
        case .descriptor(let raw): posix_spawn_file_actions_adddup2(&actions, raw, target)
        case .pipe: if let end { posix_spawn_file_actions_adddup2(&actions, end, target) }
        }
    }

    private static func merged(_ additions: [String: String]) -> [String] {
        let inherited = Environment.all.filter { entry in
            additions[String(entry.prefix { $0 != "=" })] == nil
        }
        return inherited + additions.map { "\($0.key)=\($0.value)" }
    }
}

/// A null-terminated array of C strings, as exec wants it.
private struct CStrings: ~Copyable {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { (pointers + index).initialize(to: strdup(string)) }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
