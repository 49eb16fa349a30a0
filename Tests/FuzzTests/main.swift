import Glibc
import SystemIO

// The program of scripts/fuzz: libFuzzer's loop around one target. It is linked with libFuzzer only there (Package.swift).
//
//   dlt-fuzz TARGET [OPTION OF libFuzzer...] [FOLDER|FILE...]
//   dlt-fuzz --list

private typealias Callback = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
private typealias Driver =
    @convention(c) (
        UnsafeMutablePointer<CInt>, UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>, Callback
    ) -> CInt

private func tell(_ words: String) { try? Descriptor.standardError.writeAll(words + "\n") }

private func quit(_ words: String) -> Never {
    tell(words)
    exit(2)
}

if CommandLine.arguments.dropFirst() == ["--list"] {
    for target in FuzzTarget.all { print(target.name) }
    exit(0)
}
guard let name = CommandLine.arguments.dropFirst().first, let chosen = FuzzTarget.all.first(where: { $0.name == name })
else { quit("usage: dlt-fuzz TARGET [OPTION OF libFuzzer...] [FOLDER|FILE...]\ndlt-fuzz --list names the targets") }
guard let symbol = dlsym(nil, "LLVMFuzzerRunDriver") else {
    quit("dlt-fuzz: built without libFuzzer, see scripts/fuzz")
}

// The callback is a C function, which remembers nothing.
nonisolated(unsafe) private var target = chosen

// libFuzzer shall see its own arguments only.
var arguments = CommandLine.unsafeArgv + 1
var count = CommandLine.argc - 1
let status = unsafeBitCast(symbol, to: Driver.self)(&count, &arguments) { bytes, count in
    do {
        try target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch let finding as FuzzTarget.Finding {
        tell("finding of \(target.name): \(finding)")
        abort()
    } catch {}
    return 0
}
exit(status)
