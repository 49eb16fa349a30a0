import CSystem
import Glibc
import SystemIO

/// The slots of a `make -j` that runs this process: each thread after the first takes one, so that all programs of one
/// make together stay within its number.
///
/// See <https://www.gnu.org/software/make/manual/html_node/POSIX-Jobserver.html>.
package final class JobSlots {
    // Both nil when make has slots but did not pass them on: then there are none to take.
    private let readEnd: CInt?
    private let writeEnd: CInt?
    private var opened: [CInt] = []

    /// nil when there is no make with slots.
    package convenience init?() { self.init(makeFlags: Environment.get("MAKEFLAGS") ?? "") }

    package init?(makeFlags: String) {
        // A nested make appends its own word: the last one counts.
        var offer: Substring?
        for word in makeFlags.split(separator: " ") {
            for option in ["--jobserver-auth=", "--jobserver-fds="] where word.hasPrefix(option) {
                offer = word.dropFirst(option.count)
            }
        }
        guard let offer else { return nil }
        if offer.hasPrefix("fifo:") {
            readEnd = JobSlots.open(String(offer.dropFirst(5)), O_RDWR)
            writeEnd = readEnd
        } else {
            let ends = offer.split(separator: ",").compactMap { CInt($0) }
            guard ends.count == 2, ends.allSatisfy({ $0 >= 0 && csystem_is_open($0) != 0 }) else {
                readEnd = nil
                writeEnd = nil
                return
            }
            // Opened again, because making the shared descriptor non-blocking would affect make and all other programs.
            readEnd = JobSlots.open("/proc/self/fd/\(ends[0])", O_RDONLY)
            writeEnd = ends[1]
        }
        if let readEnd { opened.append(readEnd) }
    }

    deinit {
        giveBack()
        for descriptor in opened { close(descriptor) }
    }

    private static func open(_ path: String, _ access: CInt) -> CInt? {
        let descriptor = csystem_open(path, access | O_NONBLOCK | O_CLOEXEC, 0)
        return descriptor < 0 ? nil : descriptor
    }

    /// Takes a slot if one is free.
    func take() -> Bool {
        guard let readEnd, let writeEnd else { return false }
        return csystem_take_slot(readEnd, writeEnd) != 0
    }

    /// Returns all slots. Exit, and a signal that ends the process, do so too.
    func giveBack() { csystem_give_back_slots() }
}
