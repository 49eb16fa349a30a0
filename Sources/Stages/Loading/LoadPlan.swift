import Destinations
import JSONText
import LoadPackages
import PipelineStates
import Schemas

/// Everything that loading one package does at its destination, as data.
struct LoadPlan {
    let load: PackageLoad
    /// dlt's own rows, which are written last.
    let records: SystemRows
    /// By table: columns whose values are converted on the way.
    let conversions: [ExactString: [ColumnConversion]]
    /// The schema as stored with the load.
    let schema: Schema
    let state: PipelineState
}
