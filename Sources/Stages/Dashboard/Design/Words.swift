import InspectionSupport
import LoadPackages
import Markup
import ProgramSupport
import SystemIO

/// Times as people think of them.
enum TimeText {
    /// "3 min ago", "2 days ago".
    static func age(_ microseconds: Int64, now: Int64 = Clock.nowMicroseconds()) -> String {
        let seconds = (now - microseconds) / 1_000_000
        switch seconds {
        case ..<(-60): return "in the future"
        case ..<5: return "just now"
        case ..<60: return "\(seconds) s ago"
        case ..<3600: return "\(seconds / 60) min ago"
        case ..<86400: return "\(seconds / 3600) h ago"
        case ..<(86400 * 60):
            let days = seconds / 86400
            return days == 1 ? "yesterday" : "\(days) days ago"
        default: return "\(seconds / 86400 / 30) months ago"
        }
    }

    static func utc(_ microseconds: Int64) -> String { Times.text(microseconds: microseconds) + " UTC" }

    /// As RFC 3339 has it.
    static func machine(_ microseconds: Int64) -> String {
        Times.text(microseconds: microseconds).replacing(" ", with: "T") + "Z"
    }

    static func day(_ microseconds: Int64) -> String { String(Times.text(microseconds: microseconds).prefix(10)) }
    static func clock(_ microseconds: Int64) -> String {
        String(Times.text(microseconds: microseconds).dropFirst(11).prefix(8))
    }
}

extension HTML {
    /// How long ago, with the time itself for those who point at it.
    static func age(_ microseconds: Int64) -> HTML {
        """
        <time datetime="\(TimeText.machine(microseconds))" title="\(TimeText.utc(microseconds))">\
        \(TimeText.age(microseconds))</time>
        """
    }

    static func time(_ microseconds: Int64) -> HTML {
        "<time datetime=\"\(TimeText.machine(microseconds))\">\(TimeText.utc(microseconds))</time>"
    }

    static func health(_ health: Health, _ word: String? = nil) -> HTML {
        "<span class=\"health is-\(health.key)\">\(Icon.shape(health))\(word ?? health.word)</span>"
    }

    /// A command that does what is said, and a button that copies it.
    static func command(_ text: String) -> HTML {
        """
        <div class="command"><code tabindex="0">\(text)</code>\
        <button type="button" class="copy" data-copy="\(text)" hidden>Copy</button></div>
        """
    }

    /// A long text by its beginning; all of it for those who point at it.
    static func clipped(_ text: String, to count: Int = 120) -> HTML {
        guard text.unicodeScalars.count > count else { return HTML(text) }
        let beginning = String(String.UnicodeScalarView(text.unicodeScalars.prefix(count - 1)))
        let hover = String(String.UnicodeScalarView(text.unicodeScalars.prefix(1000)))
        return "<span title=\"\(hover)\">\(beginning)…</span>"
    }
}

enum Sentence {
    /// With a point at its end, whatever it had.
    static func of(_ text: String) -> String {
        guard let last = text.unicodeScalars.last, !".!?:;".unicodeScalars.contains(last) else { return text }
        return text + "."
    }
}

extension Spool.Place {
    /// The folder `packages` holds what waits.
    var word: String { self == .waiting ? "waiting" : rawValue }

    var health: Health {
        switch self {
        case .waiting: .waiting
        case .failed: .failed
        case .loaded: .done
        }
    }
}
