import Failures
import Identifiers

package enum DatasetName {
    /// The schema that a dataset is: `PIPELINE_dataset` when none is named, and normalized as dlt does, which finds it again so.
    package static func schema(
        _ named: String?, pipeline: String, maxLength: Int
    ) throws(DestinationError) -> String {
        let name = named ?? "\(pipeline)_dataset"
        let normalized: String?
        do throws(IdentifierError) {
            normalized = try Naming(.snakeCase, maxLength: maxLength).normalizeIdentifier(name)
        } catch { normalized = nil }
        guard let normalized, !normalized.isEmpty else {
            throw DestinationError(
                .usage, "unable to use '\(name)' as a dataset: it becomes the name of a schema",
                hint: "use letters, digits and underscores")
        }
        return normalized
    }
}
