import ProgramSupport
import SystemIO

/// A file of the user's to which lines are appended, or `fd:N`, a descriptor that the parent process has opened.
package struct LineTarget: Sendable {
    /// Absolute: a later run may finish the work from another folder.
    let path: String

    /// Throws when nothing could be appended there.
    package init(_ name: String) throws {
        if name.hasPrefix("fd:") {
            guard let raw = CInt(name.dropFirst(3)), raw >= 0 else {
                throw ProgramError(.usage, "unable to write to \(name): fd: needs a number")
            }
            _ = try Descriptor.inherited(raw, name: name)
            path = "/dev/fd/\(raw)"
            return
        }
        try SharedLines.check(name)
        path = Paths.isAbsolute(name) ? name : Paths.join(try Files.realPath("."), name)
    }
}
