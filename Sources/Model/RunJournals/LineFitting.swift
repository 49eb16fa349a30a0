import JSONText

extension JournalLine {
    /// Each line is one write of at most this many bytes with its newline: so much a kernel keeps whole.
    package static let maximumBytes = 4096

    /// The line with its newline. What would be longer is cut: texts, then lists.
    package var bytes: [UInt8] {
        let document = JSONValue.object(document)
        var line = document.serializedBytes()
        for limits in JournalLine.limits where line.count >= JournalLine.maximumBytes {
            line = JSONValue.object(cut(document, limits)).serializedBytes()
        }
        if line.count >= JournalLine.maximumBytes { line = JSONValue.object(least).serializedBytes() }
        line.append(0x0A)
        return line
    }

    private struct Limits {
        let characters: Int
        let items: Int
    }

    private static let limits = [(1000, 100), (500, 30), (200, 10), (100, 4), (40, 2)].map {
        Limits(characters: $0, items: $1)
    }

    /// What every reader needs.
    private var least: JSONObject {
        let all = document
        var object = JSONObject()
        for key in ["t", "at", "status", "outcome"] { object[key] = all[key] }
        object["cut"] = true
        return object
    }

    private func cut(_ document: JSONValue, _ limits: Limits) -> JSONObject {
        var object = JSONObject()
        for (key, value) in document.objectValue?.members ?? [] { object[key] = cut(value, limits, depth: 0) }
        object["cut"] = true
        return object
    }

    private func cut(_ value: JSONValue, _ limits: Limits, depth: Int) -> JSONValue {
        switch value {
        case .string(let text):
            let start = text.unicodeScalars.prefix(limits.characters)
            return start.endIndex == text.endIndex ? value : .string(String(start) + "…")
        case .array(let items):
            if depth == JournalLine.deepest { return [] }
            let kept = items.prefix(limits.items).map { cut($0, limits, depth: depth + 1) }
            // Arguments without their end would be another command.
            return .array(kept.count == items.count ? kept : kept + ["…"])
        case .object(let object):
            if depth == JournalLine.deepest { return [:] }
            var kept = JSONObject()
            for (key, value) in object.members.prefix(limits.items) {
                kept[String(key.unicodeScalars.prefix(limits.characters))] = cut(value, limits, depth: depth + 1)
            }
            return .object(kept)
        case .number(let digits): return digits.utf8.count > 40 ? .null : value
        default: return value
        }
    }

    private static let deepest = 3
}
