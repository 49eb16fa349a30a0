package import JSONText

/// Where the extracting program found a record.
package struct RecordPlace: Sendable, Equatable {
    package enum Origin: Sendable, Equatable {
        /// The name of a file as the user would write it.
        case file(String)
        /// The command, in a few words.
        case command(String)
        /// A response of a server. The URL contains no secrets; pages are counted from 1.
        case page(url: String, number: Int)
    }

    package var origin: Origin
    /// The line on which the record begins, from 1; nil if records are not lines.
    package var line: Int?
    /// The record's number in its file, output or page, from 1.
    package var number: Int

    package init(_ origin: Origin, line: Int? = nil, number: Int = 1) {
        self.origin = origin
        self.line = line
        self.number = number
    }

    /// The place of the record `count` records later, if each is one line.
    package func advanced(by records: Int) -> RecordPlace {
        RecordPlace(origin, line: line.map { $0 + records }, number: number + records)
    }
}

/// The PLACE message: the place of the next record of a stream. Each one after it is the next one there, and one line
/// further.
package struct StreamPlace: Sendable, Equatable {
    package var stream: String
    package var place: RecordPlace
    /// Records of the stream that were sent before. Another number before this message means that a filter removed or
    /// added some.
    package var sent: Int

    package init(stream: String, place: RecordPlace, sent: Int) {
        self.stream = stream
        self.place = place
        self.sent = sent
    }

    /// The members of the place, in their order.
    package static func members(of origin: RecordPlace.Origin) -> JSONObject {
        switch origin {
        case .file(let name): ["file": .string(name)]
        case .command(let words): ["command": .string(words)]
        case .page(let url, let number): ["url": .string(url), "page": .integer(number)]
        }
    }

    /// nil when a required member is missing.
    package init?(message: JSONValue) {
        guard let stream = message["stream"]?.stringValue, let number = message["number"]?.intValue,
            let sent = message["sent"]?.intValue
        else { return nil }
        let origin: RecordPlace.Origin
        if let file = message["file"]?.stringValue {
            origin = .file(file)
        } else if let command = message["command"]?.stringValue {
            origin = .command(command)
        } else if let url = message["url"]?.stringValue {
            origin = .page(url: url, number: message["page"]?.intValue ?? 1)
        } else {
            return nil
        }
        self.init(
            stream: stream, place: RecordPlace(origin, line: message["line"]?.intValue, number: number), sent: sent)
    }
}
