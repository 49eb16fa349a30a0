import CSystem
import Glibc

/// The command line of the process.
package enum ProcessArguments {
    /// The program's name, then its arguments.
    package static let all = (0..<csystem_argument_count()).map { String(cString: csystem_argument($0)) }
}

/// The environment of the process.
package enum Environment {
    package static func get(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        return String(cString: value)
    }

    /// All variables, as `NAME=value`.
    package static var all: [String] {
        var variables: [String] = []
        var entry = environ
        while let text = entry.pointee {
            variables.append(String(cString: text))
            entry += 1
        }
        return variables
    }

    /// `HOME`, or else the home folder in the user database.
    package static var home: String? {
        if let home = get("HOME"), !home.isEmpty { return home }
        guard let entry = getpwuid(geteuid()), let home = entry.pointee.pw_dir else { return nil }
        return String(cString: home)
    }

    package static var isRoot: Bool { geteuid() == 0 }
}

/// The folder of pipelines, by dlt's rules.
package enum DataDirectory {
    /// The option, `DLT_DATA_DIR`, `/var/dlt` for root, `~/.dlt`, or `$XDG_DATA_HOME/dlt` while `~/.dlt` is absent.
    package static func resolve(flag: String?) -> String {
        resolve(flag: flag, environment: Environment.get, isRoot: Environment.isRoot, exists: Files.exists)
    }

    static func resolve(
        flag: String?, environment: (String) -> String?, isRoot: Bool, exists: (String) -> Bool
    ) -> String {
        if let flag, !flag.isEmpty { return Paths.expandTilde(flag) }
        if let named = environment("DLT_DATA_DIR"), !named.isEmpty { return Paths.expandTilde(named) }
        if isRoot { return "/var/dlt" }
        guard let home = environment("HOME") ?? Environment.home, !home.isEmpty else { return "/tmp/dlt" }
        let usual = Paths.join(home, ".dlt")
        if let shared = environment("XDG_DATA_HOME"), !shared.isEmpty, !exists(usual) {
            return Paths.join(shared, "dlt")
        }
        return usual
    }
}
