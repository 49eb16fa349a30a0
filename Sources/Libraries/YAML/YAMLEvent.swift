/// A place in a text, counted from 1.
package struct YAMLMark: Sendable, Equatable {
    package let line: Int
    package let column: Int
}

/// One step through a document.
package struct YAMLEvent: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case documentStart
        case documentEnd
        case streamEnd
        /// `isPlain`: written without quotes and without a tag, so that its text decides its type.
        case scalar(String, isPlain: Bool)
        case sequenceStart
        case sequenceEnd
        case mappingStart
        case mappingEnd
        /// A reference to the node with that anchor.
        case alias(String)
    }

    package let kind: Kind
    package let anchor: String?
    package let mark: YAMLMark
}

/// Why a text is not YAML, and where.
package struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    package let mark: YAMLMark?

    package init(reason: String, mark: YAMLMark?) {
        self.reason = reason
        self.mark = mark
    }

    package var description: String { mark.map { "line \($0.line): \(reason)" } ?? reason }
}
