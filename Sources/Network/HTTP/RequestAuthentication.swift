/// How requests authenticate. All requests of one API share it; the client decides which of them may carry it.
///
/// Secrets are registered (`Secrets.keep`) before they are sent.
package protocol RequestAuthentication: AnyObject, Sendable {
    /// A request that must be answered first, such as one for a token; nil: `credentials` are ready.
    ///
    /// The client sends it once however many requests wait for it, then calls `accept`, and asks again.
    func preparation() throws(HTTPFailure) -> HTTPRequest?

    /// Accepts the response to `preparation`. Throws a failure for an unsuccessful status.
    func accept(_ response: HTTPResponse) throws(HTTPFailure)

    /// Reports that `preparation` was not answered.
    func preparationFailed()

    func credentials() -> Credentials

    /// The server answered 401 to credentials of that generation; true: there are others, try once more.
    func renew(after generation: Int) -> Bool
}

extension RequestAuthentication {
    package func preparation() throws(HTTPFailure) -> HTTPRequest? { nil }
    package func accept(_ response: HTTPResponse) throws(HTTPFailure) {}
    package func preparationFailed() {}
    package func renew(after generation: Int) -> Bool { false }
}

/// The additions to a request.
package struct Credentials: Sendable {
    package var headers: [(name: String, value: String)] = []
    package var query: [(name: String, value: String)] = []
    package var cookies: [(name: String, value: String)] = []
    /// Increases with every renewal.
    package var generation = 0

    package init(
        headers: [(name: String, value: String)] = [], query: [(name: String, value: String)] = [],
        cookies: [(name: String, value: String)] = [], generation: Int = 0
    ) {
        self.headers = headers
        self.query = query
        self.cookies = cookies
        self.generation = generation
    }
}
