import Markup
import ProgramSupport
import RunJournals

/// The programs of a run as bars on one axis of time.
struct StageChart {
    private struct Bar {
        let label: String
        let from: Int64
        let to: Int64
        let health: Health
    }

    private let bars: [Bar]

    init(_ run: RecordedRun, now: Int64) {
        bars = run.programs.compactMap { program in
            guard let start = program.start?.at else { return nil }
            let end = program.end?.at ?? (program.outcome == .running ? now : program.latest ?? start)
            return Bar(label: program.stage.rawValue, from: start, to: max(end, start), health: program.outcome.health)
        }
    }

    var html: HTML {
        guard let begin = bars.map(\.from).min(), let end = bars.map(\.to).max() else { return "" }
        let span = max(Double(end - begin), 1)
        let (left, width, row) = (92.0, 760.0, 34)
        var inside = HTML()
        for (index, bar) in bars.enumerated() {
            let x = left + Double(bar.from - begin) / span * width
            let long = max(Double(bar.to - bar.from) / span * width, 3)
            let y = index * row
            let seconds = NumberText.duration(nanoseconds: (bar.to - bar.from) * 1000)
            let number = BarChart.number
            // The number stands in its bar where there is room, else after it.
            let isInside = long > 90
            inside += """
                <text x="0" y="\(y + 21)" class="stage">\(bar.label)</text>\
                <rect class="span is-\(bar.health.key)" x="\(number(x))" y="\(y + 5)" width="\(number(long))" height="24" rx="5"/>\
                <text x="\(number(isInside ? x + 10 : x + long + 8))" y="\(y + 21)" class="\(isInside ? "in" : "beside")">\(seconds)</text>
                """
        }
        return """
            <figure class="stages" tabindex="0" aria-label="When each program ran"><svg viewBox="0 0 940 \(bars.count * row)" role="img" \
            aria-label="\(NumberText.count(bars.count, of: "program")) in \(NumberText.duration(nanoseconds: (end - begin) * 1000))">\
            \(inside)</svg></figure>
            """
    }
}
