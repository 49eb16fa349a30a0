import Cursors

extension CursorRange {
    /// What a command is told of the part that is wanted, so that it can ask its own source for less. What is not known is empty:
    /// a script may rely on each of them being there.
    var variables: [String: String] {
        [
            "DLT_CURSOR": path, "DLT_LAST_VALUE": lastValue ?? "", "DLT_CURSOR_START": start ?? "",
            "DLT_CURSOR_END": end ?? "",
        ]
    }
}
