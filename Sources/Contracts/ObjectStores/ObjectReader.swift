import SystemIO

/// Reads objects one after another, and fetches parts ahead: of the current object, then of those after it.
///
/// Holds no more than `jobs` parts, fetched or on their way, so that memory does not depend on the objects.
package final class ObjectReader {
    private let store: any ObjectStore
    private let jobs: Int
    private let partBytes: Int
    private var plan: [StoredObject] = []
    private var current = -1
    /// Of the current object: the place after the last part that was begun.
    private var frontier: Int64 = 0

    private struct Place: Hashable {
        let object: Int
        let offset: Int64
    }

    /// Nil while the part is on its way.
    private var parts: [Place: Result<ObjectPart, any Error>?] = [:]
    private var places: [Int: Place] = [:]
    private var lastTag = 0

    package init(_ store: any ObjectStore, jobs: Int, partBytes: Int = 4 << 20) {
        self.store = store
        self.jobs = max(jobs, 1)
        self.partBytes = partBytes
    }

    /// Names the objects that are going to be opened, in their order. Each may be left out.
    package func plan(_ objects: [StoredObject]) {
        drop { _ in true }
        plan = objects
        current = -1
    }

    /// Opens an object at an offset, and waits for its first part.
    package func open(_ object: StoredObject, at offset: Int64 = 0) throws -> ObjectSource {
        if let index = plan.dropFirst(current + 1).firstIndex(where: { $0.key.utf8.elementsEqual(object.key.utf8) }) {
            current = index
            drop { $0.object < index }
        } else {
            plan = [object]
            current = 0
            drop { _ in true }
        }
        frontier = offset
        return try ObjectSource(self, at: offset)
    }

    /// The part of the current object at an offset, which is where an earlier part ended, or where a skip led.
    fileprivate func part(at offset: Int64) throws -> ObjectPart {
        if plan[current].size == offset { return ObjectPart(plan[current], bytes: [], isLast: true) }
        let place = Place(object: current, offset: offset)
        if parts[place] == nil {
            drop { $0.object == current }
            frontier = offset
            try begin(current, at: offset)
        }
        try fetchAhead()
        while true {
            if let found = parts[place], let result = found {
                parts[place] = nil
                let part = try result.get()
                plan[current] = part.object
                return part
            }
            guard let (tag, result) = try store.next() else { preconditionFailure("a part was lost") }
            if let place = places.removeValue(forKey: tag) { parts[place] = .some(result) }
        }
    }

    /// Parts on their way are dropped when they arrive.
    private func drop(_ isUnwanted: (Place) -> Bool) {
        parts = parts.filter { !isUnwanted($0.key) }
        places = places.filter { !isUnwanted($0.value) }
    }

    private func fetchAhead() throws {
        while parts.count < jobs, let size = plan[current].size, frontier < size { try begin(current, at: frontier) }
        var index = current + 1
        while parts.count < jobs, index < plan.count {
            try begin(index, at: 0)
            index += 1
        }
    }

    private func begin(_ index: Int, at offset: Int64) throws {
        let place = Place(object: index, offset: offset)
        let left = plan[index].size.map { $0 - offset } ?? .max
        let count = Int(min(Int64(partBytes), left))
        if index == current { frontier = offset + Int64(count) }
        guard count > 0, parts[place] == nil else { return }
        lastTag += 1
        places[lastTag] = place
        parts[place] = .some(nil)
        try store.begin(PartRequest(plan[index], offset: offset, count: count), tag: lastTag)
    }
}

/// The bytes of one object, from an offset on.
package final class ObjectSource: SeekableSource {
    private let reader: ObjectReader
    private var part: ObjectPart
    private var position = 0
    /// The offset of `part`.
    private var offset: Int64

    fileprivate init(_ reader: ObjectReader, at offset: Int64) throws {
        self.reader = reader
        self.offset = offset
        part = try reader.part(at: offset)
    }

    /// As the store described it when it gave the first part.
    package var object: StoredObject { part.object }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if buffer.isEmpty { return 0 }
        while position == part.bytes.count {
            if part.isLast { return 0 }
            offset += Int64(part.bytes.count)
            part = try reader.part(at: offset)
            position = 0
        }
        let count = min(part.bytes.count - position, buffer.count)
        buffer.copyBytes(from: part.bytes[position..<(position + count)])
        position += count
        return count
    }

    package func advance(by count: Int64) throws -> Bool {
        let target = offset + Int64(position) + count
        if target <= offset + Int64(part.bytes.count) {
            position = Int(target - offset)
            return true
        }
        // Of an object whose size is not known, the end is not known either.
        guard let size = part.object.size, target <= size, !part.isLast else { return false }
        if target == size {
            part = ObjectPart(part.object, bytes: [], isLast: true)
        } else {
            part = try reader.part(at: target)
        }
        offset = target
        position = 0
        return true
    }

    package var isReady: Bool { true }
}
