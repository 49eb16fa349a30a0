import OpenAPI

/// An operation that reads, and what the rules made of it.
struct Endpoint {
    enum Kind: String {
        case list
        /// One record, by its key.
        case detail
        /// One object that is there once.
        case single
        /// Not JSON, or nothing at all.
        case other
        /// It could not be read.
        case broken
    }

    let operation: Operation
    let path: EndpointPath
    var kind = Kind.other
    var records: Decision<RecordPlace>?
    var paginator: Decision<PaginatorDraft>?
    var key: Decision<[String]>?
    var whyNoKey: String?
    var cursor: IncrementalDraft?
    var columns: [(name: String, type: String)] = []
    var parent: ParentDraft?
    /// Parameters that must have a value, and those that a rule gives one.
    var parameters: [ParameterDraft] = []
    var headers: [ParameterDraft] = []
    /// For each variable of the path, what takes its place.
    var pathValues: [String: PathValue] = [:]
    var name = ""
    var doubts: [String] = []
    var includesFromParent: [String] = []

    init(_ operation: Operation) {
        self.operation = operation
        path = EndpointPath(operation.path)
    }

    /// The shape of the records, if it is known.
    func item(_ description: Description) -> Shape? {
        records?.value.item.map { description.shape($0) }
    }
}

/// Where in an answer its records are.
struct RecordPlace {
    /// Keys from the root; empty: the answer is the list.
    let keys: [String]
    /// The schema of one record; nil if it is not described.
    let item: Shape.Origin?
    var areScalars = false
    /// Nothing is known; the selector is left to the program that reads.
    var isUnknown = false
}

/// A value of the configuration that stands for one of the description.
enum PathValue: Equatable {
    /// A variable of the environment.
    case input(String)
    /// A fixed text.
    case text(String)
    /// A field of the parent's record.
    case field(String)
}

struct ParameterDraft {
    enum Value: Equatable {
        case number(Int)
        case text(String)
        case flag(Bool)
        case input(String)
        /// Where the cursor goes.
        case cursor
    }

    let name: String
    let value: Value
    let reason: String
}

struct ParentDraft {
    let name: String
    /// Index of the parent among the endpoints.
    let index: Int
    let reason: String
}

struct IncrementalDraft {
    let parameter: String
    let field: String
    /// Whether it is written as a comment only.
    let isDoubtful: Bool
    let reason: String
}
