import LineEditing
import ProgramSupport
import SystemIO

/// Where the lines of a prompt come from: the editor, or the bare terminal where libedit is not installed.
final class PromptInput {
    private var editor: LineEditor?
    private let messages: Messages
    private var rest: [UInt8] = []

    init(_ messages: Messages, _ complete: @escaping (String) -> LineEditor.Completion) {
        self.messages = messages
        editor = LineEditor(program: "dlt-query", stopDescriptor: StopSignal.descriptor, complete: complete)
        if editor == nil {
            messages.note("lines cannot be edited here: install libedit (package libedit2) for history and completion")
        }
    }

    func remember(_ statement: String) {
        // Its lines would be drawn one over the other.
        editor?.remember(statement.replacing("\n", with: " "))
    }

    func read(_ prompt: String) throws -> LineEditor.Outcome {
        if let editor { return editor.read(prompt: prompt) }
        try Descriptor.standardOutput.writeAll(prompt)
        while true {
            if let end = rest.firstIndex(of: 0x0A) {
                defer { rest.removeFirst(end + 1) }
                return .line(String(decoding: rest[..<end], as: UTF8.self))
            }
            var block = [UInt8](repeating: 0, count: 4096)
            do {
                let count = try block.withUnsafeMutableBytes { try Descriptor.standardInput.read(into: $0) }
                if count == 0 { return .end }
                rest += block[..<count]
            } catch let error as SystemError where error.isInterruption {
                rest = []
                return .interrupted
            }
        }
    }
}
