import ArgumentParser
import Cursors
import JSONText

extension LastValueFunction: ExpressibleByArgument {}
extension RangeBound: ExpressibleByArgument {}
extension RowOrder: ExpressibleByArgument {}
extension MissingPolicy: ExpressibleByArgument {}
extension CursorType: ExpressibleByArgument {}

/// Options that decide which records of a source are new. `settings` checks whether they are consistent, so that the
/// next program can be informed of a mistake.
struct CursorOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Deliver only records that are new by this field, such as updated_at or meta.id; remember the last value.",
            valueName: "path"))
    var cursor: String?

    @Option(help: ArgumentHelp("Start of the first run (default: everything is delivered).", valueName: "value"))
    var initial: String?

    @Option(
        help: ArgumentHelp("Which value is the last: the greatest (max) or the smallest (min).", valueName: "which"))
    var lastValue = LastValueFunction.max

    @Option(
        help: ArgumentHelp(
            "How values compare: as numbers, as times (dates, timestamps, seconds since 1970) or as text; auto goes by the first.",
            valueName: "type"))
    var cursorType = CursorType.auto

    @Option(
        help: ArgumentHelp(
            "Start this far before the last value, such as 2d: seconds for times, days for dates, or a number with s, m, h, d or w.",
            valueName: "distance"))
    var lag: String?

    @Option(
        help: ArgumentHelp(
            "Whether records that equal the start are delivered: closed delivers those that were not delivered before, open none.",
            valueName: "bound"))
    var rangeStart = RangeBound.closed

    @Option(help: ArgumentHelp("Whether records that equal --to are delivered: open or closed.", valueName: "bound"))
    var rangeEnd = RangeBound.open

    @Option(
        help: ArgumentHelp(
            "The source is sorted by the cursor, the last value at its end (asc) or its beginning (desc): stop reading where "
                + "the rest is out of range.", valueName: "order"))
    var rowOrder: RowOrder?

    @Option(
        help: ArgumentHelp(
            "Records without a value: raise (fail), include or exclude.", valueName: "policy"))
    var onMissing = MissingPolicy.raise

    @Option(
        help: ArgumentHelp(
            "Fields that tell whether a record at the last value was delivered before (default: --primary-key, else the whole "
                + "record; '' to not ask).", valueName: "fields"))
    var boundaryKey: String?

    package init() {}

    /// - Parameters:
    ///   - path: the source's own cursor, if it has one.
    ///   - resourcesHaveCursors: a window may use the cursors of the resources.
    func settings(
        windows: WindowOptions, sourceCursor path: String?, resourcesHaveCursors: Bool
    ) throws -> CursorSettings? {
        guard let text = path ?? cursor else {
            if let option = lonely(windows), !(resourcesHaveCursors && (option == "--from" || option == "--to")) {
                throw ValidationError("'\(option)' needs a cursor: name it with '--cursor PATH'.")
            }
            return nil
        }
        if let path, let option = cursor != nil ? "--cursor" : aboutRecords {
            throw ValidationError(
                "'\(option)' cannot be used here: the cursor is \(path), which the source itself orders.")
        }
        var settings = CursorSettings(path: try CursorOptions.path(text))
        settings.function = lastValue
        settings.type = path == nil ? cursorType : .time
        settings.storedForm = path == nil ? nil : .datetime
        settings.initial = try initial.map { try value($0, "--initial", settings.type) }
        settings.window = try window(windows, settings)
        settings.lag = try lag.map { text in
            guard let lag = CursorLag(text) else {
                throw ValidationError("'--lag \(text)': expected a number, or one with s, m, h, d or w, such as 2d.")
            }
            return lag
        }
        settings.rangeStart = rangeStart
        settings.rangeEnd = rangeEnd
        settings.rowOrder = rowOrder
        settings.onMissing = onMissing
        settings.boundaryKey = boundaryKey.map { $0.split(separator: ",").map(String.init) }
        if settings.window == nil && rangeEnd == .closed {
            throw ValidationError("'--range-end' needs a window: give '--from' and '--to'.")
        }
        if settings.window != nil, let option = initial != nil ? "--initial" : lag != nil ? "--lag" : nil {
            throw ValidationError("'\(option)' cannot be used with a window: '--from' sets its beginning.")
        }
        return settings
    }

    /// An option that has no meaning without a cursor.
    private func lonely(_ windows: WindowOptions) -> String? {
        let given: [(String, Bool)] = [
            ("--from", windows.from != nil), ("--to", windows.to != nil), ("--initial", initial != nil),
            ("--lag", lag != nil), ("--row-order", rowOrder != nil), ("--boundary-key", boundaryKey != nil),
            ("--last-value", lastValue != .max), ("--range-start", rangeStart != .closed),
            ("--range-end", rangeEnd != .open), ("--on-missing", onMissing != .raise),
            ("--cursor-type", cursorType != .auto),
        ]
        return given.first { $0.1 }?.0
    }

    /// An option about the values in records.
    private var aboutRecords: String? {
        let given: [(String, Bool)] = [
            ("--last-value", lastValue != .max), ("--cursor-type", cursorType != .auto),
            ("--row-order", rowOrder != nil),
            ("--on-missing", onMissing != .raise), ("--boundary-key", boundaryKey != nil),
        ]
        return given.first { $0.1 }?.0
    }

    private static func path(_ text: String) throws -> JSONPath {
        let path: JSONPath
        do { path = try JSONPath(text) } catch { throw ValidationError("'--cursor \(text)': \(error.reason).") }
        if path.steps.isEmpty { throw ValidationError("'--cursor \(text)': it names no field.") }
        return path
    }

    private func value(_ text: String, _ option: String, _ type: CursorType) throws -> CursorValue {
        guard !text.isEmpty, let value = CursorValue(argument: text, as: type) else {
            let expected = type == .number ? "a number" : type == .time ? "a date or a timestamp" : "a value"
            throw ValidationError("'\(option) \(text)': expected \(expected).")
        }
        if type == .auto, CursorValue.isBrokenDate(text) {
            throw ValidationError("'\(option) \(text)' is not a date: that month or day does not exist.")
        }
        return value
    }

    /// A window for the resources' own cursors.
    func ownWindow(_ windows: WindowOptions) throws -> CursorSettings.Window? {
        try window(windows, CursorSettings(path: CursorOptions.path("cursor")))
    }

    private func window(_ options: WindowOptions, _ settings: CursorSettings) throws -> CursorSettings.Window? {
        guard options.from != nil || options.to != nil else { return nil }
        guard let from = options.from, let to = options.to else {
            throw ValidationError("A window has two ends: give both '--from' and '--to'.")
        }
        let window = CursorSettings.Window(
            from: try value(from, "--from", settings.type), to: try value(to, "--to", settings.type))
        guard let isAhead = window.isAhead(settings.function) else {
            throw ValidationError("'--from \(from) --to \(to)': the two cannot be compared.")
        }
        if !isAhead {
            throw ValidationError(
                "'--from \(from) --to \(to)': the window ends where it begins, or before"
                    + (settings.function == .min ? "; with '--last-value min' it goes down." : "."))
        }
        return window
    }
}

/// A part of a source's history, loaded separately.
struct WindowOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Deliver the records from this value of the cursor on, also those delivered before; the state stays as it is.",
            valueName: "value"))
    var from: String?

    @Option(
        help: ArgumentHelp(
            "End of the window, exclusive: records that equal it belong to the next window.", valueName: "value"))
    var to: String?

    @Option(
        help: ArgumentHelp(
            "Deliver and load each key once (default for a window: pipeline, resource, from and to).",
            valueName: "key"))
    var runKey: String?

    @Flag(help: "Deliver and load a window or run key again.")
    var again = false

    package init() {}

    /// The run key, if there is one.
    func key(pipeline: String, resources: [String]) -> String? {
        if let runKey { return runKey }
        guard let from, let to else { return nil }
        let resources = resources.count == 1 ? JSONValue.string(resources[0]) : .strings(resources)
        return JSONValue.array([.string(pipeline), resources, .string(from), .string(to)]).serialized()
    }
}
