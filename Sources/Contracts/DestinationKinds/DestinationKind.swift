package import Schemas

/// What is known about a kind of destination before one is opened: a value, so that dlt-normalize knows it without
/// linking a connector.
///
/// Help texts, the values of `--for` and `--dialect`, and refusals before a load come from here.
package struct DestinationKind: Sendable {
    /// The name in `--for` and `--dialect`.
    package let name: String
    /// The name in prose.
    package let title: String
    /// dlt's name of the destination type, which is part of the pipeline's state.
    package let typeName: String
    /// The schemes of its URLs. None: this project has no connector for it, only its limits.
    package var schemes: [String] = []
    /// The schemes that need no `//`.
    package var opaqueSchemes: [String] = []
    /// Endings of file names that identify it without a scheme.
    package var fileExtensions: [String] = []
    /// URLs for a help text.
    package var examples: [String] = []
    /// The dataset when none was named, in words.
    package var defaultDataset = ""
    package var casing = Casing.exact
    package let tableNames: NameLimit
    package let columnNames: NameLimit
    /// The most columns of one table; nil is no limit.
    package var maxColumns: Int?
    /// Beginnings of names that no table may have, in lower case.
    package var reservedTablePrefixes: [String] = []
    /// Names of its own columns in each table.
    package var reservedColumns: Set<String> = []
    /// Bits of its widest integer; nil where any can be stored.
    package var integerBits: Int?
    /// Digits of its widest decimal, before and after the point; nil where there is no practical limit.
    package var decimalDigits: Int?
    /// Fractional digits of a second in its times; nil where times are stored as text.
    package var timeDigits: Int?
    /// Merge strategies; the first is the default.
    package var mergeStrategies: [MergeStrategy] = []
    /// Replace strategies that can be named. Without a name, rows are deleted and inserted.
    package var replaceStrategies: [ReplaceStrategy] = []
    /// Supported index choices; the first is the default, as in dlt's tables. Only `none` where each statement takes
    /// effect at once: a load that is repeated after a kill finds its table, and cannot recognize it as its own.
    package var indexChoices = [IndexChoice.nothing]
    /// Why it supports no more, in words.
    package var indexObstacle = "it has no indexes"
    package var atomicity = Atomicity.transaction

    /// How names are kept and compared.
    package enum Casing: Sendable {
        /// Kept unchanged; two names that differ in case are different.
        case exact
        /// Kept, but compared without the case of ASCII letters.
        case insensitive
    }

    package struct NameLimit: Sendable {
        package let count: Int
        package let unit: Unit

        package enum Unit: String, Sendable { case bytes, characters }

        package static func bytes(_ count: Int) -> NameLimit { NameLimit(count: count, unit: .bytes) }
        package static func characters(_ count: Int) -> NameLimit { NameLimit(count: count, unit: .characters) }

        /// The length of a name in the limit's unit, if it exceeds the limit.
        package func excess(of name: String) -> Int? {
            let length = unit == .bytes ? name.utf8.count : name.unicodeScalars.count
            return length > count ? length : nil
        }
    }

    /// What makes a load valid, and what is undone when one is interrupted.
    package enum Atomicity: Sendable {
        /// A transaction that covers tables, rows and records.
        case transaction
        /// Each statement takes effect at once; the record in `_dlt_loads` is the commit.
        case commitRecord
    }

    package init(
        _ name: String, _ title: String, typeName: String, tableNames: NameLimit, columnNames: NameLimit? = nil
    ) {
        self.name = name
        self.title = title
        self.typeName = typeName
        self.tableNames = tableNames
        self.columnNames = columnNames ?? tableNames
    }

    /// The longest name that both a table and a column may have: dlt-normalize shortens names to it.
    package var identifierLimit: Int { min(tableNames.count, columnNames.count) }

    /// Whether two names mean the same.
    package func isSame(_ name: String, _ other: String) -> Bool {
        func folded(_ byte: UInt8) -> UInt8 { casing == .insensitive && 0x41...0x5A ~= byte ? byte | 0x20 : byte }
        return name.utf8.lazy.map(folded).elementsEqual(other.utf8.lazy.map(folded))
    }

    /// Whether the name is reserved for tables.
    package func reserves(table name: String) -> Bool {
        reservedTablePrefixes.contains { prefix in
            name.utf8.count >= prefix.utf8.count
                && zip(name.utf8, prefix.utf8).allSatisfy { ($0 | (0x41...0x5A ~= $0 ? 0x20 : 0)) == $1 }
        }
    }

    /// Whether the name is reserved for columns.
    package func reserves(column name: String) -> Bool { reservedColumns.contains(name) }

    /// A place of it is a file of this machine.
    package var hasFiles: Bool { !fileEndings.isEmpty }

    /// Endings that files of it mostly have.
    package var fileEndings: [String] { name == "sqlite" ? ["db", "sqlite", "sqlite3"] : fileExtensions }

    package var hasConnector: Bool { !schemes.isEmpty }

    /// Why there is no type for a column's hints; nil when there is one.
    package func refusal(of column: Column) -> String? {
        switch (column.dataType, column.precision) {
        case (.bigint, let precision?):
            guard let integerBits, precision > integerBits else { return nil }
            return "its integers have \(integerBits) bits at most, not \(precision)"
        case (.decimal, let precision):
            guard let decimalDigits else { return nil }
            let (digits, scale) = (precision ?? decimalDigits, column.scale ?? 9)
            if digits > decimalDigits { return "its decimals have \(decimalDigits) digits at most, not \(digits)" }
            return scale > digits ? "its decimals cannot have \(scale) of \(digits) digits after the point" : nil
        case (.timestamp, let precision?), (.time, let precision?):
            guard let timeDigits, precision > timeDigits else { return nil }
            return "its times have \(timeDigits) digits of a second at most, not \(precision)"
        default: return nil
        }
    }
}
