import JSONText

/// The protocols whose messages must not pass for records.
enum MessageProtocol: Equatable {
    case singer, airbyte
    /// A record stream of dlt-extract itself.
    case native

    /// The protocol of which a line is the first message; nil for a record, even one with some of the members.
    init?(firstLine: UnsafeBufferPointer<UInt8>) {
        guard let value = try? JSONValue(parsing: firstLine), let type = value["type"]?.stringValue else { return nil }
        switch type {
        case "HEADER" where value["pipeline"]?.stringValue != nil && value["format"]?.intValue != nil: self = .native
        case "SCHEMA" where value["stream"]?.stringValue != nil && value["schema"]?.objectValue != nil: self = .singer
        case "RECORD" where value["stream"]?.stringValue != nil && value["record"]?.objectValue != nil: self = .singer
        case "RECORD" where value["record", "data"]?.objectValue != nil && value["record", "stream"] != nil:
            self = .airbyte
        // Some taps name the version first.
        case "ACTIVATE_VERSION" where value["stream"]?.stringValue != nil && value["version"]?.intValue != nil:
            self = .singer
        case "STATE" where value["value"]?.objectValue != nil && value.objectValue?.count == 2: self = .singer
        case "STATE" where value["state"]?.objectValue != nil && value.objectValue?.count == 2: self = .airbyte
        case "LOG" where value["log", "message"] != nil && value["log", "level"] != nil: self = .airbyte
        case "TRACE" where value["trace", "type"] != nil: self = .airbyte
        case "CONTROL" where value["control", "type"] != nil: self = .airbyte
        default: return nil
        }
    }

    /// The messages, as a part of a sentence.
    var title: String {
        switch self {
        case .singer: "messages of Singer"
        case .airbyte: "messages of Airbyte"
        case .native: "a record stream"
        }
    }

    /// What reads them.
    ///
    /// - Parameter command: the user's program.
    func advice(_ command: String) -> String {
        switch self {
        case .singer: "dlt-extract singer -- \(command) reads them; --format jsonl takes each message for a record"
        case .airbyte:
            "dlt-extract airbyte -- \(command), without its `read` and options, reads them; --format jsonl takes each message "
                + "for a record"
        case .native:
            "pipe it into dlt-normalize without dlt-extract; --format jsonl takes each message for a record"
        }
    }
}
