import JSONText
import Secrets

/// The values of a page that decide about the next one.
extension Paginator {
    /// The meaning of a response's flags; nil when none is configured. A flag that stops wins.
    static func more(_ flags: PaginatorRules.Flags, _ root: JSONPlace) throws(Failed) -> Bool? {
        var more: Bool?
        if let path = flags.hasMore { more = try flag(path, "has_more_path", root) }
        if more != false, let path = flags.isLast { more = try !flag(path, "is_last_path", root) }
        return more
    }

    static func contradiction(_ what: String, _ path: JSONPath) -> Failed {
        Failed("the response says that more follows, but there is no \(what) at `\(path.text)`")
    }

    static func flag(_ path: JSONPath, _ key: String, _ root: JSONPlace) throws(Failed) -> Bool {
        guard let found = root.first(path) else { throw Failed("there is nothing at \(key) `\(path.text)`") }
        switch found.kind {
        case .true: return true
        case .false: return false
        case .integer where found.integer == 0 || found.integer == 1: return found.integer == 1
        case .string:
            switch found.string?.lowercased() {
            case "true", "yes", "y", "t", "1", "on"?: return true
            case "false", "no", "n", "f", "0", "off"?: return false
            default: break
            }
        default: break
        }
        throw Failed("\(key) `\(path.text)` leads to \(excerpt(found)) instead of true or false")
    }

    static func total(_ path: JSONPath, _ root: JSONPlace, isRequired: Bool) throws(Failed) -> Int? {
        guard let found = root.first(path), !found.isNull else {
            if !isRequired { return nil }
            throw Failed(
                "there is no total at `\(path.text)`",
                hint: "correct total_path, or set it to null if the API reports no total")
        }
        guard let total = found.wholeNumber else {
            throw Failed("the total at `\(path.text)` is \(excerpt(found)) instead of a whole number")
        }
        return total
    }

    static func excerpt(_ place: JSONPlace) -> String {
        Secrets.excerpt(place.bytes, 80)
    }
}
