import Documents
import JSONText
import Schemas

/// Hints of columns, which are passed on unchanged.
extension ConfigurationReader {
    /// Reports hints that no program knows: they would be stored without effect.
    mutating func checkColumns(_ value: LocatedValue?, _ path: DocumentPath) {
        guard let value else { return }
        for member in value.members ?? [] { checkColumn(member.key, member.value, path.key(member.key)) }
        for (index, item) in (value.items ?? []).enumerated() {
            checkColumn(item["name"]?.string ?? "", item, path.item(index))
        }
    }

    private mutating func checkColumn(_ name: String, _ hints: LocatedValue, _ path: DocumentPath) {
        // The shape reports a value that is not an object.
        guard hints.members != nil else { return }
        do throws(ColumnHints.Mistake) { try ColumnHints.check([name: hints.json]) } catch {
            report(path.key(error.hint), hints[error.hint] ?? hints, error.reason)
        }
    }
}
