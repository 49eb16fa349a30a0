import CSystem
import SystemIO

/// The number of processors that this process may use.
package enum Processors {
    /// The processors that it may run on, limited by the quota of its control group. At least 1.
    package static let available: Int = min(Int(csystem_processors()), quota(of: "/sys/fs/cgroup/cpu.max") ?? .max)

    /// `150000 100000` in a container that may use one and a half of them: 2. nil when there is no limit.
    static func quota(of file: String) -> Int? {
        guard let bytes = try? Files.readAll(file) else { return nil }
        let fields = String(decoding: bytes, as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\n" })
        guard fields.count == 2, let time = Int(fields[0]), let period = Int(fields[1]), time > 0, period > 0 else {
            return nil
        }
        return (time + period - 1) / period
    }
}
