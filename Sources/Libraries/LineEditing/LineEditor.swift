import CEdit

/// Lines that a person types on a terminal, with keys to change them, to go back to earlier ones and to complete words.
/// <https://www.thrysoee.dk/editline/>
///
/// There can be one in a process at a time.
package final class LineEditor {
    package enum Outcome: Sendable, Equatable {
        case line(String)
        /// The person typed ^C, or the process was asked to stop.
        case interrupted
        /// The person typed ^D, or the terminal is gone.
        case end
    }

    /// What a tab does to the text before the cursor.
    package enum Completion: Sendable, Equatable {
        case nothing
        /// The last characters give way to a text.
        case replacing(characters: Int, text: String)
        /// The completer has shown what is possible.
        case listed
    }

    private let complete: (String) -> Completion

    /// Why the library cannot be used on this machine; nil when it can.
    package static var absence: String? { cedit_load().map { String(cString: $0) } }

    /// - Parameters:
    ///   - stopDescriptor: ends a wait for a key when it becomes readable; negative for none.
    ///   - complete: called for a tab with the text before the cursor.
    package init?(program: String, stopDescriptor: Int32, complete: @escaping (String) -> Completion) {
        self.complete = complete
        guard LineEditor.absence == nil else { return nil }
        let opened = cedit_open(
            program, stopDescriptor,
            { context, text, count in
                guard let context, let text else { return Int32(CEDIT_NOTHING) }
                let bytes = UnsafeRawBufferPointer(start: text, count: count)
                let editor = Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue()
                switch editor.complete(String(decoding: bytes, as: UTF8.self)) {
                case .nothing: return Int32(CEDIT_NOTHING)
                case .listed: return Int32(CEDIT_LISTED)
                case .replacing(let characters, let text):
                    cedit_replace(Int32(clamping: characters), text)
                    return Int32(CEDIT_REPLACED)
                }
            }, Unmanaged.passUnretained(self).toOpaque())
        guard opened == 1 else { return nil }
    }

    deinit { cedit_close() }

    package func read(prompt: String) -> Outcome {
        var line: UnsafePointer<CChar>?
        var count = 0
        // The library shows the prompt again whenever it draws the line.
        let outcome = prompt.withCString { cedit_read($0, &line, &count) }
        if outcome == Int32(CEDIT_INTERRUPTED) { return .interrupted }
        guard outcome == Int32(CEDIT_LINE), let line else { return .end }
        return .line(String(decoding: UnsafeRawBufferPointer(start: line, count: count), as: UTF8.self))
    }

    /// Has the arrow keys find a line.
    package func remember(_ line: String) { cedit_remember(line) }
}
