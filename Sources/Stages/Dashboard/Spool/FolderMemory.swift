import Synchronization
import SystemIO

/// What was read from folders that have not changed since: a list of ten thousand names takes longer than the page that shows some of them.
final class FolderMemory<Content: Sendable>: Sendable {
    private struct Entry {
        let modified: Int64
        let content: Content
    }

    /// The time of a folder is that of a clock which stands still for some milliseconds: it does not show a second change in the same step.
    private static var step: Int64 { 1_000_000_000 }

    private let known = Mutex<[String: Entry]>([:])

    func content(of folder: String, _ read: () throws -> Content) throws -> Content {
        // Before it is read: a change during the reading makes it another time.
        guard let modified = (try? Files.stat(folder))?.modified else { return try read() }
        if let entry = known.withLock({ $0[folder] }), entry.modified == modified { return entry.content }
        let content = try read()
        if Clock.nowMicroseconds() * 1000 - modified > Self.step {
            known.withLock { $0[folder] = Entry(modified: modified, content: content) }
        }
        return content
    }
}
