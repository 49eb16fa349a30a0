import HTTP
import JSONText
import ProgramSupport
import Secrets

/// Reads responses: decides whether one is a page, scans it, and finds its records.
///
/// One at a time: a page is valid until the next one is read.
final class PageReader {
    private let tape = JSONTape()

    /// Why a response is no page.
    struct Refused: Error {
        enum Kind { case status(Int), data }

        let kind: Kind
        let reason: String
        var hint: String?
    }

    /// A page's records, in the response.
    struct Page {
        let root: JSONPlace
        let records: [JSONPlace]
        let selector: JSONPath
        let countIsPlain: Bool
    }

    /// Whether the configuration has something to say of a response.
    func action(for response: HTTPResponse, _ endpoint: EndpointConfiguration) -> ResponseAction? {
        endpoint.actions.first { action in
            if let status = action.status, status != response.status { return false }
            if let content = action.content, !Self.contains(response.body, Array(content.utf8)) { return false }
            return action.status != nil || action.content != nil
        }
    }

    private static func contains(_ body: [UInt8], _ piece: [UInt8]) -> Bool {
        guard let first = piece.first else { return true }
        guard body.count >= piece.count else { return false }
        return (0...(body.count - piece.count)).contains { body[$0] == first && body[$0...].starts(with: piece) }
    }

    /// nil when the response is without a body, and rightly so.
    ///
    /// - Parameter body: the response's bytes, which must outlive the page.
    func page(
        _ response: HTTPResponse, _ body: UnsafeBufferPointer<UInt8>, _ endpoint: EndpointConfiguration,
        selector: JSONPath?
    ) throws(Refused) -> Page? {
        guard (200..<300).contains(response.status) else {
            throw Refused(kind: .status(response.status), reason: "the answer is \(Self.words(response))")
        }
        if response.status == 204 || response.status == 205 { return nil }
        let body = body.starts(with: [0xEF, 0xBB, 0xBF]) ? UnsafeBufferPointer(rebasing: body[3...]) : body
        do throws(JSONSyntaxError) { try tape.scan(body) } catch { throw Self.unreadable(error, response, body) }
        tape.shrink(toNodes: max(tape.count, 1 << 20))
        let root = JSONPlace(tape, body)

        var path = endpoint.selector ?? selector
        if path == nil {
            let (found, isList) = RecordSelection.detect(root)
            // A whole object that tells of an error is no record.
            if !isList, endpoint.selectionIsRequired, let complaint = RecordSelection.complaint(root) {
                throw Refused(
                    kind: .data, reason: "the answer says \(complaint)",
                    hint: "if this is a record, say so with data_selector: $")
            }
            path = found
        }
        let selected = path ?? .root
        switch RecordSelection.select(root, selected) {
        case .records(let records):
            return Page(
                root: root, records: records, selector: selected,
                countIsPlain: !selected.steps.dropLast().contains(.all))
        case .missing(let what):
            if endpoint.selector == .root || !endpoint.selectionIsRequired {
                return Page(root: root, records: [], selector: selected, countIsPlain: true)
            }
            let complaint = RecordSelection.complaint(root).map { "; it says \($0)" } ?? ""
            throw Refused(
                kind: .data, reason: "the answer has \(what) at data_selector `\(selected.text)`\(complaint)",
                hint: "correct data_selector\(Self.keys(root)), or allow it with data_selector_required: false")
        }
    }

    private static func keys(_ root: JSONPlace) -> String {
        let keys = root.members.prefix(12).compactMap(\.key.string)
        return keys.isEmpty ? "" : " (the answer's keys are \(keys.joined(separator: ", ")))"
    }

    private static func words(_ response: HTTPResponse) -> String {
        let kind = response.status >= 500 ? "Server Error" : response.status >= 400 ? "Client Error" : "Redirect"
        let text = Secrets.excerpt(response.body, 300)
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return "\(response.status) \(kind)" + (line.isEmpty ? "" : ": \(line)")
    }

    private static func unreadable(
        _ error: JSONSyntaxError, _ response: HTTPResponse, _ body: UnsafeBufferPointer<UInt8>
    ) -> Refused {
        let type = response.headers["Content-Type"]
        let start = max(0, min(error.offset, body.count) - 20)
        var excerpt = String(decoding: body[start..<min(body.count, start + 60)], as: UTF8.self)
        // An excerpt may begin or end inside of a secret, where nobody would know it.
        let around = String(decoding: body[max(0, start - 4096)..<min(body.count, start + 4156)], as: UTF8.self)
        if Secrets.hidden(around) != around { excerpt = "…" }
        var reason = "the answer is not JSON: \(error)"
        if error.reason == .badUTF8 { reason = "the answer is not valid UTF-8, at byte \(error.offset + 1)" }
        if body.isEmpty { reason = "the answer is empty" }
        if let type, !type.lowercased().contains("json") { reason += ", and says to be \(type)" }
        if !body.isEmpty { reason += ", near `\(excerpt.split(whereSeparator: \.isNewline).joined(separator: " "))`" }
        return Refused(kind: .data, reason: reason)
    }
}
