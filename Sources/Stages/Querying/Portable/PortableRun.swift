import DatasetReaders
import DestinationKinds
import JSONText
import ProgramSupport
import QueryExpressions
import RelationalSQL

/// The portable options, and the table that they ask.
struct PortableRun {
    private let options: PortableOptions
    private let limit: Int?
    private let isCount: Bool
    private let parameters: [String: String]

    init(
        _ options: PortableOptions, limit: Int?, isCount: Bool, _ parameters: [String: String]
    ) throws {
        self.options = options
        self.limit = limit
        self.isCount = isCount
        self.parameters = parameters
    }

    private func request(_ table: String) -> QueryRequest {
        options.request(table, limit: limit, isCount: isCount, parameters: parameters)
    }

    static func dialect(_ session: any ReadingSession) throws -> any QueryDialect {
        guard let dialect = session.portableDialect else {
            throw ProgramError(
                .usage,
                "unable to print the options as SQL of \(session.dialect.kind.name): the toolkit does not know how",
                hint: "ask in SQL instead")
        }
        return dialect
    }

    func statement(
        _ table: String, _ session: any ReadingSession, _ catalog: DatasetCatalog
    ) throws -> PortableStatement {
        try PortableQuery(request(table), QueryTables(catalog)).statement(PortableRun.dialect(session))
    }

    func records(
        _ table: String, _ session: any ReadingSession, _ catalog: DatasetCatalog
    ) throws -> NestedReader {
        try NestedReader(request(table), session, PortableRun.dialect(session), catalog)
    }

    func pages(
        _ table: String, _ session: any ReadingSession, _ catalog: DatasetCatalog, _ body: (JSONValue) throws -> Void
    ) throws {
        try RecordPage(session, PortableRun.dialect(session), catalog).records(request(table), body)
    }

    func statements(
        _ table: String, _ session: any ReadingSession, _ catalog: DatasetCatalog
    ) throws -> [String] {
        (options.nested || options.row != nil) && !isCount
            ? try records(table, session, catalog).statements() : [try statement(table, session, catalog).sql]
    }
}

extension QueryCommand {
    /// Values of `--param`, as texts: what a name in an expression is compared with says what they are.
    var parameters: [String: String] {
        var values: [String: String] = [:]
        for assignment in param {
            switch assignment.value {
            case .null: break
            case .text(let text): values[assignment.name] = text
            case .integer(let number): values[assignment.name] = String(number)
            }
        }
        return values
    }
}
