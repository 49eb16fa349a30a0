import Glibc

/// What tells a process from all others: a number alone is given again, on this machine and on others.
package struct ProcessIdentity: Sendable, Equatable {
    package var host: String
    /// Another one after each start of the machine; "" where the system does not tell.
    package var boot: String
    /// The numbers of processes hold within it: containers have one each. 0 where the system does not tell.
    package var namespace: UInt64
    package var number: Int32
    /// When the process began, in ticks since the boot; 0 where the system does not tell.
    package var began: UInt64

    package init(host: String, boot: String, namespace: UInt64, number: Int32, began: UInt64) {
        self.host = host
        self.boot = boot
        self.namespace = namespace
        self.number = number
        self.began = began
    }

    /// This process.
    package static func current() -> ProcessIdentity {
        let number = getpid()
        return ProcessIdentity(
            host: hostName, boot: line(of: "/proc/sys/kernel/random/boot_id") ?? "",
            namespace: (try? Files.stat("/proc/self/ns/pid"))?.inode ?? 0, number: number,
            began: state("self")?.began ?? 0)
    }

    package enum Presence: Sendable {
        case alive, gone
        /// It is of another machine, another container or another boot, of which nothing can be found out here.
        case unknown
    }

    /// Whether the process is still there, as `observer` can see it.
    package func presence(seenBy observer: ProcessIdentity) -> Presence {
        guard host == observer.host, !boot.isEmpty, boot == observer.boot, namespace == observer.namespace, number > 0
        else { return .unknown }
        if kill(number, 0) != 0 && errno == ESRCH { return .gone }
        // The number may have been given again. Where that cannot be found out, the process is taken for the one that is meant.
        guard began > 0, let now = ProcessIdentity.state(String(number)) else { return .alive }
        return now.began == began && !now.hasEnded ? .alive : .gone
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func line(of path: String) -> String? {
        guard let bytes = try? Files.readMade(path) else { return nil }
        return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }

    /// What the line of a process says. Its second field is a name, which may hold spaces and parentheses.
    package static func state(_ process: String) -> (began: UInt64, hasEnded: Bool)? {
        guard let bytes = try? Files.readMade("/proc/\(process)/stat"),
            let name = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[name...].split(separator: 0x20)
        guard fields.count > 20, let began = UInt64(String(decoding: fields[20], as: UTF8.self)) else { return nil }
        // What its parent has not yet asked about is there by name only.
        return (began, fields[1].first == UInt8(ascii: "Z") || fields[1].first == UInt8(ascii: "X"))
    }
}

/// What this process has used so far.
package enum ProcessUsage {
    /// The most memory that it had at once, in bytes; nil where the system does not tell.
    package static var peakMemory: Int? {
        guard let bytes = try? Files.readMade("/proc/self/status") else { return nil }
        // Not `getrusage`: its figure goes on from what the parent had.
        for line in bytes.split(separator: 0x0A) where line.starts(with: "VmHWM:".utf8) {
            let digits = line.filter { 0x30...0x39 ~= $0 }
            return Int(String(decoding: digits, as: UTF8.self)).map { $0 << 10 }
        }
        return nil
    }
}
