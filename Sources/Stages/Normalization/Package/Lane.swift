import RecordChanges

/// One pipeline's package and the streams that go into it.
final class Lane {
    let job: PackageJob
    let pipeline: String
    let runKey: String?
    var streams: [LaneStream] = []
    var last = 0

    init(_ job: PackageJob, pipeline: String, runKey: String?) {
        self.job = job
        self.pipeline = pipeline
        self.runKey = runKey
    }

    /// The index of the stream of that name; usually that of the previous record.
    @inline(__always)
    func place(of name: some Collection<UInt8>) -> Int? {
        if last < streams.count, streams[last].name.elementsEqual(name) { return last }
        guard let known = streams.firstIndex(where: { $0.name.elementsEqual(name) }) else { return nil }
        last = known
        return known
    }
}

struct LaneStream {
    let name: [UInt8]
    let root: RecordNormalizer.Root
    var versions: StreamVersions
    /// The number of RECORD messages, as counted by END.
    var messages = 0
    /// The changes of its records.
    var changes: ChangeTree?
    /// The place of its records.
    var places = PlaceCount()
    /// The number of records since the last STATE.
    var uncovered = 0 { didSet { if uncovered == 0 { confirmed = 0 } } }
    /// The number of records that an ACTIVATE_VERSION has declared to be all.
    var confirmed = 0
    /// Whether options or SCHEMA decide how the table is written; then versions do not.
    var isDecided = false
    var warnedVersion = false
    var text: String { String(decoding: name, as: UTF8.self) }
}
