import DatasetReaders
import JSONText
import Markup
import ProgramSupport
import Schemas

/// The columns of a table at a glance, above its rows: types, nulls, different values, the smallest and the largest.
struct TableProfilePanel {
    /// For the first look, and for more rows when they are asked for.
    static let quickMilliseconds: Int64 = 40
    static let fullMilliseconds: Int64 = 1500

    private let table: DatasetTable
    private let profile: QuickProfile
    /// The same page, with all the time that a profile needs.
    private let complete: String?

    init(_ table: DatasetTable, _ profile: QuickProfile, complete: String?) {
        self.table = table
        self.profile = profile
        self.complete = complete
    }

    var html: HTML {
        guard profile.rows > 0 else { return "" }
        var rows = DataTable(
            caption: "Columns of the table",
            columns: [
                .init(title: "Column", isHead: true), .init(title: "Type"), .init(title: "Nulls", isNumber: true),
                .init(title: "Different", isNumber: true), .init(title: "Least"), .init(title: "Most"),
                .init(title: "Distribution"),
            ])
        rows.isDense = true
        rows.rows = zip(table.columns, profile.columns).map(row)
        let counted = NumberText.rows(profile.rows)
        let scope: HTML =
            profile.isPartial
            ? """
            <p class="partial">Of the first \(counted). \
            \(complete.map { "<a class=\"complete\" href=\"\($0)\">Read further</a>" as HTML })</p>
            """ : ""
        return """
            <details class="profile" id="profile"\(complete == nil ? " open" as HTML : "")><summary><h2>Profile</h2> \
            <span class="quiet">\(NumberText.count(table.columns.count, of: "column")), \
            \(profile.isPartial ? "the first " : "")\(counted)</span></summary>\(scope)\(rows.html)</details>
            """
    }

    private func row(_ column: DatasetColumn, _ found: ColumnProfile) -> [HTML] {
        let type = column.type?.rawValue ?? column.storedType.lowercased()
        let share = Double(found.nulls) / Double(max(profile.rows, 1))
        let nulls: HTML =
            found.nulls == 0
            ? "" : "\(NumberText.count(found.nulls)) <span class=\"quiet\">\(Self.percent(share))</span>"
        let distinct: HTML =
            found.values == 0
            ? "" : "\(found.distinct.isEstimate ? "about " : "")\(NumberText.count(found.distinct.count))"
        return [
            "<code>\(HTML.clipped(column.name, to: 48))</code>", "<span class=\"quiet\">\(type)</span>", nulls,
            distinct,
            found.least.map { HTML.clipped($0, to: 32) } ?? "", found.most.map { HTML.clipped($0, to: 32) } ?? "",
            distribution(column.name, found),
        ]
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        if tenths == 0 { return "under 0.1 %" }
        return tenths % 10 == 0 || tenths > 100 ? "\((tenths + 5) / 10) %" : "\(tenths / 10).\(tenths % 10) %"
    }

    /// Bars of equal parts of the range; of texts the most frequent ones.
    private func distribution(_ name: String, _ found: ColumnProfile) -> HTML {
        if let counts = found.histogram(parts: Self.parts) {
            let most = max(counts.max() ?? 0, 1)
            let bars = counts.enumerated().map { place, count -> HTML in
                let tall = count == 0 ? 0 : max(Double(count) / Double(most) * 22, 1.5)
                return """
                    <rect x="\(place * 8)" y="\(BarChart.number(24 - tall))" width="7" height="\(BarChart.number(tall))">\
                    <title>\(NumberText.count(count))</title></rect>
                    """
            }
            let words =
                "\(name): \(NumberText.count(found.values, of: "value")) from \(found.least ?? "") to \(found.most ?? "")"
            return """
                <svg class="histogram" viewBox="0 0 \(Self.parts * 8) 24" role="img" aria-label="\(words)">\(bars)</svg>
                """
        }
        let top = found.top.prefix(3)
        guard !top.isEmpty, found.values > 0 else {
            return found.distinct.count == profile.rows && profile.rows > 1
                ? "<span class=\"quiet\">all different</span>" : ""
        }
        let items = top.map { entry -> HTML in
            let share = Self.percent(Double(entry.count) / Double(found.values))
            return "<span>\(HTML.clipped(entry.value, to: 24)) <span class=\"quiet\">\(share)</span></span>"
        }
        return "<span class=\"frequent\">\(items.joined(" "))</span>"
    }

    private static let parts = 16

    var json: JSONValue {
        let columns = zip(table.columns, profile.columns).map { column, found -> JSONValue in
            var object: JSONObject = [
                "column": .string(column.name), "nulls": .integer(found.nulls),
                "distinct": .integer(found.distinct.count),
                "distinct_is_estimate": .bool(found.distinct.isEstimate),
            ]
            object["type"] = column.type.map { .string($0.rawValue) }
            object["min"] = found.least.map { .string($0) }
            object["max"] = found.most.map { .string($0) }
            object["histogram"] = found.histogram(parts: Self.parts).map { .array($0.map { .integer($0) }) }
            object["top"] =
                found.top.isEmpty
                ? nil : .array(found.top.map { ["value": .string($0.value), "count": .integer($0.count)] })
            return .object(object)
        }
        return ["rows": .integer(profile.rows), "partial": .bool(profile.isPartial), "columns": .array(columns)]
    }
}
