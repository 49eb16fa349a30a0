import Destinations
import Failures

/// The meaning of a URL, the environment and a dataset: how to connect, and to which place.
struct PostgreSQLLocation {
    /// For libpq, in its order.
    let parameters: [(name: String, value: String)]
    /// Without user and password.
    let url: String
    /// For messages.
    let shown: String
    /// The schema.
    let dataset: String

    init(_ target: DestinationTarget) throws(DestinationError) {
        shown = target.url.masked
        dataset = try DatasetName.schema(target.dataset, pipeline: target.pipeline, maxLength: 63)
        let address = try PostgreSQLAddress(
            target.url.rest, shown: shown, as: "a destination", program: "dlt-load")
        parameters = address.parameters
        url = address.url
    }
}
