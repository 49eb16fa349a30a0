import CZlib

package struct ZlibError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// The input ended before its stream did.
        case truncated
        /// The input is not in the expected format, or was damaged.
        case corrupt
        /// The output would be larger than allowed.
        case tooLarge
        /// The library's message for anything else.
        case library
    }

    package let kind: Kind
    package let message: String

    package var description: String { message }

    static let truncated = ZlibError(kind: .truncated, message: "the compressed data ends too early")

    init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    init(code: Int32, message: UnsafePointer<CChar>?) {
        switch code {
        case Z_DATA_ERROR, Z_NEED_DICT: kind = .corrupt
        default: kind = .library
        }
        if let message {
            self.message = "the compressed data is damaged: " + String(cString: message)
        } else {
            self.message = code == Z_MEM_ERROR ? "not enough memory" : "zlib error \(code)"
        }
    }
}
