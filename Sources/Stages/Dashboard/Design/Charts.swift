import Markup
import ProgramSupport

/// Bars side by side, drawn by the server. Heights go by the square root, so that a small load beside a large one is still seen.
struct BarChart {
    struct Bar {
        let value: Int
        /// What it stands for, in words.
        let label: String
        var link: String?
        var health = Health.done
    }

    let bars: [Bar]
    /// Of the drawing; the page scales it.
    let width: Int
    let height: Int
    /// What the whole says, for those who do not see it.
    let summary: String
    /// Room for this many, so that the same number of bars has the same width everywhere.
    let places: Int

    var html: HTML {
        let most = max(bars.map(\.value).max() ?? 0, 1)
        let step = Double(width) / Double(max(places, bars.count, 1))
        let gap = step > 4 ? min(step * 0.25, 3) : 0.5
        var inside = HTML()
        for (index, bar) in bars.enumerated() {
            let share = (Double(bar.value) / Double(most)).squareRoot()
            let tall = bar.value == 0 ? 1.5 : max(share * Double(height - 2), 3)
            let x = Double(width) - step * Double(bars.count - index)
            let rect: HTML = """
                <rect class="bar is-\(bar.health.key)" x="\(Self.number(x))" y="\(Self.number(Double(height) - tall))" \
                width="\(Self.number(max(step - gap, 1)))" height="\(Self.number(tall))" rx="1"><title>\(bar.label)</title></rect>
                """
            inside += bar.link.map { "<a href=\"\($0)\" tabindex=\"-1\">\(rect)</a>" } ?? rect
        }
        return """
            <svg class="chart" viewBox="0 0 \(width) \(height)" role="img" aria-label="\(summary)" \
            preserveAspectRatio="none">\(inside)</svg>
            """
    }

    static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0
            ? String(tenths / 10) : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}
