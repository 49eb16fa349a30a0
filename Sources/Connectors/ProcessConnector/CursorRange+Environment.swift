import Cursors

extension CursorRange {
    /// What a command learns about the wanted range, so that it can ask its own source for less. Unknown values are
    /// empty, so that a script may rely on all the variables.
    var variables: [String: String] {
        [
            "DLT_CURSOR": path, "DLT_LAST_VALUE": lastValue ?? "", "DLT_CURSOR_START": start ?? "",
            "DLT_CURSOR_END": end ?? "",
        ]
    }
}
