import ObjectStores
import SystemIO
import Testing

/// Objects in memory, whose parts arrive in an order of the test's.
private final class MemoryStore: ObjectStore {
    var contents: [String: [UInt8]]
    var knowsSizes = true
    var arrivesLastFirst = false
    private(set) var begun: [(key: String, offset: Int64)] = []
    private(set) var mostUnderWay = 0
    private var underWay: [(tag: Int, request: PartRequest)] = []

    init(_ contents: [String: [UInt8]]) { self.contents = contents }

    struct Gone: Error {}

    var objects: [StoredObject] {
        contents.keys.sorted().map { key in
            StoredObject(url: key, key: key, size: knowsSizes ? contents[key].map { Int64($0.count) } : nil)
        }
    }

    func list(_ prefix: String, _ visit: ([StoredObject]) throws -> Void) throws { try visit(objects) }

    func begin(_ part: PartRequest, tag: Int) {
        begun.append((part.object.key, part.offset))
        underWay.append((tag, part))
        mostUnderWay = max(mostUnderWay, underWay.count)
    }

    func next() -> (tag: Int, part: Result<ObjectPart, any Error>)? {
        guard let (tag, request) = arrivesLastFirst ? underWay.popLast() : underWay.first else { return nil }
        underWay.removeAll { $0.tag == tag }
        guard let all = contents[request.object.key] else { return (tag, .failure(Gone())) }
        let bytes = Array(all.dropFirst(Int(request.offset)).prefix(request.count))
        var object = request.object
        object.size = Int64(all.count)
        let isLast = request.offset + Int64(bytes.count) == all.count
        return (tag, .success(ObjectPart(object, bytes: bytes, isLast: isLast)))
    }
}

struct ObjectReaderTests {
    private static let contents: [String: [UInt8]] = [
        "a": Array(0..<100), "b": [], "c": [7], "d": Array(100..<164), "e": Array(0..<33),
    ]

    private func whole(_ source: ObjectSource, by count: Int = 9) throws -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: count)
        while true {
            let read = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
            if read == 0 { return all }
            all += buffer[..<read]
        }
    }

    @Test(arguments: [1, 2, 5, 50], [true, false])
    func `objects are read whole, in whatever order their parts arrive`(jobs: Int, lastFirst: Bool) throws {
        for knowsSizes in [true, false] {
            let store = MemoryStore(Self.contents)
            store.knowsSizes = knowsSizes
            store.arrivesLastFirst = lastFirst
            let objects = store.objects
            let reader = ObjectReader(store, jobs: jobs, partBytes: 16)
            reader.plan(objects)
            for object in objects { #expect(try whole(reader.open(object)) == Self.contents[object.key]) }
            #expect(store.mostUnderWay <= jobs)
            // No part is fetched twice.
            #expect(Set(store.begun.map { "\($0)" }).count == store.begun.count)
        }
    }

    @Test func `objects may be left out, skipped into, and left in the middle`() throws {
        let store = MemoryStore(Self.contents)
        let objects = store.objects
        let reader = ObjectReader(store, jobs: 4, partBytes: 16)
        reader.plan(objects)
        let first = try reader.open(objects[0])
        #expect(try first.advance(by: 3))
        #expect(try first.advance(by: 50))
        #expect(try whole(first) == Array(53..<100))
        let fourth = try reader.open(objects[3])
        #expect(try fourth.advance(by: 64))
        #expect(try whole(fourth).isEmpty)
        #expect(try !fourth.advance(by: 1))
        #expect(try whole(reader.open(objects[4])) == Array(0..<33))
        // Again, and outside of the plan.
        #expect(try whole(reader.open(objects[0])) == Array(0..<100))
        reader.plan(objects)
        #expect(try whole(reader.open(objects[0])) == Array(0..<100))
    }

    @Test func `an object that is gone is an error when its turn comes, and not before`() throws {
        let store = MemoryStore(Self.contents)
        let objects = store.objects
        store.contents["c"] = nil
        let reader = ObjectReader(store, jobs: 8, partBytes: 16)
        reader.plan(objects)
        #expect(try whole(reader.open(objects[0])).count == 100)
        #expect(throws: MemoryStore.Gone.self) { try reader.open(objects[2]) }
        #expect(try whole(reader.open(objects[3])).count == 64)
    }
}
