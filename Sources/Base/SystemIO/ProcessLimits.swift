import CSystem
import Glibc

package enum ProcessLimits {
    /// Lets this process open as many files as the system allows it to ask for, up to some thousands.
    ///
    /// - Returns: the number of files.
    package static func raiseDescriptors() -> Int { Int(csystem_raise_descriptors(8192)) }

    /// The memory of this machine, or of the control group of this process, in bytes.
    package static var memory: Int {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let machine = pages > 0 ? pages * sysconf(Int32(_SC_PAGESIZE)) : 1 << 30
        let group = (try? Files.readAll("/sys/fs/cgroup/memory.max")).map { bytes in
            String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
        }
        return min(machine, group.flatMap { Int($0) } ?? machine)
    }
}
