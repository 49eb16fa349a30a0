import CYAML

/// Reads a YAML text as a sequence of events. The caller resolves tags, types and aliases.
/// <https://pyyaml.org/wiki/LibYAML>
package final class YAMLParser {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeMutableBufferPointer<UInt8>

    /// Why the library cannot be used on this machine; nil when it can.
    package static var absence: String? { cyaml_load().map { String(cString: $0) } }

    package init(_ bytes: [UInt8]) throws(YAMLError) {
        if let absence = YAMLParser.absence { throw YAMLError(reason: absence, mark: nil) }
        parser = .allocate(capacity: 1)
        // The library keeps a pointer to its input.
        text = .allocate(capacity: max(bytes.count, 1))
        _ = text.initialize(from: bytes)
        guard cyaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            text.deallocate()
            throw YAMLError(reason: "not enough memory", mark: nil)
        }
        cyaml_parser_set_input(parser, text.baseAddress, bytes.count)
    }

    deinit {
        cyaml_parser_delete(parser)
        parser.deallocate()
        text.deallocate()
    }

    /// The next event; after `streamEnd` there is none.
    package func next() throws(YAMLError) -> YAMLEvent {
        while true {
            var event = yaml_event_t()
            guard cyaml_parser_parse(parser, &event) == 1 else { throw failure() }
            defer { cyaml_event_delete(&event) }
            let mark = YAMLMark(line: event.start_mark.line + 1, column: event.start_mark.column + 1)
            func made(_ kind: YAMLEvent.Kind, anchor: UnsafePointer<UInt8>? = nil) -> YAMLEvent {
                YAMLEvent(kind: kind, anchor: anchor.map { String(cString: $0) }, mark: mark)
            }
            switch event.type {
            case YAML_DOCUMENT_START_EVENT: return made(.documentStart)
            case YAML_DOCUMENT_END_EVENT: return made(.documentEnd)
            case YAML_STREAM_END_EVENT: return made(.streamEnd)
            case YAML_SEQUENCE_START_EVENT: return made(.sequenceStart, anchor: event.data.sequence_start.anchor)
            case YAML_SEQUENCE_END_EVENT: return made(.sequenceEnd)
            case YAML_MAPPING_START_EVENT: return made(.mappingStart, anchor: event.data.mapping_start.anchor)
            case YAML_MAPPING_END_EVENT: return made(.mappingEnd)
            case YAML_ALIAS_EVENT: return made(.alias(String(cString: event.data.alias.anchor)))
            case YAML_SCALAR_EVENT:
                let scalar = event.data.scalar
                let characters = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
                return made(
                    .scalar(
                        String(decoding: characters, as: UTF8.self),
                        isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nil),
                    anchor: scalar.anchor)
            default: continue
            }
        }
    }

    private func failure() -> YAMLError {
        let reason = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
        switch parser.pointee.error {
        case YAML_READER_ERROR:
            return YAMLError(reason: "\(reason) at byte \(parser.pointee.problem_offset + 1)", mark: nil)
        case YAML_SCANNER_ERROR, YAML_PARSER_ERROR:
            let mark = parser.pointee.problem_mark
            return YAMLError(reason: reason, mark: YAMLMark(line: mark.line + 1, column: mark.column + 1))
        default: return YAMLError(reason: reason, mark: nil)
        }
    }
}
