package import SystemIO

/// The journal of one program of a run. Lines are appended whole, and synchronized to the disk only if the program has failed.
///
/// The first error ends it: from then on nothing is written, and nothing fails.
package final class JournalWriter {
    private var file: Descriptor?
    /// Lines of events, which come by the hundred: they are written together.
    private var pending: [UInt8] = []
    /// Why nothing is written any more.
    package private(set) var failure: SystemError?

    /// Makes the file, and the folders above it.
    package init(_ folder: RunFolder, _ run: RunID, _ stage: RunStage) throws(SystemError) {
        let path = folder.folder(of: run)
        for folder in folder.unlinked + [path] { try Files.refuseLink(folder) }
        let isFirst = !Files.exists(path)
        try Files.makeDirectory(path, mode: 0o700, intermediates: true)
        // Not at each run: the folder has a thousand names.
        if isFirst, run.chance == UInt8(ascii: "0") { RunRetention().trim(folder, now: Clock.nowMicroseconds()) }
        file = try JournalWriter.create(path, stage)
    }

    private static func create(_ folder: String, _ stage: RunStage) throws(SystemError) -> Descriptor {
        var number = 1
        while true {
            let path = Paths.join(folder, stage.fileName(number))
            do throws(SystemError) { return try Descriptor.create(path, mode: 0o600, exclusive: true) } catch {
                // Two programs of one stage have read the same stream.
                guard error.isExistence, number < RunStage.most else { throw error }
                number += 1
            }
        }
    }

    /// Writes a line, after the pending ones.
    package func write(_ line: JournalLine) {
        guard file != nil else { return }
        let bytes = line.bytes
        if pending.count + bytes.count > JournalLine.maximumBytes { flush() }
        pending += bytes
        flush()
    }

    /// Writes a line soon: with the next one, or when enough have come.
    package func add(_ line: JournalLine) {
        guard file != nil else { return }
        let bytes = line.bytes
        if pending.count + bytes.count > JournalLine.maximumBytes { flush() }
        pending += bytes
    }

    package func flush() {
        guard !pending.isEmpty, file != nil else { return }
        do throws(SystemError) { try file?.writeAll(pending) } catch { stop(error) }
        pending.removeAll(keepingCapacity: true)
    }

    /// Returns when what was written is on the disk.
    package func synchronize() {
        flush()
        do throws(SystemError) { try file?.synchronize() } catch { stop(error) }
    }

    private func stop(_ error: SystemError) {
        failure = error
        file = nil
    }
}
