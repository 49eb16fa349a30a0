package import Destinations
package import Failures

/// Why a query has no answer.
package struct QueryFailure: ExplainedFailure, Equatable {
    package let kind: FailureKind
    /// "unable to run the query: REASON".
    package let message: String
    package var hint: String?
    /// Where in the query's text the database saw the mistake, in bytes from its beginning.
    package var offset: Int?
    /// The query was taken for one that would change something, or reach something outside of the database.
    package let isRefusal: Bool
    /// Its time was over, or it was cancelled.
    package let interruption: QueryControl.Interruption?

    package init(
        _ kind: FailureKind, _ message: String, hint: String? = nil, offset: Int? = nil, isRefusal: Bool = false
    ) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.offset = offset
        self.isRefusal = isRefusal
        interruption = nil
    }

    package init(_ interruption: QueryControl.Interruption) {
        self.interruption = interruption
        isRefusal = false
        switch interruption {
        case .stopped: (kind, message, hint) = (.stopped, "unable to run the query: asked to stop", nil)
        case .cancelled: (kind, message, hint) = (.temporary, "unable to run the query: it was cancelled", nil)
        case .overdue:
            (kind, message) = (.temporary, "unable to run the query: its time is over")
            hint = "ask for less, or give it more time with --timeout"
        }
    }

    /// A query that does more than to ask.
    package static func refusal(_ reason: String, offset: Int? = nil) -> QueryFailure {
        QueryFailure(
            .data, "unable to run the query: \(reason)",
            hint: "only queries are run here: SELECT, WITH, VALUES, TABLE, EXPLAIN", offset: offset, isRefusal: true)
    }

    package init(_ error: DestinationError) {
        self.init(error.kind, error.message, hint: error.hint)
    }

    package static let empty = QueryFailure(
        .data, "unable to run the query: there is no statement in it", hint: "write a query, such as SELECT 1")

    package static func secondStatement(at offset: Int) -> QueryFailure {
        QueryFailure(
            .data, "unable to run the query: a second statement follows the first",
            hint: "run them one by one; a semicolon at the end is fine", offset: offset, isRefusal: true)
    }

    package static func missing(parameter name: String) -> QueryFailure {
        QueryFailure(
            .data, "unable to run the query: the parameter :\(name) has no value", hint: "add --param \(name)=VALUE")
    }

    /// A parameter that is a mark alone, or a number.
    package static let nameless = QueryFailure(
        .data, "unable to run the query: it has a parameter without a name",
        hint: "write :name in the query, and --param name=VALUE")
}
