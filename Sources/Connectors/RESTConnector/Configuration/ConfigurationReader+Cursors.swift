import Cursors
import Documents
import JSONText
import SystemIO

/// Incremental cursors.
extension ConfigurationReader {
    mutating func incrementalConfiguration(
        _ value: LocatedValue, _ path: DocumentPath, isParameter: Bool
    ) -> IncrementalConfiguration {
        let text = value["cursor_path"]?.string ?? ""
        func given(_ key: String) -> JSONValue? { value[key].flatMap { $0.isNull ? nil : $0.json } }
        func choice<Choice: RawRepresentable<String>>(_ key: String, _ usual: Choice) -> Choice {
            value[key]?.string.flatMap(Choice.init(rawValue:)) ?? usual
        }
        var cursor = CursorSettings(path: .root)
        do { cursor.path = try JSONPath(text) } catch { report(path.key("cursor_path"), value, error.reason) }
        if cursor.path.steps.isEmpty, value["cursor_path"] != nil {
            report(path.key("cursor_path"), value, "it names no field")
        }
        cursor.function = choice("last_value_func", .max)
        cursor.rangeStart = choice("range_start", .closed)
        cursor.rangeEnd = choice("range_end", .open)
        cursor.onMissing = choice("on_cursor_value_missing", .raise)
        cursor.rowOrder = value["row_order"]?.string.flatMap(RowOrder.init(rawValue:))
        cursor.boundaryKey = strings(value["primary_key"])
        cursor.initial = given("initial_value").flatMap { CursorValue(argument: $0.plainText, as: .auto) }
        for key in ["initial_value", "end_value"] {
            if let text = given(key)?.stringValue, CursorValue.isBrokenDate(text) {
                report(path.key(key), value[key] ?? value, "`\(text)` is not a date: that month or day does not exist")
            }
        }
        if let lag = given("lag") { cursor.lag = CursorLag(lag.plainText) }
        var end = given("end_value")
        if isParameter, let value = value["end_value"], end != nil {
            report(
                path.key("end_value"), value, "a parameter has only a start",
                hint: "put `incremental` with start_param and end_param beside `params`")
        }
        if value["allow_external_schedulers"]?.bool == true,
            let from = Environment.get("DLT_INTERVAL_START"), let to = Environment.get("DLT_INTERVAL_END")
        {
            cursor.initial = CursorValue(argument: from, as: .auto)
            end = .string(to)
        }
        if let text = end, let to = CursorValue(argument: text.plainText, as: .auto) {
            guard let from = cursor.initial else {
                report(path.key("end_value"), value["end_value"] ?? value, "an end_value needs an initial_value")
                return IncrementalConfiguration(cursor: cursor, cursorPath: "")
            }
            let window = CursorSettings.Window(from: from, to: to)
            if window.isAhead(cursor.function) != true {
                report(path.key("end_value"), value["end_value"] ?? value, "it is not beyond initial_value")
            }
            cursor.window = window
        }
        return IncrementalConfiguration(
            cursor: cursor, cursorPath: text, initialValue: given("initial_value"), endValue: end,
            startParameter: value["start_param"]?.string, endParameter: value["end_param"]?.string,
            conversion: value["convert"]?.string.flatMap(IncrementalConversion.init(rawValue:)))
    }
}
