/// The path of an endpoint, in segments.
struct EndpointPath: Hashable {
    enum Segment: Hashable {
        case word(String)
        case variable(String)
        /// A variable beside other text, as in `{id}:cancel`.
        case mixed(String)
    }

    let segments: [Segment]

    init(_ path: some StringProtocol) {
        segments = path.split(separator: "/").map { part in
            let text = Self.withoutExtension(String(part))
            if text.hasPrefix("{"), text.hasSuffix("}"),
                !text.dropFirst().dropLast().contains(where: { "{}".contains($0) })
            {
                return .variable(String(text.dropFirst().dropLast()))
            }
            return text.contains("{") ? .mixed(text) : .word(text)
        }
    }

    /// Some APIs write the format after the path; the name does not have it.
    private static func withoutExtension(_ segment: String) -> String {
        segment.hasSuffix(".json") ? String(segment.dropLast(5)) : segment
    }

    var words: [String] { segments.compactMap { if case .word(let word) = $0 { word } else { nil } } }
    var lastWord: String? { words.last }
    var variables: [String] {
        segments.compactMap { if case .variable(let name) = $0 { name } else { nil } }
    }

    var endsInVariable: Bool {
        switch segments.last {
        case .variable, .mixed: true
        default: false
        }
    }

    /// The same for paths that differ only in the names of their variables.
    var shape: String {
        segments.map { segment in
            switch segment {
            case .word(let word): word
            case .variable: "{}"
            case .mixed(let text): text
            }
        }.joined(separator: "/")
    }

    /// The path before the segment at an index.
    func prefix(_ count: Int) -> EndpointPath { EndpointPath(segments: Array(segments.prefix(count))) }

    private init(segments: [Segment]) { self.segments = segments }
}
