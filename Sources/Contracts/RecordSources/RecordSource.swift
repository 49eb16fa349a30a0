package import ArgumentParser
package import Cursors
package import JSONText
package import RecordStreams
package import Schemas

/// The contract of a source of records: files, programs, web services, databases.
///
/// Data is pushed: `run` hands one record after another to a `RecordSink`, which frames, counts and limits them, and
/// answers whether it wants more. A source is at once the declaration of its own options, so that to add one is: a type
/// that conforms, and its name in the list of `Programs/dlt-extract/main.swift`.
///
/// How it goes, always on one thread:
/// 1. `prepare` looks at the options and names the resources. Cheap; the network is not touched.
/// 2. `run` announces each resource with `begin`, hands over its records, and returns when it is exhausted or when the
///    sink wants no more. It may start threads or processes of its own, but calls the sink from the thread it was called on.
///
/// A source that can go on where it stopped finds its place in `state(of:)`, says `remembersPlace`, and calls
/// `checkpoint` wherever the records handed over and the place agree: what follows is repeated after a failure, what
/// precedes is not. It throws `ProgramError` for everything that a person has to hear.
package protocol RecordSource: ParsableArguments {
    /// The subcommand, and `source` in HEADER and state.
    static var name: String { get }
    static var abstract: String { get }
    static var discussion: String { get }

    /// What to print instead of delivering, such as the result of a check; nil in the usual case.
    ///
    func answer(_ inquiry: SourceInquiry) throws -> String?

    /// - Parameter dataDirectory: where the spool is, for what a source has to keep itself, and for what people keep there.
    func prepare(dataDirectory: String) throws -> any PreparedSource
}

extension RecordSource {
    package func answer(_ inquiry: SourceInquiry) throws -> String? { nil }
}

/// What is known when a source is asked for something else than its records.
package struct SourceInquiry: Sendable {
    /// As in `prepare`.
    package let dataDirectory: String
    /// The run would have a window of the past.
    package let hasWindow: Bool

    package init(dataDirectory: String, hasWindow: Bool) {
        self.dataDirectory = dataDirectory
        self.hasWindow = hasWindow
    }
}

/// A source that knows what it is going to deliver.
package protocol PreparedSource {
    /// In the order in which they are delivered, at least one.
    var resources: [String] { get }

    /// Names the pipeline when nothing else does; nil: the first resource does.
    var pipelineName: String? { get }

    /// `pipelineName` is what somebody has written for a name, and not that of a file.
    var namesPipeline: Bool { get }

    /// The resources are delivered from a place kept in the state, so a run holds only part of them.
    var remembersPlace: Bool { get }

    /// The cursor that goes by something of the source's own, such as the time of a file: the source then asks with `wants`
    /// whether it is to deliver the records of an item, and the records themselves are not looked at.
    var itemCursor: ItemCursor? { get }

    /// Some resources bring their cursors along, so that a window may be asked for without naming one.
    var hasOwnCursors: Bool { get }

    /// The options of which a run needs one so that the next one goes on where it stopped; nil: it does so by itself.
    var chunksNeed: [String]? { get }

    /// Delivers. Returns what was read, in a few words for the summary: "3 files".
    func run(into sink: any RecordSink) throws -> String
}

extension PreparedSource {
    package var pipelineName: String? { nil }
    package var namesPipeline: Bool { false }
    package var itemCursor: ItemCursor? { nil }
    package var hasOwnCursors: Bool { false }
    package var chunksNeed: [String]? { nil }
}

package struct ItemCursor: Sendable {
    /// The field of an item that the cursor goes by, always a time.
    package let field: String
    /// The field by which an item is known again.
    package let key: String

    package init(field: String, key: String) {
        self.field = field
        self.key = key
    }
}

/// Where a source's records go.
package protocol RecordSink: AnyObject {
    /// Announces a resource and returns the handle for its records. To be called once for each, even if it has none.
    ///
    /// - Parameter cursor: the resource's own; that of the command line is stronger.
    func begin(_ resource: String, hints: JSONObject, primaryKey: [String]?, cursor: CursorSettings?) throws -> Int

    /// Says where the next record of a resource was found. Of those after it each is the next one there and, where lines are counted,
    /// one line further, until it is said anew: at the start of each file and page, and wherever a step is not one line. Records
    /// that the sink leaves out count too.
    func isAt(_ place: RecordPlace, of resource: Int)

    /// Takes the bytes of one JSON value; they are framed as they are, not parsed.
    ///
    /// After `taken` and `leftOut` the source is done with the record. After any other answer it still has it: it remembers
    /// the place in front of this record, if it keeps one.
    func take(_ json: UnsafeBufferPointer<UInt8>, of resource: Int) throws -> SinkAnswer

    /// Likewise for a resource whose records come in several sequences side by side, such as those of each parent: an order holds
    /// within a sequence, and `sequenceHasEnded` is about this one alone.
    func take(_ json: UnsafeBufferPointer<UInt8>, of resource: Int, in sequence: RecordSequence) throws -> SinkAnswer

    /// The part of a resource that is wanted, once it was announced; nil for all of it. The sink leaves out what is not in it,
    /// so that a source need not, but one that can ask for less saves itself the rest.
    func range(of resource: Int) -> CursorRange?

    /// What a resource remembers is to be told only when the source has come to its end: others depend on its records, or they come
    /// in several sequences, so that what is passed is not yet settled.
    func settleOnlyAtEnd(_ resource: Int)

    /// The source leaves out the rest of a resource: where its cursor goes on stays as it was, unless an order says what came before.
    func leavesOutRest(of resource: Int)

    /// How many records a run takes at most, and how many more this one does; nil for any number.
    var chunk: (size: Int, room: Int)? { get }

    /// Whether the records of an item are wanted, of a source with an `itemCursor`. `item` is a JSON object.
    func wants(_ item: [UInt8], of resource: Int) throws -> Bool

    /// What the pipeline remembered of a resource when this run began.
    func state(of resource: String) -> JSONObject

    /// Tells the next stage what to remember of a resource once every record so far is loaded.
    ///
    /// Call it as often as there is something to remember. The sink puts it off while states would outweigh records, and
    /// then does not ask for the state; what `isLast` says for a resource is never put off.
    func checkpoint(_ resource: String, isLast: Bool, _ state: () -> JSONObject) throws

    /// Tells what several resources are to remember, in one message: all of it or nothing.
    func checkpoint(_ memories: [(resource: String, memory: JSONObject)]) throws

    /// The hints of a resource as they will count, those of the command line being stronger.
    func hints(with own: JSONObject) -> JSONObject

    /// The type that a column of a resource has, whatever its values look like; nil when nothing is known of it.
    func columnType(_ column: String, of resource: String) -> KnownType?

    /// How many records of each resource are wanted; nil for all.
    var limit: Int? { get }

    /// Some resources failed, but every record handed over is good and every memory told; the named ones came whole.
    func settle(complete resources: [String]) throws

    /// The source has more, but a budget of its own is used up.
    func budgetIsSpent()

    /// Sends what was taken; to be called before a wait that may be long.
    func flush() throws

    /// How far the work is, in the source's own words ("movies-3.json.gz"), for the progress line.
    func isReading(_ what: String)

    /// The source does nothing until a time of its own or of a service has come; asked once for each wait, at its beginning.
    ///
    /// - Parameter seconds: how long it will take.
    func isWaiting(_ what: String, seconds: Double)

    /// Something people should know, once, on stderr.
    func warn(_ message: String, hint: String?)

    /// Something worth knowing, once, on stderr.
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

/// Who says what type a column has.
package enum KnownType: Sendable, Equatable {
    /// A hint of the command line.
    case hinted(DataType)
    /// The table as it is, or will be when all that waits is loaded.
    case stored(DataType)
}

package enum SinkAnswer: Sendable, Equatable {
    case taken
    /// The record was looked at and is not wanted; the next one may be.
    case leftOut
    /// Nothing more is wanted of this resource, since its limit is reached or the rest is out of range; others may go on.
    case resourceIsFull
    /// The rest of this sequence is out of range; other sequences of the resource may go on.
    case sequenceHasEnded
    /// Nothing more is wanted of any resource: a chunk is full, or someone asked to stop.
    case stop

    /// The source may go on with the next record of the resource.
    package var wantsMore: Bool { self == .taken || self == .leftOut }
}

/// Records of a resource that come one after another, in whatever order the source has them.
package final class RecordSequence {
    /// Where the cursor stands in it.
    package var place = CursorFilter.Sequence()

    package init() {}
}
