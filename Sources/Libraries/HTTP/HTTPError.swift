import CCurl

/// A request that got no answer.
package struct HTTPError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// The URL or the request cannot be used by anyone.
        case usage
        /// The server may be there another time: no route, no name, refused, timed out, cut off.
        case unavailable
        /// The server is not who it says, or does not speak TLS as we do.
        case untrusted
        /// The answer is larger than was allowed.
        case tooLarge
    }

    package let kind: Kind
    /// In the library's words; without the URL.
    package let message: String

    package var description: String { message }
}

extension HTTPError {
    init(code: CURLcode, detail: String) {
        let words = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        let kind: Kind =
            switch code {
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION:
                .usage
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
                .untrusted
            case CURLE_WRITE_ERROR, CURLE_FILESIZE_EXCEEDED: .tooLarge
            default: .unavailable
            }
        self.init(kind: kind, message: words)
    }
}
