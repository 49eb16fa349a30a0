/// A place with files that are listed by the beginning of their names and read in ranges: a bucket, a web server.
///
/// Parts are fetched side by side: `begin` any number, then `next` returns each, in whatever order they arrive. All calls come
/// from one thread. Errors explain themselves (`ExplainedFailure`).
package protocol ObjectStore: AnyObject {
    /// Visits the objects whose keys begin with the prefix, in the order of their keys, page by page.
    func list(_ prefix: String, _ visit: ([StoredObject]) throws -> Void) throws

    /// Begins to fetch a part of an object. An object that has another tag than the given one is an error of the part.
    func begin(_ part: PartRequest, tag: Int) throws

    /// Waits for a part that was begun; nil when there is none.
    func next() throws -> (tag: Int, part: Result<ObjectPart, any Error>)?
}

package struct PartRequest: Sendable {
    package let object: StoredObject
    package let offset: Int64
    package let count: Int

    package init(_ object: StoredObject, offset: Int64, count: Int) {
        self.object = object
        self.offset = offset
        self.count = count
    }
}

package struct ObjectPart: Sendable {
    /// With what the answer tells beyond the listing.
    package let object: StoredObject
    package let bytes: [UInt8]
    /// Nothing follows.
    package let isLast: Bool

    package init(_ object: StoredObject, bytes: [UInt8], isLast: Bool) {
        self.object = object
        self.bytes = bytes
        self.isLast = isLast
    }
}

/// A store that takes objects too.
package protocol WritableObjectStore: ObjectStore {
    /// Stores an object whole, or throws `ConditionFailed`. Returns its tag, if the store gives one.
    @discardableResult
    func put(_ bytes: [UInt8], key: String, if condition: PutCondition) throws -> String?
}

/// What must hold of the key when an object is stored.
package enum PutCondition: Sendable, Equatable {
    case always
    /// There is no object.
    case absent
    /// The object has this tag.
    case tag(String)
}

/// Another writer was first.
package struct ConditionFailed: Error, Sendable, Equatable {
    package init() {}
}
