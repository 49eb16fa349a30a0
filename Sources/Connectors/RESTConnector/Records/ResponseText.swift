import Encodings
import HTTP

/// The characters of a response. JSON is UTF-8, but older services use the encoding of everything else that they send.
enum ResponseText {
    /// The body in UTF-8 if its byte order mark, its declared charset or its zeros show that it is UTF-16 or UTF-32;
    /// nil if it needs no conversion.
    static func widened(_ response: HTTPResponse, _ body: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        if let (encoding, length) = TextEncoding.marked(body) {
            return encoding.utf8(UnsafeBufferPointer(rebasing: body[length...]))
        }
        // A declaration that contradicts the bytes is ignored.
        if let encoding = TextEncoding.evident(body) { return encoding.utf8(body) }
        return nil
    }

    /// The same for a declared single-byte charset, for a body that proved not to be UTF-8.
    static func decoded(_ response: HTTPResponse, _ body: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        charset(response).flatMap { TextEncoding(charset: $0) }?.utf8(body)
    }

    /// The parameter of the Content-Type.
    static func charset(_ response: HTTPResponse) -> String? {
        guard let type = response.headers["Content-Type"] else { return nil }
        for parameter in type.split(separator: ";").dropFirst() {
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, trimmed(parts[0]).lowercased() == "charset" else { continue }
            return trimmed(parts[1])
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> String {
        let isOuter: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\"" || $0 == "'" }
        var text = text.drop(while: isOuter)
        while let last = text.last, isOuter(last) { text.removeLast() }
        return String(text)
    }
}
