package import DestinationKinds
package import JSONText
package import LoadPackages
import SystemIO

/// The options of one run of normalize.
package struct NormalizeRequest {
    package enum Mode {
        /// The first line decides: native or Singer.
        case stream
        /// Plain rows of one table.
        case table(String)
        /// Plain rows, each for the table that one of its fields names.
        case tableFrom(String)
    }

    package var mode: Mode
    package var spool: (_ pipeline: String) throws -> Spool
    package var pipeline: String?
    package var hints: StreamHints
    package var naming: String?
    package var identifierLimit: Int?
    package var overlay: JSONValue?
    package var runKey: String?
    package var again: Bool
    /// The destination of the load, if known.
    package var destination: DestinationKind?
    /// Whether the pipeline's name comes from the source, and not from the user.
    package var isUnnamed = false
    package var acceptsPart: Bool
    /// Whether everything is read and checked as in any run, but nothing is published.
    package var isCheck = false
    /// Whether the package says of which line each row was made.
    package var keepsOrigins = false
    package var rotation: RotationLimits
    package var buffering: BufferLimits
    package var maximumLineBytes: Int
    package var rejects: LineTarget?
    package var events: LineTarget?
    package var changes = TableChanges()

    package init(
        mode: Mode, spool: @escaping (_ pipeline: String) throws -> Spool, pipeline: String? = nil,
        hints: StreamHints = StreamHints(), naming: String? = nil, identifierLimit: Int? = nil,
        overlay: JSONValue? = nil, runKey: String? = nil, again: Bool = false, acceptsPart: Bool = false,
        rotation: RotationLimits = RotationLimits(), buffering: BufferLimits = BufferLimits(),
        maximumLineBytes: Int = BlockReader.defaultMaximumLineBytes, rejects: LineTarget? = nil,
        events: LineTarget? = nil
    ) {
        self.mode = mode
        self.spool = spool
        self.pipeline = pipeline
        self.hints = hints
        self.naming = naming
        self.identifierLimit = identifierLimit
        self.overlay = overlay
        self.runKey = runKey
        self.again = again
        self.acceptsPart = acceptsPart
        self.rotation = rotation
        self.buffering = buffering
        self.maximumLineBytes = maximumLineBytes
        self.rejects = rejects
        self.events = events
    }
}
