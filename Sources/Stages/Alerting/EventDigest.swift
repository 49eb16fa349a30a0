import JSONText
import ProgramSupport

/// Events, each kind once with its number of occurrences.
struct EventDigest {
    struct Entry {
        let event: JSONObject
        /// The members that make two events the same.
        fileprivate let identity: String
        let text: String
        var count = 1
    }

    /// Data may be secret, and many people read the message.
    let quotesValues: Bool
    private(set) var entries: [Entry] = []
    private var places: [String: Int] = [:]

    init(quotesValues: Bool) { self.quotesValues = quotesValues }

    var isEmpty: Bool { entries.isEmpty }

    mutating func take(_ events: [JSONObject]) { for event in events { take(event) } }

    mutating func take(_ event: JSONObject) {
        var event = event
        if !quotesValues {
            for key in ["value", "key", "record", "reason"] { event[key] = nil }
            if let got = event["got"]?.stringValue, event["metric"] == nil {
                event["got"] = .string(EventDigest.kind(of: got))
            }
        }
        let identity = ["event", "table", "column", "entity", "mode", "expected", "property", "new", "metric"]
            .map { event[$0]?.serialized() ?? "" }.joined(separator: "\n")
        if let place = places[identity] {
            entries[place].count += 1
            return
        }
        places[identity] = entries.count
        entries.append(Entry(event: event, identity: identity, text: EventDigest.text(of: event)))
    }

    /// `string "secret"` becomes a string, and `text "secret"` a text.
    private static func kind(of got: String) -> String { String(got.prefix { $0 != " " }) }

    private static func text(of event: JSONObject) -> String {
        func word(_ key: String) -> String { event[key].map { $0.stringValue ?? $0.serialized() } ?? "" }
        let table = word("table")
        let column = event["column"] == nil ? table : "\(table).\(word("column"))"
        switch word("event") {
        case "table_added": return "new table \(table)"
        case "table_removed": return "table \(table) is gone"
        case "column_added": return "new column \(column) (\(word("data_type")))"
        case "column_removed": return "column \(column) is gone"
        case "variant_added": return "values of another type: new variant column \(column) (\(word("data_type")))"
        case "schema_changed":
            return "\(column): \(word("property")) changed from \(word("old")) to \(word("new"))"
        case "schema_watched": return "schema \(word("schema")) is watched from now on"
        case "name_collision" where event["child"] != nil: return "lists of two keys become one table \(word("child"))"
        case "name_collision": return "two keys become one column \(column)"
        case "quality_violated":
            return "quality of \(column): \(word("metric")) expected \(word("expected")), got \(word("got"))"
        case "contract_violated":
            let outcome =
                switch word("mode") {
                case "freeze": "the run was stopped"
                case "discard_row": "row left out"
                default: "value left out"
                }
            return "contract broken at \(column): expected \(word("expected")), got \(word("got")); \(outcome)"
        default: return JSONValue.object(event).serialized()
        }
    }

    /// `1 new table, 2 new columns, 14 violations`
    var summary: String {
        var counts: [(name: String, count: Int)] = []
        for entry in entries {
            let name =
                switch entry.event["event"]?.stringValue {
                case "contract_violated", "quality_violated": "violation"
                default: "change"
                }
            if let place = counts.firstIndex(where: { $0.name == name }) {
                counts[place].count += entry.count
            } else {
                counts.append((name, entry.count))
            }
        }
        return counts.sorted { $0.name > $1.name }.map { NumberText.count($0.count, of: $0.name) }.joined(
            separator: " and ")
    }
}

/// The message to send: one for all events of a run.
struct AlertMessage {
    private let digest: EventDigest
    private let pipeline: String?
    /// Slack truncates long texts, and people do not read them.
    private static let maximumLines = 30

    init(_ digest: EventDigest, pipeline: String?) {
        self.digest = digest
        self.pipeline = pipeline
    }

    var title: String { (pipeline.map { "dlt pipeline \($0): " } ?? "dlt: ") + digest.summary }

    var text: String {
        var lines = [title]
        for entry in digest.entries.prefix(AlertMessage.maximumLines) {
            var line = "- \(entry.text)"
            if let place = entry.event["place"]?.stringValue {
                line += ", \(place)"
            } else if let number = entry.event["line"]?.intValue {
                line += ", line \(number)" + (entry.event["file"]?.stringValue.map { " of \($0)" } ?? "")
            }
            if entry.count > 1 { line += ", \(entry.count) times" }
            lines.append(line.count > 400 ? line.prefix(400) + "…" : line)
        }
        if digest.entries.count > AlertMessage.maximumLines {
            lines.append("- and \(digest.entries.count - AlertMessage.maximumLines) more")
        }
        return lines.joined(separator: "\n")
    }

    /// The message for programs.
    var document: JSONValue {
        var object: JSONObject = ["title": .string(title), "text": .string(text)]
        object["pipeline"] = pipeline.map { .string($0) }
        object["events"] = .array(
            digest.entries.map { entry in
                var event = entry.event
                event["count"] = .integer(entry.count)
                return .object(event)
            })
        return .object(object)
    }

    /// Slack takes these three characters for markup.
    var slackDocument: JSONValue {
        [
            "text": .string(
                text.replacingBytes(of: "&", with: "&amp;").replacingBytes(of: "<", with: "&lt;").replacingBytes(
                    of: ">", with: "&gt;"))
        ]
    }
}
