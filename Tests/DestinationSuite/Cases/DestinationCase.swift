import DestinationKinds
import Destinations
import Schemas
import SystemIO
import TestSupport

/// A destination as the suite needs to know it: how one comes to a dataset, and how one looks at it without our programs.
///
/// To have another destination tested, write one and name it in `DestinationCases.all`.
protocol DestinationCase: Sendable {
    /// What it cannot do the suite takes from here: strategies, casing, limits of names.
    var kind: DestinationKind { get }

    /// Its name among the tests.
    var title: String { get }

    /// Why it cannot be tested here, in words for people; nil where it can.
    var absence: String? { get }

    /// Its connector.
    func open(_ target: DestinationTarget) throws -> any Destination

    /// A pipeline's default dataset, which does not exist yet, and goes with the object.
    ///
    /// - Parameters:
    ///   - pipeline: letters, digits and underscores.
    ///   - folder: of the test, for what lies in files.
    func dataset(of pipeline: String, in folder: WorkDirectory) throws -> any TestDataset

    /// A name in SQL.
    func quoted(_ name: String) -> String

    // MARK: Types

    /// The types of `Types.columns`, by their names, as the database tells them and as dlt declares them.
    var declaredTypes: [String: String] { get }

    /// An expression for a value as text: times as `2024-01-15 08:00:00.123456` in UTC, bytes in capital hexadecimal digits, all else as
    /// exact as the database can say it.
    func text(_ column: String, _ type: DataType) -> String

    /// Values that it does not keep as they are, by `TYPE VALUE` as in `Types.values`, with what it has instead; nil: it
    /// refuses them.
    var differences: [String: String?] { get }

    /// A text as it is kept.
    func kept(_ text: String) -> String

    /// What a load that waits calls the one that it waits for.
    var lockHolder: String { get }
}

/// A dataset of one test.
protocol TestDataset: AnyObject {
    /// For dlt-load.
    var url: String { get }
    /// Its name as a pipeline remembers it.
    var name: String { get }
    /// Variables that the programs need for it.
    var environment: [String: String] { get }
    /// A shell command that runs SQL from its standard input in the database, and fails at the first error.
    var client: String { get }

    /// Whether there is anything of it.
    func exists() throws -> Bool

    /// Whatever somebody else does there, in statements that name its tables without the dataset. Makes the dataset if there is none.
    func execute(_ sql: String) throws

    /// All rows of a query, as text.
    func query(_ sql: String) throws -> [[String?]]

    /// The same while a load may run; nil when that keeps readers out at this moment.
    func look(_ sql: String) throws -> [[String?]]?

    /// The names of all tables, also of those that no load may leave behind.
    func tables() throws -> [String]

    /// Name, type, and whether it may be null, in the table's order.
    func columns(of table: String) throws -> [TestColumn]

    /// The indexes of a table, in the order of their columns.
    func indexes(of table: String) throws -> [TestIndex]

    /// Keeps loads waiting until the result is gone.
    func lock() throws -> AnyObject
}

extension TestDataset {
    var environment: [String: String] { [:] }
}

struct TestColumn: Equatable {
    let name: String
    let type: String
    let isNullable: Bool
}

struct TestIndex: Equatable {
    let name: String
    /// Joined by commas.
    let columns: String
    let isUnique: Bool
}

extension DestinationCase {
    var title: String { kind.title }
    var differences: [String: String?] { [:] }
    func kept(_ text: String) -> String { text }
    var lockHolder: String { "another program" }

    func quoted(_ name: String) -> String {
        var quoted = "\""
        for scalar in name.unicodeScalars { quoted += scalar == "\"" ? "\"\"" : String(scalar) }
        return quoted + "\""
    }
}
