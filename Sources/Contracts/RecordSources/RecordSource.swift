package import ArgumentParser
package import Cursors
package import JSONText
package import ProgramSupport
package import RecordStreams
package import Schemas

/// The contract of a source of records: files, programs, web services, databases.
///
/// Data is pushed: `run` delivers one record after another to a `RecordSink`, which frames, counts and limits them, and
/// answers whether it wants more. A source also declares its own options, so a new source needs only a type that
/// conforms, and its name in the list of `Connectors/All/AllSources`.
///
/// The order of calls, always on one thread:
/// 1. `prepare` examines the options and names the resources. Cheap; does not use the network.
/// 2. `run` announces each resource with `begin`, delivers its records, and returns when it is exhausted or when the
///    sink wants no more. It may start threads or processes of its own, but calls the sink from the thread it was called on.
///
/// A source that can continue where it stopped finds its place in `state(of:)`, returns true for `remembersPlace`, and
/// calls `checkpoint` wherever the delivered records and the place agree: after a failure, records after a checkpoint
/// are delivered again, and those before it are not. It throws `ProgramError` for everything that the user has to know.
package protocol RecordSource: ParsableArguments {
    /// The subcommand, and `source` in HEADER and state.
    static var name: String { get }
    static var abstract: String { get }
    static var discussion: String { get }
    /// Command lines to copy, for the help.
    static var examples: [String] { get }
    /// Its options in groups, the group that people need first first; those that it leaves out are shown after them.
    static var optionGroups: [OptionGroupTitle] { get }

    /// What to print instead of delivering, such as the result of a check; usually nil.
    ///
    func answer(_ inquiry: SourceInquiry) throws -> String?

    /// - Parameter dataDirectory: the folder of the spool, for the source's own files and for those that users keep
    /// there.
    func prepare(dataDirectory: String) throws -> any PreparedSource
}

extension RecordSource {
    package static var optionGroups: [OptionGroupTitle] { [] }

    package func answer(_ inquiry: SourceInquiry) throws -> String? { nil }
}

/// What is known when a source must do something else than deliver records.
package struct SourceInquiry: Sendable {
    /// As in `prepare`.
    package let dataDirectory: String
    /// Whether the run would have a window of the past.
    package let hasWindow: Bool

    package init(dataDirectory: String, hasWindow: Bool) {
        self.dataDirectory = dataDirectory
        self.hasWindow = hasWindow
    }
}

/// A source that knows what it will deliver.
package protocol PreparedSource {
    /// In the order of delivery, at least one.
    var resources: [String] { get }

    /// Names the pipeline if nothing else does; nil: the first resource does.
    var pipelineName: String? { get }

    /// Whether the user wrote `pipelineName` as a name; otherwise it is that of a file.
    var namesPipeline: Bool { get }

    /// Whether delivery starts from a place in the state, so that a run contains only a part.
    var remembersPlace: Bool { get }

    /// The cursor on something of the source's own, such as the time of a file: the source then asks with `wants`
    /// whether to deliver the records of an item, and the records themselves are not examined.
    var itemCursor: ItemCursor? { get }

    /// Whether some resources bring cursors along, so that a window needs no named cursor.
    var hasOwnCursors: Bool { get }

    /// Why a cursor of the command line cannot be used: the source itself decides which records are new. Usually nil.
    var cursorObstacle: String? { get }

    /// Whether the resources are not known before the source runs, so that it calls `forget` itself in a run that starts over.
    var forgetsByItself: Bool { get }

    /// Whether the hints of the resources state the types of their columns, as a database does, so that no value decides how a
    /// cursor compares, and the state keeps its values with their types.
    var hasTypedColumns: Bool { get }

    /// The options of which a run needs one so that the next run continues where it stopped; nil if it always does.
    var chunksNeed: [String]? { get }

    /// Delivers the records. Returns what was read, in a few words for the summary: "3 files".
    func run(into sink: any RecordSink) throws -> String
}

extension PreparedSource {
    package var pipelineName: String? { nil }
    package var namesPipeline: Bool { false }
    package var itemCursor: ItemCursor? { nil }
    package var hasOwnCursors: Bool { false }
    package var hasTypedColumns: Bool { false }
    package var chunksNeed: [String]? { nil }
    package var cursorObstacle: String? { nil }
    package var forgetsByItself: Bool { false }
}

package struct ItemCursor: Sendable {
    /// The field of an item that the cursor compares, always a time.
    package let field: String
    /// The field that identifies an item.
    package let key: String

    package init(field: String, key: String) {
        self.field = field
        self.key = key
    }
}

/// The receiver of a source's records.
package protocol RecordSink: AnyObject {
    /// Announces a resource and returns the handle for its records. Call it once for each resource, even without
    /// records.
    ///
    /// - Parameter cursor: the resource's own; a cursor on the command line overrides it.
    func begin(_ resource: String, hints: JSONObject, primaryKey: [String]?, cursor: CursorSettings?) throws -> Int

    /// Announces a resource whose source declares its records by a JSON Schema: the types become those of new columns, and freeze
    /// nothing. Call it again when the declaration has changed; the handle stays the same.
    func begin(_ resource: String, declaredBy schema: JSONValue, hints: JSONObject, primaryKey: [String]?) throws -> Int

    /// Reports the place of the next record of a resource. Each record after it is the next one there and, where lines
    /// are counted, one line further, until the next call: at the start of each file and page, and wherever a step is
    /// not one line. Records that the sink leaves out count too.
    func isAt(_ place: RecordPlace, of resource: Int)

    /// Takes the bytes of one JSON value, which are framed but not parsed.
    ///
    /// After `taken` and `leftOut` the source has finished with the record. After any other answer it still has the
    /// record: if it keeps a place, it remembers the one before this record.
    func take(_ json: UnsafeBufferPointer<UInt8>, of resource: Int) throws -> SinkAnswer

    /// The same for a resource whose records come in several sequences side by side, such as one for each parent: an
    /// order holds within a sequence, and `sequenceHasEnded` concerns this one alone.
    func take(_ json: UnsafeBufferPointer<UInt8>, of resource: Int, in sequence: RecordSequence) throws -> SinkAnswer

    /// The same for a record of a version, an integer as its digits: when the version is activated, only its records stay.
    func take(_ json: UnsafeBufferPointer<UInt8>, of resource: Int, version: String) throws -> SinkAnswer

    /// The records of this version are all that the resource has.
    func activate(version: String, of resource: Int) throws

    /// Passes on a Singer message BATCH, which names files with records of the resource. The sink neither counts nor limits them.
    func passOn(batch message: JSONObject, of resource: Int) throws

    /// The wanted range of a resource, after its announcement; nil for all of it. The sink leaves out other records, so
    /// a source need not, but one that can ask for less saves work.
    func range(of resource: Int) -> CursorRange?

    /// The memory of a resource must be reported only at the end of the source: others depend on its records, or they
    /// come in several sequences, so that a passed value is not final.
    func settleOnlyAtEnd(_ resource: Int)

    /// The source leaves out the rest of a resource: its cursor keeps its place, unless an
    /// order shows which records were passed.
    func leavesOutRest(of resource: Int)

    /// The most records of a run, and how many more this run accepts; nil for any number.
    var chunk: (size: Int, room: Int)? { get }

    /// Whether the records of an item are wanted, for a source with an `itemCursor`. `item` is a JSON object.
    func wants(_ item: [UInt8], of resource: Int) throws -> Bool

    /// What the pipeline remembered of a resource when this run began.
    func state(of resource: String) -> JSONObject

    /// Reports what to remember of a resource once every record so far is loaded.
    ///
    /// Call it whenever there is something to remember. The sink defers it while states would outweigh records, and
    /// then does not ask for the state; it never defers the state of a resource with `isLast`.
    func checkpoint(_ resource: String, isLast: Bool, _ state: () -> JSONObject) throws

    /// Reports what several resources should remember, in one message: all of it or nothing. Returns whether it was sent, since it
    /// was new.
    @discardableResult
    func checkpoint(_ memories: [(resource: String, memory: JSONObject)]) throws -> Bool

    /// Whether this run starts over: it reads its resources as if nothing of them had been loaded.
    var startsOver: Bool { get }

    /// Forgets what the pipeline remembered of a resource, before anything asks for it.
    func forget(_ resource: String)

    /// What the pipeline remembered of the source as a whole, beside its resources, when this run began.
    var memory: JSONObject { get }

    /// Reports what to remember of the source as a whole once every record so far is loaded. The sink may leave it out while states
    /// would outweigh records, but never one with `isLast`. Returns whether it was sent.
    @discardableResult
    func checkpoint(source memory: JSONObject, isLast: Bool) throws -> Bool

    /// The source stops before its end, or has failed: records after the last memory do not count, since the next run delivers them
    /// again.
    ///
    /// - Parameter complete: resources whose records are all there, and came before the last memory.
    func endsAtLastMemory(complete: [String])

    /// The effective hints of a resource; those of the command line override its own.
    func hints(with own: JSONObject) -> JSONObject

    /// The type of a column of a resource, whatever its values look like; nil when it is not known.
    func columnType(_ column: String, of resource: String) -> KnownType?

    /// How many records of each resource are wanted; nil for all.
    var limit: Int? { get }

    /// Some resources failed, but every delivered record is good and every memory was reported; the named ones are
    /// complete.
    func settle(complete resources: [String]) throws

    /// The source has more, but has used up a budget of its own.
    func budgetIsSpent()

    /// Sends pending records; call it before a wait that may be long.
    func flush() throws

    /// The progress of the work, in the source's own words ("movies-3.json.gz"), for the progress line.
    func isReading(_ what: String)

    /// The source waits until a time that it or a service has set; called once at the beginning of each wait.
    ///
    /// - Parameter seconds: the length of the wait.
    func isWaiting(_ what: String, seconds: Double)

    /// A warning for the user, once, on stderr.
    func warn(_ message: String, hint: String?)

    /// A note for the user, once, on stderr.
    func note(_ message: String)
}

extension RecordSink {
    package func begin(_ resource: String) throws -> Int {
        try begin(resource, hints: [:], primaryKey: nil, cursor: nil)
    }
    package func range(of resource: Int) -> CursorRange? { nil }
    package func wants(_ item: [UInt8], of resource: Int) throws -> Bool { true }
    package func columnType(_ column: String, of resource: String) -> KnownType? { nil }
    package func note(_ message: String) { warn(message, hint: nil) }
}

/// What decided the type of a column.
package enum KnownType: Sendable, Equatable {
    /// A hint of the command line.
    case hinted(DataType)
    /// The table as it is, or will be when all waiting packages are loaded.
    case stored(DataType)
}

package enum SinkAnswer: Sendable, Equatable {
    case taken
    /// The record was examined and is not wanted; the next one may be.
    case leftOut
    /// No more records of this resource are wanted, since its limit is reached or the rest is out of range; others may
    /// continue.
    case resourceIsFull
    /// The rest of this sequence is out of range; other sequences of the resource may continue.
    case sequenceHasEnded
    /// No more records of any resource are wanted: a chunk is full, or the user asked to stop.
    case stop

    /// Whether the source may continue with the next record of the resource.
    package var wantsMore: Bool { self == .taken || self == .leftOut }
}

/// Records of a resource that come one after another, in any order.
package final class RecordSequence {
    /// The state of the cursor in it.
    package var place = CursorFilter.Sequence()

    package init() {}
}
