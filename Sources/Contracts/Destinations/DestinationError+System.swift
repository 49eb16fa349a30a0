import Failures
package import SystemIO

extension DestinationError {
    /// A system error about a file.
    ///
    /// - Parameter message: the whole message.
    package init(_ cause: SystemError, _ message: String) {
        if cause.isInterruption {
            self.init(.stopped, message)
        } else if cause.isForWantOfSpace {
            self.init(.storage, message, hint: "free some space on the disk, then run the same command again")
        } else if cause.isForWantOfDescriptors {
            self.init(.temporary, message, hint: "raise the limit of open files with `ulimit -n`")
        } else if cause.isTransient {
            self.init(.temporary, message, hint: "try again")
        } else if cause.isDenied {
            self.init(.denied, message, hint: "check the permissions of \(cause.object) and of its folder")
        } else if cause.isFailedDevice {
            self.init(.storage, message, hint: "check the disk of \(cause.object)")
        } else {
            self.init(.cannotCreate, message, hint: "check the URL")
        }
    }
}
