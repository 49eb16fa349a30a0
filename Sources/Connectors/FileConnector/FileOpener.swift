import CompressedIO
import ObjectStores
import ProgramSupport
import SystemIO

/// A file that was opened, decompressed.
struct OpenFile {
    let source: any ByteSource
    /// Not a pipe or a device.
    let isRegularFile: Bool
    /// Nil for standard input.
    let version: FileVersion?
}

/// Opens files, wherever they are.
struct FileOpener {
    let remotes: RemoteFiles

    func open(_ file: PlannedFile) throws -> OpenFile {
        if let object = file.remote, let address = file.address {
            let source = try remotes.open(object, at: address)
            return OpenFile(
                source: try CompressedInput.open(source, name: file.name), isRegularFile: true,
                version: FileVersion(object))
        }
        guard let path = file.path else {
            let input = Descriptor.standardInput
            let isRegular = input.isRegularFile
            return OpenFile(source: try CompressedInput.open(input), isRegularFile: isRegular, version: nil)
        }
        let input = try Descriptor.openForReading(path)
        let isRegular = input.isRegularFile
        // From the open file, before reading: a later write makes the file a changed one in the next run.
        let status = try input.status()
        if status.kind == .directory {
            throw ProgramError(.noInput, "unable to read \(path): it is a folder", hint: "name a file in it")
        }
        return OpenFile(
            source: try CompressedInput.open(input), isRegularFile: isRegular, version: FileVersion(status))
    }

    /// A pipe that is opened and closed again is lost to its writer.
    func canOpenAgain(_ file: PlannedFile) -> Bool {
        file.remote != nil || file.path.map { (try? Files.stat($0))?.kind == .regular } ?? false
    }

    /// The name under which the file is remembered, and its version; nil for standard input.
    func identity(_ file: PlannedFile) throws -> (name: String, version: FileVersion)? {
        if let object = file.remote { return (object.url, FileVersion(object)) }
        guard let path = file.path else { return nil }
        let resolved = try Files.realPath(path)
        return (resolved, FileVersion(try Files.stat(resolved)))
    }
}
