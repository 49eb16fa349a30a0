import HTTP
import JSONText
import ProgramSupport
import Secrets
import SystemIO

/// Reads responses: decides whether one is a page, scans it, and finds its records.
///
/// Reads one page at a time: a page is valid until the next one is read.
final class PageReader {
    private let tape = JSONTape()
    /// The text of a page that was not encoded in UTF-8.
    private let converted = ByteBuffer()

    /// Why a response is not a page.
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
        /// Whether the records came in a list.
        let isList: Bool
        /// The error that the response reports beside the records.
        var complaint: String?
    }

    /// Whether the configuration says how to handle a response.
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

    /// nil for a response that rightly has no body.
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
        let root = try scan(response, body)

        var path = endpoint.selector ?? selector
        if path == nil {
            let (found, isList) = RecordSelection.detect(root)
            // A whole object that reports an error is not a record.
            if !isList, endpoint.selectionIsRequired, let complaint = RecordSelection.complaint(root) {
                throw Refused(
                    kind: .data, reason: "the answer says \(complaint)",
                    hint: "if this is a record, set data_selector: $")
            }
            path = found
        }
        let selected = path ?? .root
        switch RecordSelection.select(root, selected) {
        case .records(let records, let isList):
            // A record may have a member of such a name; a member beside the records describes them.
            let complaint = selected == .root ? nil : RecordSelection.complaint(root)
            if let complaint, records.isEmpty, endpoint.selectionIsRequired {
                throw Refused(
                    kind: .data, reason: "the answer has no records and says \(complaint)",
                    hint: "if that means an empty page, set data_selector_required: false")
            }
            return Page(
                root: root, records: records, selector: selected,
                countIsPlain: !selected.steps.dropLast().contains(.all), isList: isList, complaint: complaint)
        case .missing(let what):
            if endpoint.selector == .root || !endpoint.selectionIsRequired {
                return Page(root: root, records: [], selector: selected, countIsPlain: true, isList: false)
            }
            let complaint = RecordSelection.complaint(root).map { "; it says \($0)" } ?? ""
            throw Refused(
                kind: .data, reason: "the answer has \(what) at data_selector `\(selected.text)`\(complaint)",
                hint: "correct data_selector\(Self.keys(root)), or allow it with data_selector_required: false")
        }
    }

    private func scan(
        _ response: HTTPResponse, _ body: UnsafeBufferPointer<UInt8>
    ) throws(Refused) -> JSONPlace {
        var text = body.starts(with: [0xEF, 0xBB, 0xBF]) ? UnsafeBufferPointer(rebasing: body[3...]) : body
        if let wide = ResponseText.widened(response, body) { text = keep(wide) }
        do throws(JSONSyntaxError) { try tape.scan(text) } catch {
            guard error.reason == .badUTF8, let decoded = ResponseText.decoded(response, text) else {
                throw Self.unreadable(error, response, text)
            }
            text = keep(decoded)
            do throws(JSONSyntaxError) { try tape.scan(text) } catch { throw Self.unreadable(error, response, text) }
        }
        tape.shrink(toNodes: max(tape.count, 1 << 20))
        return JSONPlace(tape, text)
    }

    private func keep(_ text: [UInt8]) -> UnsafeBufferPointer<UInt8> {
        converted.removeAll(keeping: 1 << 20)
        converted.append(text)
        return converted.bytes
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
        // An excerpt may begin or end inside a secret, which could then not be recognized.
        let around = String(decoding: body[max(0, start - 4096)..<min(body.count, start + 4156)], as: UTF8.self)
        if Secrets.hidden(around) != around { excerpt = "…" }
        var reason = "the answer is not JSON: \(error)"
        var hint: String?
        if error.reason == .badUTF8 {
            reason = "the answer is not valid UTF-8, at byte \(error.offset + 1)"
            if let charset = ResponseText.charset(response), charset.lowercased() != "utf-8" {
                reason += ", and its charset `\(charset)` cannot be read"
                hint = "charsets that can be read are ISO-8859-1, Windows-1252, ISO-8859-15, UTF-16 and UTF-32"
            }
        }
        if body.isEmpty { reason = "the answer is empty" }
        if let type, !type.lowercased().contains("json") { reason += ", and its type is \(type)" }
        if !body.isEmpty { reason += ", near `\(excerpt.split(whereSeparator: \.isNewline).joined(separator: " "))`" }
        return Refused(kind: .data, reason: reason, hint: hint)
    }
}
