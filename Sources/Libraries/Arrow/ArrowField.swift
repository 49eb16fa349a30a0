import CArrow

/// A column's name and type: a copy of what its sender describes.
package struct ArrowField: Sendable, Equatable {
    package let name: String
    /// The name, after the names of the columns that it lies in.
    package let path: String
    /// Of the values, also where the column holds places in a dictionary.
    package let type: ArrowType
    package let isNullable: Bool
    /// What else the sender says, such as `ARROW:extension:name`.
    package let metadata: [String: String]
    package let children: [ArrowField]
    /// The type of the places in a dictionary.
    package let indexType: ArrowType?

    package init(
        name: String, path: String? = nil, type: ArrowType, isNullable: Bool = true, metadata: [String: String] = [:],
        children: [ArrowField] = [], indexType: ArrowType? = nil
    ) {
        self.name = name
        self.path = path ?? name
        self.type = type
        self.isNullable = isNullable
        self.metadata = metadata
        self.children = children
        self.indexType = indexType
    }

    /// The column as if it held its values themselves.
    package var withoutDictionary: ArrowField {
        ArrowField(
            name: name, path: path, type: type, isNullable: isNullable, metadata: metadata, children: children)
    }

    /// Columns within columns within columns; deeper than any table is.
    private static let deepest = 64

    /// - Parameters:
    ///   - root: the struct of a batch, which is not itself a column.
    init(_ schema: UnsafePointer<ArrowSchema>, in outer: String? = nil, root: Bool = false, depth: Int = 0)
        throws(ArrowError)
    {
        let raw = schema.pointee
        let name = raw.name.map { String(cString: $0) } ?? ""
        let path = outer.map { "\($0).\(name)" } ?? name
        guard depth < Self.deepest else {
            throw ArrowError(.malformed, column: path, "it lies in more than \(Self.deepest) other columns")
        }
        guard let format = raw.format.map({ String(cString: $0) }) else {
            throw ArrowError(.malformed, column: path, "it has no type")
        }
        guard let type = ArrowType(format: format) else {
            throw ArrowError(.type, column: path, "Arrow's type '\(format)' is not supported")
        }
        let childCount = type.childCount ?? Int(raw.n_children)
        guard Int(raw.n_children) == childCount, childCount >= 0, childCount == 0 || raw.children != nil else {
            throw ArrowError(.malformed, column: path, "its type '\(format)' has \(raw.n_children) columns in it")
        }
        var children: [ArrowField] = []
        for index in 0..<childCount {
            guard let child = raw.children[index] else {
                throw ArrowError(.malformed, column: path, "a column in it is missing")
            }
            children.append(try ArrowField(child, in: root ? nil : path, depth: depth + 1))
        }
        if type == .map, children[0].type != .structure || children[0].children.count != 2 {
            throw ArrowError(.malformed, column: path, "a map has keys and values")
        }
        let isNullable = raw.flags & Int64(ARROW_FLAG_NULLABLE) != 0
        let metadata = try Self.metadata(raw.metadata, path)
        guard let dictionary = raw.dictionary else {
            self.init(
                name: name, path: path, type: type, isNullable: isNullable, metadata: metadata, children: children)
            return
        }
        guard type.isInteger else {
            throw ArrowError(.malformed, column: path, "the places in a dictionary are of type '\(format)'")
        }
        let values = try ArrowField(dictionary, in: outer, depth: depth + 1)
        guard values.indexType == nil else {
            throw ArrowError(.type, column: path, "a dictionary of dictionaries is not supported")
        }
        self.init(
            name: name, path: path, type: values.type, isNullable: isNullable,
            metadata: values.metadata.merging(metadata) { $1 }, children: values.children, indexType: type)
    }

    private static func metadata(_ start: UnsafePointer<CChar>?, _ path: String) throws(ArrowError) -> [String: String]
    {
        guard let start else { return [:] }
        let bytes = UnsafeRawPointer(start)
        var position = 0
        func number() throws(ArrowError) -> Int {
            let value = bytes.loadUnaligned(fromByteOffset: position, as: Int32.self)
            guard value >= 0 else { throw ArrowError(.malformed, column: path, "its metadata has a negative length") }
            position += 4
            return Int(value)
        }
        func text() throws(ArrowError) -> String {
            let count = try number()
            defer { position += count }
            return String(decoding: UnsafeRawBufferPointer(start: bytes + position, count: count), as: UTF8.self)
        }
        var pairs: [String: String] = [:]
        for _ in 0..<(try number()) {
            let key = try text()
            pairs[key] = try text()
        }
        return pairs
    }
}
