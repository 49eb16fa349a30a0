package import JSONText
package import RecordStreams

/// A place in the input, as the user looks for it: line 7 of a file, not the line of the stream that it arrived on.
package struct InputPlace: Sendable, Equatable, CustomStringConvertible {
    package enum Source: Sendable, Equatable {
        /// Standard input: plain rows, or a stream without the places of its records.
        case input
        /// The input of an extract, or a file that a BATCH names.
        case origin(RecordPlace.Origin)

        package func at(line: Int) -> InputPlace { InputPlace(self, line: line) }
        func line(_ number: Int) -> String { at(line: number).description }
    }

    package let source: Source
    /// From 1; nil where records are not lines.
    package let line: Int?
    /// The record's number in its file, output or page, from 1; nil where only lines are counted.
    package let record: Int?
    /// Whether records were added or removed on the way, so that the place is approximate.
    package let isApproximate: Bool

    package init(_ source: Source, line: Int?, record: Int? = nil, isApproximate: Bool = false) {
        self.source = source
        self.line = line
        self.record = record
        self.isApproximate = isApproximate
    }

    package init(_ place: RecordPlace, isApproximate: Bool) {
        self.init(.origin(place.origin), line: place.line, record: place.number, isApproximate: isApproximate)
    }

    package var description: String {
        var number = isApproximate ? "about " : ""
        if let line { number += "line \(line)" } else { number += "record \(record ?? 0)" }
        return switch source {
        case .input: "\(number) of standard input"
        case .origin(.file(let name)): "\(name), \(number)"
        case .origin(.command(let words)): "\(words), \(number)"
        case .origin(.page(let url, let page)): "\(url), page \(page), \(number)"
        }
    }

    /// The members that programs use to find it, and the words in `place`.
    package var members: JSONObject {
        var object: JSONObject = if case .origin(let origin) = source { StreamPlace.members(of: origin) } else { [:] }
        object["line"] = line.map { .integer($0) }
        object["record_number"] = record.map { .integer($0) }
        if isApproximate { object["about"] = true }
        object["place"] = .string(description)
        return object
    }

    /// Whether a command printed it to standard output, where records should be.
    var isOfCommand: Bool { if case .origin(.command) = source { true } else { false } }
    var isOfFile: Bool { if case .origin(.file) = source { true } else { false } }
}
