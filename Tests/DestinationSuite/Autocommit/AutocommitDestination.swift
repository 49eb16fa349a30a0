import DestinationKinds
import Destinations
import RelationalSQL
import SQLite

@testable import SQLiteConnector

/// A destination whose DDL commits and which has no transactions, for tests: `autocommit:///folder/file.db`.
final class AutocommitDestination: Destination {
    static let kind = DestinationKind.autocommit

    let location: String
    let dataset = "main"
    private let file: String
    private let killing: KillSwitch
    private var dialect = AutocommitDialect()

    init(_ target: DestinationTarget, _ options: NoOptions) {
        location = target.url.masked
        file = String(target.url.rest.dropFirst())
        killing = KillSwitch()
    }

    /// - Parameter printsValues: in plans; otherwise there is `?` for each.
    init(file: String, _ killing: KillSwitch = KillSwitch(), printsValues: Bool = true) {
        location = "autocommit:///" + file
        self.file = file
        self.killing = killing
        dialect.printsValues = printsValues
    }

    func open(_ access: DestinationAccess) throws(DestinationError) -> any DestinationSession {
        let connection: AutocommitConnection
        do throws(SQLiteError) { connection = try AutocommitConnection(file, killing, dialect) } catch {
            throw DestinationError(error, unableTo: "open \(file)", file: file)
        }
        return try SQLSession(connection, access)
    }
}
