package import Schemas

/// What is known of a kind of destination before one is opened: a value, so that dlt-normalize knows it without linking a connector.
///
/// Help texts, the values of `--for` and `--dialect`, and refusals before anything is loaded come from here.
package struct DestinationKind: Sendable {
    /// As `--for` and `--dialect` name it.
    package let name: String
    /// As people write it.
    package let title: String
    /// dlt's name of the destination type, which is part of the pipeline's state there.
    package let typeName: String
    /// The schemes of its URLs. None: this project has no connector for it, only its limits.
    package var schemes: [String] = []
    /// Those of its schemes that need no `//`.
    package var opaqueSchemes: [String] = []
    /// Endings of file names that are taken for it without a scheme.
    package var fileExtensions: [String] = []
    /// URLs for a help text.
    package var examples: [String] = []
    /// The dataset when none was named, in words.
    package var defaultDataset = ""
    package var casing = Casing.exact
    package let tableNames: NameLimit
    package let columnNames: NameLimit
    /// Columns of one table; nil is no limit.
    package var maxColumns: Int?
    /// Beginnings of names that no table may have, in small letters.
    package var reservedTablePrefixes: [String] = []
    /// Names that it has for columns of its own in each table.
    package var reservedColumns: Set<String> = []
    /// Bits of its widest integer; nil where any can be stored.
    package var integerBits: Int?
    /// Digits of its widest decimal, before and behind the point; nil where more than anybody asks for.
    package var decimalDigits: Int?
    /// Digits of a second that its times hold; nil where times are stored as text.
    package var timeDigits: Int?
    /// The first is what "merge" means.
    package var mergeStrategies: [MergeStrategy] = []
    /// To be used when named. Without a name rows are deleted and inserted.
    package var replaceStrategies: [ReplaceStrategy] = []
    /// What can be asked of it; the first is what tables get when nothing is said, as dlt makes them. Nothing alone where each statement
    /// counts at once: a load that is run again after a kill finds its table there, and does not know it for its own.
    package var indexChoices = [IndexChoice.nothing]
    /// Why it offers no more, in words.
    package var indexObstacle = "it has no indexes"
    package var atomicity = Atomicity.transaction

    /// How names are kept and compared.
    package enum Casing: Sendable {
        /// Kept as they are, and two that differ in case are two.
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

        /// The length of a name in the limit's unit, where it is more than the limit.
        package func excess(of name: String) -> Int? {
            let length = unit == .bytes ? name.utf8.count : name.unicodeScalars.count
            return length > count ? length : nil
        }
    }

    /// What makes a load valid, and what is undone when one breaks off.
    package enum Atomicity: Sendable {
        /// A transaction that covers tables, rows and records.
        case transaction
        /// Each statement counts at once; the record in `_dlt_loads` is the commit.
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

    /// The longest name that both a table and a column may have: what dlt-normalize shortens to.
    package var identifierLimit: Int { min(tableNames.count, columnNames.count) }

    /// Whether two names mean one thing.
    package func isSame(_ name: String, _ other: String) -> Bool {
        func folded(_ byte: UInt8) -> UInt8 { casing == .insensitive && 0x41...0x5A ~= byte ? byte | 0x20 : byte }
        return name.utf8.lazy.map(folded).elementsEqual(other.utf8.lazy.map(folded))
    }

    /// Whether no table may have this name.
    package func reserves(table name: String) -> Bool {
        reservedTablePrefixes.contains { prefix in
            name.utf8.count >= prefix.utf8.count
                && zip(name.utf8, prefix.utf8).allSatisfy { ($0 | (0x41...0x5A ~= $0 ? 0x20 : 0)) == $1 }
        }
    }

    /// Whether no column may have this name.
    package func reserves(column name: String) -> Bool { reservedColumns.contains(name) }

    package var hasConnector: Bool { !schemes.isEmpty }

    /// What of a column's hints there is no type for; nil when all is well.
    package func refusal(of column: Column) -> String? {
        switch (column.dataType, column.precision) {
        case (.bigint, let precision?):
            guard let integerBits, precision > integerBits else { return nil }
            return "its integers have \(integerBits) bits at most, not \(precision)"
        case (.decimal, let precision):
            guard let decimalDigits else { return nil }
            let (digits, scale) = (precision ?? decimalDigits, column.scale ?? 9)
            if digits > decimalDigits { return "its decimals have \(decimalDigits) digits at most, not \(digits)" }
            return scale > digits ? "its decimals cannot have \(scale) of \(digits) digits behind the point" : nil
        case (.timestamp, let precision?), (.time, let precision?):
            guard let timeDigits, precision > timeDigits else { return nil }
            return "its times have \(timeDigits) digits of a second at most, not \(precision)"
        default: return nil
        }
    }
}
