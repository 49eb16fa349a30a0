import CSystem
import Glibc

package enum ProcessLimits {
    /// Lets this process have as many files open as the system lets it ask for, but no more than some thousands.
    ///
    /// - Returns: how many that are.
    package static func raiseDescriptors() -> Int { Int(csystem_raise_descriptors(8192)) }

    /// Memory that this machine has, or the control group that this process is in, in bytes.
    package static var memory: Int {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let machine = pages > 0 ? pages * sysconf(Int32(_SC_PAGESIZE)) : 1 << 30
        let group = (try? Files.readAll("/sys/fs/cgroup/memory.max")).map { bytes in
            String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
        }
        return min(machine, group.flatMap { Int($0) } ?? machine)
    }
}
