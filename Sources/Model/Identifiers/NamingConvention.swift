/// The rules that turn keys and resource names into columns and tables; the raw values are dlt's names of them.
///
/// They work on Unicode scalars, as Python's `str` and `re` do: a letter with a combining accent is two of them.
package enum NamingConvention: String, CaseIterable, Sendable {
    /// Lower case with underscores: dlt's default.
    case snakeCase = "snake_case"
    /// Changes only quotes and line ends.
    case direct
    /// Changes only double quotes, line ends and runs of underscores.
    case duckCase = "duck_case"
    /// Letters, digits and underscores, case kept.
    case sqlCaseSensitive = "sql_cs_v1"
    /// Letters, digits and underscores in lower case, words not split.
    case sqlCaseInsensitive = "sql_ci_v1"
    /// `snake_case` whose table names may not begin with an underscore.
    case s3Tables = "s3_tables"

    /// The separator of the parts of a path such as `orders__items`.
    package var separator: String {
        self == .direct ? "▶" : "__"
    }

    package var isCaseSensitive: Bool {
        switch self {
        case .direct, .duckCase, .sqlCaseSensitive: true
        case .snakeCase, .sqlCaseInsensitive, .s3Tables: false
        }
    }

    /// The convention's own limit of a name, in Unicode scalars.
    var longestName: Int? {
        self == .s3Tables ? 255 : nil
    }

    /// Normalizes a stripped name that is not empty, without shortening it.
    func normalized(_ name: [Unicode.Scalar]) -> [Unicode.Scalar] {
        switch self {
        case .snakeCase, .s3Tables: snakeCased(name)
        case .direct: name.map { isReservedByDirect($0) ? "_" : $0 }
        case .duckCase:
            collapsingUnderscores(name.map { $0 == "\n" || $0 == "\r" || $0 == "\"" || $0 == "\0" ? "_" : $0 })
        case .sqlCaseSensitive: sqlCased(name)
        case .sqlCaseInsensitive: sqlCased(name).map(lowercasedASCII)
        }
    }

    /// The further changes to a table's name after `normalized`.
    func tableName(_ normalized: [Unicode.Scalar]) -> [Unicode.Scalar] {
        self == .s3Tables ? Array(normalized.drop { $0 == "_" }) : normalized
    }
}

private func isReservedByDirect(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    // dlt accepts U+0000, and no database does.
    case "\n", "\r", "'", "\"", "▶", "\0": true
    default: false
    }
}

private func snakeCased(_ name: [Unicode.Scalar]) -> [Unicode.Scalar] {
    let readable = name.map { scalar -> Unicode.Scalar in
        switch scalar {
        case "+", "*": "x"
        case "-": "_"
        case "@": "a"
        case "|": "l"
        default: scalar
        }
    }
    var words = splittingDigitsAndWords(splittingCapitalizedWords(replacingOthers(readable)))
    for index in words.indices { words[index] = lowercasedASCII(words[index]) }
    if let first = words.first, isDecimalDigit(first) { words.insert("_", at: 0) }
    var end = words.count
    while end > 0, words[end - 1] == "_" {
        end -= 1
        words[end] = "x"
    }
    return collapsingUnderscores(words)
}

private func sqlCased(_ name: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var words = replacingOthers(name)
    if let first = words.first, isDecimalDigit(first) { words.insert("_", at: 0) }
    // A single underscore stays, two become nothing: as in dlt.
    if words.count > 1 {
        while words.last == "_" { words.removeLast() }
    }
    return collapsingUnderscores(words)
}

/// Python's `re.sub(r"[^a-zA-Z\d_]+", "_", name)`.
private func replacingOthers(_ name: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(name.count + 8)
    var inRun = false
    for scalar in name {
        if isLetterASCII(scalar) || scalar == "_" || isDecimalDigit(scalar) {
            result.append(scalar)
            inRun = false
        } else if !inRun {
            result.append("_")
            inRun = true
        }
    }
    return result
}

/// Python's `re.sub("([^_])([A-Z][a-z]+)", r"\1_\2", name)`.
private func splittingCapitalizedWords(_ name: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(name.count + 8)
    var index = 0
    while index < name.count {
        result.append(name[index])
        guard name[index] != "_", index + 2 < name.count, isUpperASCII(name[index + 1]), isLowerASCII(name[index + 2])
        else {
            index += 1
            continue
        }
        result.append("_")
        result.append(name[index + 1])
        index += 2
        while index < name.count, isLowerASCII(name[index]) {
            result.append(name[index])
            index += 1
        }
    }
    return result
}

/// Python's `re.sub("([a-z0-9])([A-Z])", r"\1_\2", name)`.
private func splittingDigitsAndWords(_ name: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(name.count + 8)
    for scalar in name {
        if isUpperASCII(scalar), let last = result.last, isLowerASCII(last) || ("0"..."9").contains(last) {
            result.append("_")
        }
        result.append(scalar)
    }
    return result
}

private func collapsingUnderscores(_ name: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(name.count)
    for scalar in name where scalar != "_" || result.last != "_" { result.append(scalar) }
    return result
}

private func isUpperASCII(_ scalar: Unicode.Scalar) -> Bool { ("A"..."Z").contains(scalar) }

private func isLowerASCII(_ scalar: Unicode.Scalar) -> Bool { ("a"..."z").contains(scalar) }

private func isLetterASCII(_ scalar: Unicode.Scalar) -> Bool { isUpperASCII(scalar) || isLowerASCII(scalar) }

/// Python's `\d`, which matches the decimal digits of any script.
private func isDecimalDigit(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII ? ("0"..."9").contains(scalar) : scalar.properties.generalCategory == .decimalNumber
}

/// Lower case for the result of the replacements above: ASCII letters, and digits, which have no case.
private func lowercasedASCII(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    isUpperASCII(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar
}
