/// A failure of libarchive, in its words.
package struct ArchiveError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
