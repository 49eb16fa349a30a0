/// What is sent to a server.
package struct HTTPRequest: Sendable {
    package var method: String
    /// Absolute, `http` or `https`. It may hold a secret, so no message quotes it.
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]?

    package init(
        method: String = "GET", url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// What came back.
package struct HTTPResponse: Sendable {
    package let status: Int
    /// In the order of arrival; names as the server wrote them.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    package var isSuccess: Bool { 200..<300 ~= status }

    /// The first header of that name, whatever its case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
