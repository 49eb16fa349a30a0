import Patterns
import SQLite

/// PostgreSQL's `regexp_replace(text, expression, replacement [, flags])` and its form `(text, expression, replacement, start [, N [, flags]])`.
enum RegularExpressionFunctions {
    static func register(in database: Database) throws(SQLiteError) {
        let memory = ReplacementMemory()
        try database.register(strict: "regexp_replace", 3...6) { call in
            do throws(Refusal) { try replace(call, memory) } catch { call.fail("regexp_replace: \(error.reason)") }
        }
    }

    private struct Refusal: Error { let reason: String }

    private static func replace(_ call: FunctionCall, _ memory: ReplacementMemory) throws(Refusal) {
        var (start, number) = (Int64(1), Int64?.none)
        var flags = ""
        // The fourth is a text of flags, or the place of a character.
        if call.count > 3, call.type(3) == .integer {
            start = call.int64(3)
            number = call.count > 4 ? call.int64(4) : 1
            if call.count > 5 { flags = call.string(5) }
        } else if call.count == 4 {
            flags = call.string(3)
        } else if call.count > 4 {
            throw Refusal(reason: "the place to begin at is a number")
        }
        guard start > 0 else { throw Refusal(reason: "the place to begin at is less than 1") }
        if let number, number < 0 { throw Refusal(reason: "the number of the match is negative") }
        var (isGlobal, ignoresCase) = (false, false)
        for flag in flags {
            switch flag {
            case "g": isGlobal = true
            case "i": ignoresCase = true
            case "c": ignoresCase = false
            default: throw Refusal(reason: "the flag '\(flag)' is not supported; g, i and c are")
            }
        }
        let only: Int? = number == 0 || number == nil && isGlobal ? nil : Int(clamping: number ?? 1)
        do throws(Pattern.Malformed) {
            let expression = try memory.expression(call.string(1), ignoresCase)
            call.give(
                expression.replace(
                    in: call.string(0), by: call.string(2), from: Int(clamping: start - 1), only: only))
        } catch { throw Refusal(reason: error.description) }
    }
}

/// The expression that was used last.
private final class ReplacementMemory {
    private var known: (text: String, ignoresCase: Bool, expression: PatternReplacement)?

    func expression(_ text: String, _ ignoresCase: Bool) throws(Pattern.Malformed) -> PatternReplacement {
        if let known, known.text == text, known.ignoresCase == ignoresCase { return known.expression }
        let made = try PatternReplacement(text, ignoresCase: ignoresCase)
        known = (text, ignoresCase, made)
        return made
    }
}
