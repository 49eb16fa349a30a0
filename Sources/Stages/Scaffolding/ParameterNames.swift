import OpenAPI

/// The parts that parameters of lists play, by their names and types.
enum ParameterNames {
    static let cursors = [
        "cursor", "page_token", "next_page_token", "next_token", "continuation_token", "continuation",
        "pagination_token",
        "page_cursor", "next_cursor", "after_cursor", "start_cursor", "starting_token", "iterator", "marker",
        "next_marker",
        "start_marker", "bookmark", "scroll_id", "skiptoken", "skip_token", "exclusive_start_key", "last_evaluated_key",
        "last_key", "start_key", "page_id", "next_id", "starting_after", "start_after", "page_after", "after",
        "after_id",
        "last_id", "since_id", "from_id", "max_id", "page_starting_after", "pagination_cursor", "pagination_after",
        "next",
        "next_page",
    ]
    /// These are the key of the last record, if no property of the answer holds them.
    static let keyCursors: Set<String> = [
        "starting_after", "start_after", "page_after", "after", "after_id", "last_id", "from_id", "max_id",
        "page_starting_after",
    ]
    static let offsets = [
        "offset", "skip", "start", "start_at", "start_index", "start_position", "page_offset", "first_result",
        "begin_index", "starting_index", "from", "pagination_offset",
    ]
    static let pages = [
        "page", "page_number", "page_no", "page_num", "page_index", "current_page", "pagenumber", "pageno", "p", "pg",
        "pagination_page", "page_page",
    ]
    static let limits = [
        "limit", "per_page", "page_size", "pagesize", "size", "max_results", "count", "top", "page_limit", "max_items",
        "maxpagesize", "max_page_size", "num_results", "results_per_page", "items_per_page", "records_per_page", "take",
        "rows", "first", "max", "perpage", "pagination_limit", "pagination_page_size", "page_count", "max_count",
    ]

    static func find(_ names: [String], _ parameters: [Parameter], _ isFit: (Parameter) -> Bool = { _ in true })
        -> Parameter?
    {
        for name in names {
            if let found = parameters.first(where: { Words.joined($0.name) == name && isFit($0) }) { return found }
        }
        return nil
    }

    static func isNumber(_ parameter: Parameter) -> Bool {
        parameter.shape.types.contains("integer") || parameter.shape.types.contains("number")
    }

    /// A time is a filter and not a place among pages.
    static func isTime(_ parameter: Parameter) -> Bool {
        if let format = parameter.shape.format, format.hasPrefix("date") || format == "time" { return true }
        let words = Set(Words.of(parameter.description))
        return !words.isDisjoint(with: ["timestamp", "datetime", "iso", "8601", "rfc3339", "date", "unix", "epoch"])
            && words.isDisjoint(with: ["cursor", "pagination", "page", "snowflake"])
    }

    /// A value that only the server understands is not the key of a record.
    static func isOpaque(_ parameter: Parameter) -> Bool {
        let words = Set(Words.of(parameter.description))
        return !words.isDisjoint(with: ["opaque", "token", "encoded", "base64", "header"])
    }

    /// Whether a parameter counts, so that a text in it is a number: by its type, its values or its words.
    static func counts(_ parameter: Parameter) -> Bool {
        if isNumber(parameter) || parameter.shape.types.isEmpty { return true }
        if let value = parameter.example ?? parameter.shape.usual, let text = value.text { return Int(text) != nil }
        let words = Set(Words.of(parameter.description))
        if !words.isDisjoint(with: ["token", "cursor", "opaque"]) { return false }
        // The names that only tokens have besides numbers.
        return !["offset", "page"].contains(Words.joined(parameter.name))
            || !words.isDisjoint(with: ["number", "index", "zero", "skip", "numeric", "integer", "count", "starting"])
    }

    static func isPaged(_ parameters: [Parameter]) -> Bool {
        find(limits + offsets.filter { $0 != "from" && $0 != "start" } + pages, parameters) != nil
            || find(cursors, parameters, { !isTime($0) }) != nil
    }
}
