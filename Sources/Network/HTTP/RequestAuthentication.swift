/// How requests show who sends them. Shared by all requests of one API; the client decides which of them may carry it.
///
/// What must not appear in a message is kept (`Secrets.keep`) before it is sent.
package protocol RequestAuthentication: AnyObject, Sendable {
    /// The request that has to be answered first, such as one for a token; nil: `credentials` are there.
    ///
    /// The client sends it once however many requests wait for it, then calls `accept`, and asks again.
    func preparation() throws(HTTPFailure) -> HTTPRequest?

    /// Takes the answer to `preparation`. A status that is no success is to be thrown as a failure.
    func accept(_ response: HTTPResponse) throws(HTTPFailure)

    /// Told that `preparation` was not answered.
    func preparationFailed()

    func credentials() -> Credentials

    /// The server answered 401 to credentials of that generation; true: others can be had, try once more.
    func renew(after generation: Int) -> Bool
}

extension RequestAuthentication {
    package func preparation() throws(HTTPFailure) -> HTTPRequest? { nil }
    package func accept(_ response: HTTPResponse) throws(HTTPFailure) {}
    package func preparationFailed() {}
    package func renew(after generation: Int) -> Bool { false }
}

/// What is added to a request.
package struct Credentials: Sendable {
    package var headers: [(name: String, value: String)] = []
    package var query: [(name: String, value: String)] = []
    package var cookies: [(name: String, value: String)] = []
    /// Grows whenever they are renewed.
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
