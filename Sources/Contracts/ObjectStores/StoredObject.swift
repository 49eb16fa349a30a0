/// A file of a store, as its listing describes it.
package struct StoredObject: Sendable, Equatable {
    /// As people write it; contains no secret.
    package let url: String
    /// The name by which the store finds it.
    package let key: String
    /// Nil where only reading tells.
    package var size: Int64?
    /// Nanoseconds since 1970.
    package var modified: Int64?
    /// Another tag is another content.
    package var tag: String?

    package init(url: String, key: String, size: Int64? = nil, modified: Int64? = nil, tag: String? = nil) {
        self.url = url
        self.key = key
        self.size = size
        self.modified = modified
        self.tag = tag
    }
}
