import CSystem
import Glibc

extension Descriptor {
    /// A file without a name, in the folder that `TMPDIR` names, or else in `/var/tmp`, which is on a disk.
    package static func temporary() throws(SystemError) -> Descriptor {
        let named = Environment.get("TMPDIR") ?? ""
        let folder = named.isEmpty ? "/var/tmp" : named
        var path = Array(Paths.join(folder, "dlt-XXXXXX").utf8CString)
        let raw = path.withUnsafeMutableBufferPointer { $0.baseAddress.map { mkstemp($0) } ?? -1 }
        if raw < 0 { throw .last("create a temporary file in", folder) }
        _ = csystem_set_close_on_exec(raw)
        let name = path.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } } ?? folder
        _ = unlink(name)
        return Descriptor(raw: raw, closing: true, name: "a temporary file in \(folder)")
    }
}
