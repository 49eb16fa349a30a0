import Failures
import Identifiers

package enum DatasetName {
    /// The schema of a dataset: `PIPELINE_dataset` when none is named, normalized as dlt does, so that dlt finds it
    /// again.
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
