/// The head of a request, as it came: nothing is decoded, and nothing is believed.
package struct HTTPRequest: Sendable {
    package typealias Pair = (name: String, value: String?)

    package let method: String
    /// Percent-encoded, without the query.
    package let path: String
    /// Percent-encoded, but for plus signs, which have become spaces; a part without an equals sign has no value.
    package let query: [Pair]
    package let headers: [Pair]
    /// Whether who asked has closed the connection, or its side of it; may be asked while the answer is being made, by any thread.
    package let isAbandoned: @Sendable () -> Bool

    package init(
        method: String, path: String, query: [Pair] = [], headers: [Pair] = [],
        isAbandoned: @escaping @Sendable () -> Bool = { false }
    ) {
        self.isAbandoned = isAbandoned
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
    }

    /// The values of a header, in the order in which they came; its name in whatever case.
    package func headers(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name }.map { $0.value ?? "" }
    }

    /// The value of a header that has to be there once, or not at all; nil where it is not, or several times.
    package func header(_ name: String) -> String? {
        let values = headers(name)
        return values.count == 1 ? values[0] : nil
    }
}

package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Of a length that is not known yet.
        case stream(any HTTPBodyStream)
    }

    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: Body

    package init(_ status: Int, headers: [(name: String, value: String)] = [], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The bytes of an answer, one portion after the other. They are asked for when the one before is on its way, so that a reader who is
/// slow makes the writer wait; each answer has a thread of its own that may.
package protocol HTTPBodyStream: AnyObject, Sendable {
    /// The next portion, of one byte or more; nil at the end. Asked for by one thread only.
    func next() throws -> [UInt8]?
}

package protocol HTTPAnswering: Sendable {
    /// Called by many threads at once.
    func answer(_ request: HTTPRequest) -> HTTPResponse
}

package struct HTTPServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Beginning with a verb, for "unable to".
    package let action: String
    package let reason: String

    init(_ action: String, _ reason: String) {
        self.action = action
        self.reason = reason
    }

    package var description: String { "unable to \(action): \(reason)" }
}
