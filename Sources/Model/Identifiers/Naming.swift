import Digests

/// A naming convention with the longest name that the destination can hold.
///
/// Normalizing allocates; normalizers keep a table from key to column instead of normalizing for each row.
package struct Naming: Sendable, Equatable {
    /// Characters of the tag in a shortened name: Base64 of 4 bytes, which dlt derives from a collision probability of
    /// 0.001.
    static let tagLength = 6

    package let convention: NamingConvention
    /// In Unicode scalars, for tables and columns alike; nil while no destination is known.
    package let maxLength: Int?

    /// - Parameter maxLength: nil and, as in dlt, 0 mean the convention's own limit, if it has one.
    package init(_ convention: NamingConvention, maxLength: Int? = nil) throws(IdentifierError) {
        self.convention = convention
        guard let maxLength, maxLength != 0 else {
            self.maxLength = convention.longestName
            return
        }
        guard maxLength >= Self.tagLength else { throw .maxLengthTooSmall(maxLength) }
        if let longest = convention.longestName, maxLength > longest {
            throw .maxLengthTooLarge(maxLength, convention: convention.rawValue, largest: longest)
        }
        self.maxLength = maxLength
    }

    /// - Parameter name: dlt's name: `snake_case`, `direct`, `duck_case`, `sql_cs_v1`, `sql_ci_v1` or `s3_tables`.
    package init(named name: String, maxLength: Int? = nil) throws(IdentifierError) {
        guard let convention = NamingConvention(rawValue: name) else { throw .unknownConvention(name) }
        try self.init(convention, maxLength: maxLength)
    }

    package var name: String { convention.rawValue }
    package var separator: String { convention.separator }
    package var isCaseSensitive: Bool { convention.isCaseSensitive }

    /// The name of a column.
    package func normalizeIdentifier(_ identifier: String) throws(IdentifierError) -> String {
        let stripped = try Self.stripped(identifier)
        return shorten(String(convention.normalized(Array(stripped))), tagSource: String(stripped))
    }

    /// The name of a table; only `s3_tables` treats it differently from a column's.
    package func normalizeTableIdentifier(_ identifier: String) throws(IdentifierError) -> String {
        let stripped = try Self.stripped(identifier)
        let normalized = shorten(String(convention.normalized(Array(stripped))), tagSource: String(stripped))
        return String(convention.tableName(Array(normalized.unicodeScalars)))
    }

    /// Normalizes each part of a path of column names; the path may be blank, and then is empty.
    package func normalizePath(_ path: String) -> String {
        normalizePath(path, normalizeIdentifier)
    }

    /// Normalizes each part of a path of table names; the path may be blank, and then is empty.
    package func normalizeTablesPath(_ path: String) -> String {
        normalizePath(path, normalizeTableIdentifier)
    }

    private func normalizePath(
        _ path: String, _ normalize: (String) throws(IdentifierError) -> String
    ) -> String {
        // A part is refused only if it is blank, and breakPath has left out the blank ones.
        let parts = breakPath(path).map { part in (try? normalize(part)) ?? "" }
        return shorten(makePath(parts), tagSource: path)
    }

    /// The parts of a path that are not blank, as they are.
    package func breakPath(_ path: String) -> [String] {
        // Not String.split, which would compare characters: a combining accent after a separator would hide it.
        let separator = Array(convention.separator.unicodeScalars)
        let scalars = Array(path.unicodeScalars)
        var parts: [String] = []
        var start = 0
        var index = 0
        func take(_ end: Int) {
            let part = scalars[start..<end]
            if !part.allSatisfy(isPythonSpace) { parts.append(String(part)) }
        }
        while index + separator.count <= scalars.count {
            if scalars[index..<(index + separator.count)].elementsEqual(separator) {
                take(index)
                index += separator.count
                start = index
            } else {
                index += 1
            }
        }
        take(scalars.count)
        return parts
    }

    /// Joins the parts that are not blank.
    package func makePath(_ parts: [String]) -> String {
        parts.filter { !$0.unicodeScalars.allSatisfy(isPythonSpace) }.joined(separator: separator)
    }

    /// Joins normalized parts into a name within the limit.
    package func shortenFragments(_ fragments: [String]) -> String {
        let joined = makePath(fragments)
        return shorten(joined, tagSource: joined)
    }

    /// Replaces the middle of a name that is too long by a tag.
    ///
    /// - Parameter tagSource: the text that the tag is computed from, so that names that differ only in the middle stay
    /// different: the identifier or path before normalization.
    package func shorten(_ identifier: String, tagSource: String) -> String {
        // UTF-8 has at least as many bytes as scalars, and its length is known without counting.
        guard let maxLength, identifier.utf8.count > maxLength else { return identifier }
        let scalars = Array(identifier.unicodeScalars)
        guard scalars.count > maxLength else { return identifier }
        let rest = maxLength - Self.tagLength
        var result = String(scalars[..<((rest + 1) / 2)])
        result += Self.tag(of: tagSource)
        result += String(scalars[(scalars.count - rest / 2)...])
        return result
    }

    /// Base64 in lower case, with replacements for the two characters that would need quoting.
    private static func tag(of source: String) -> String {
        var tag = ""
        for character in digest128(source, bytes: 4).utf8 {
            switch character {
            case UInt8(ascii: "/"): tag.unicodeScalars.append("a")
            case UInt8(ascii: "+"): tag.unicodeScalars.append("b")
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): tag.unicodeScalars.append(Unicode.Scalar(character + 32))
            default: tag.unicodeScalars.append(Unicode.Scalar(character))
            }
        }
        return tag
    }

    private static func stripped(_ identifier: String) throws(IdentifierError) -> Substring.UnicodeScalarView {
        var scalars = identifier.unicodeScalars[...]
        while let first = scalars.first, isPythonSpace(first) { scalars.removeFirst() }
        while let last = scalars.last, isPythonSpace(last) { scalars.removeLast() }
        guard !scalars.isEmpty else { throw .blank }
        return scalars
    }
}

/// The default name of a pipeline's schema, as in dlt: the pipeline's name without `_pipeline`, as an identifier. It is
/// also the source under which the pipeline's state keeps the memory of its resources.
package func defaultSchemaName(ofPipeline pipeline: String) throws(IdentifierError) -> String {
    try normalizeSchemaName(pipeline.hasSuffix("_pipeline") ? String(pipeline.dropLast(9)) : pipeline)
}

/// The name of a schema: `snake_case`, at most 64 characters.
package func normalizeSchemaName(_ name: String) throws(IdentifierError) -> String {
    try Naming(.snakeCase, maxLength: 64).normalizeIdentifier(name)
}

/// The characters that Python's `str.strip` removes: those of `str.isspace`, which include the separators U+001C to
/// U+001F.
private func isPythonSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
}

extension String {
    fileprivate init(_ scalars: some Sequence<Unicode.Scalar>) {
        self.init()
        unicodeScalars.append(contentsOf: scalars)
    }
}
