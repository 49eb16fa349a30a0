import Destinations
import JSONText
import LoadPackages
import PipelineStates
import Schemas

/// All that loading one package does at its destination, as data.
struct LoadPlan {
    let load: PackageLoad
    /// dlt's own rows, which are written last.
    let records: SystemRows
    /// By table: columns whose values are rewritten on the way.
    let conversions: [ExactString: [ColumnConversion]]
    /// The schema as it is stored with the load.
    let schema: Schema
    let state: PipelineState
}
