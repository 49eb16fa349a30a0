import CADBC

/// A driver's refusal, in its words.
package struct ADBCError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What the specification's status codes say.
    package enum Status: UInt8, Sendable {
        case unknown = 1
        case notImplemented, notFound, alreadyExists, invalidArgument, invalidState, invalidData, integrity,
            internalError, io
        case cancelled, timeout, unauthenticated, unauthorized
    }

    package let status: Status
    /// One line, such as `could not connect: …`.
    package let message: String
    /// Five characters; empty where the driver has none.
    package let sqlState: String

    package init(_ status: Status, _ message: String, sqlState: String = "") {
        self.status = status
        self.message = message
        self.sqlState = sqlState
    }

    package var description: String { message }

    /// Takes over what a call reported.
    init(_ code: AdbcStatusCode, _ error: inout AdbcError, doing call: String) {
        status = Status(rawValue: code) ?? .unknown
        message = error.message.map { Self.line(String(cString: $0)) } ?? "\(call) failed with status \(code)"
        sqlState = Self.state(error)
        error.release?(&error)
        error = AdbcError()
    }

    /// A copy of what a stream reported.
    init(_ code: AdbcStatusCode, of stream: UnsafePointer<AdbcError>) {
        status = Status(rawValue: code) ?? .unknown
        message = stream.pointee.message.map { Self.line(String(cString: $0)) } ?? "the rows ended with status \(code)"
        sqlState = Self.state(stream.pointee)
    }

    private static func state(_ error: AdbcError) -> String {
        let bytes = [error.sqlstate.0, error.sqlstate.1, error.sqlstate.2, error.sqlstate.3, error.sqlstate.4]
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func line(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).map { $0.trimmingBlanks }.filter { !$0.isEmpty }.joined(separator: " ")
    }
}

extension Substring {
    fileprivate var trimmingBlanks: Substring {
        var text = drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
