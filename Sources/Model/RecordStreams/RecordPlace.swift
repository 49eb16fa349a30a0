package import JSONText

/// Where a record was found by who extracted it.
package struct RecordPlace: Sendable, Equatable {
    package enum Origin: Sendable, Equatable {
        /// Its name as the user would write it.
        case file(String)
        /// What was run, in a few words.
        case command(String)
        /// An answer of a server. The URL shows no secrets; pages are counted from 1.
        case page(url: String, number: Int)
    }

    package var origin: Origin
    /// The line on which the record begins, from 1; nil where records are not lines.
    package var line: Int?
    /// The record's number in its file, output or page, from 1.
    package var number: Int

    package init(_ origin: Origin, line: Int? = nil, number: Int = 1) {
        self.origin = origin
        self.line = line
        self.number = number
    }

    /// The place of a record that comes so many later, when each is one line.
    package func advanced(by records: Int) -> RecordPlace {
        RecordPlace(origin, line: line.map { $0 + records }, number: number + records)
    }
}

/// The PLACE message: where the next record of a stream was found. Each one after it is the next one there, and one line further.
package struct StreamPlace: Sendable, Equatable {
    package var stream: String
    package var place: RecordPlace
    /// Records of the stream that were sent before. Another number before this message means that some went or came on the way.
    package var sent: Int

    package init(stream: String, place: RecordPlace, sent: Int) {
        self.stream = stream
        self.place = place
        self.sent = sent
    }

    /// The members that say where, in their order.
    package static func members(of origin: RecordPlace.Origin) -> JSONObject {
        switch origin {
        case .file(let name): ["file": .string(name)]
        case .command(let words): ["command": .string(words)]
        case .page(let url, let number): ["url": .string(url), "page": .integer(number)]
        }
    }

    /// nil when it lacks what it must have.
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
