import JSONText
import RecordSources
import RecordStreams

/// The streams of a program as resources of the sink: their handles, and what is known about each.
struct StreamResources {
    private(set) var all: [StreamResource] = []
    /// The place of the last one that was asked for: records of a stream mostly follow one another.
    private var last = 0

    /// The place of a stream by the bytes of its name.
    mutating func place(of name: some Collection<UInt8>) -> Int? {
        if last < all.count, all[last].name.utf8.elementsEqual(name) { return last }
        guard let found = all.firstIndex(where: { $0.name.utf8.elementsEqual(name) }) else { return nil }
        last = found
        return found
    }

    subscript(place: Int) -> StreamResource {
        get { all[place] }
        set { all[place] = newValue }
    }

    mutating func append(_ resource: StreamResource) -> Int {
        all.append(resource)
        return all.count - 1
    }

    mutating func changeAll(_ change: (inout StreamResource) -> Void) {
        for place in all.indices { change(&all[place]) }
    }
}

struct StreamResource {
    let name: String
    let handle: Int
    /// The text of the last SCHEMA message: programs repeat it.
    var declaration: [UInt8] = []
    /// Whether the sink wants no more records of it.
    var isFull = false
    /// The number of records since the last memory that covers them.
    var uncovered = 0
    var count = 0
    /// Whether the program said that all records of the stream have been delivered.
    var isWhole = false
    /// Whether it said so, and a memory has covered them.
    var isComplete = false
    /// Whether its records replace those of the last run.
    var isReplaced = false
    /// Whether they are added to those of earlier runs, and may be there already.
    var isAppendedAgain = false
    var hasVersions = false
}
