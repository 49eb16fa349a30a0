import Cursors
import JSONText

extension FuzzTarget {
    /// A cursor over records of any kind, going on from any state.
    static let cursors = FuzzTarget(name: "cursors") { bytes in
        var input = FuzzInput(bytes)
        var settings = CursorSettings(path: try JSONPath("a"))
        if input.option(below: 2) == 1 { settings.function = .min }
        if input.option(below: 2) == 1 { settings.rowOrder = .asc }
        settings.lag = CursorLag(String(decoding: input.line(), as: UTF8.self))
        settings.initial = CursorValue(argument: String(decoding: input.line(), as: UTF8.self), as: .auto)
        let remembered = try? JSONValue(parsing: input.line())
        let filter = try CursorFilter(settings, resource: "r", remembered: remembered, primaryKey: ["id"])
        _ = filter.range
        for record in input.rest.split(separator: 0x0A) {
            _ = try Array(record).withUnsafeBufferPointer { try filter.judge($0) }
        }
        guard let memory = try filter.memory() else { return }
        // What is remembered must be understood by the next run; to go back from it may be too much to ask.
        settings.lag = nil
        do { _ = try CursorFilter(settings, resource: "r", remembered: memory, primaryKey: ["id"]) } catch {
            throw Finding(description: "the next run does not understand \(memory.serialized()): \(error)")
        }
    }
}
