import CZstd

package struct ZstdError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// The input ended inside a frame.
        case truncated
        /// The input is not zstd, or was damaged.
        case corrupt
        /// A frame refers to more earlier output than the limit, or the memory, allows.
        case windowTooLarge
        /// The library's message for anything else.
        case library
    }

    package let kind: Kind
    package let message: String

    package var description: String { message }

    static let truncated = ZstdError(kind: .truncated, message: "the zstd data ends too early")

    /// - Parameter result: the result of a library function that `ZSTD_isError` reports as an error.
    init(result: Int) {
        message = String(cString: ZSTD_getErrorName(result))
        switch ZSTD_getErrorCode(result) {
        case ZSTD_error_prefix_unknown, ZSTD_error_corruption_detected, ZSTD_error_checksum_wrong,
            ZSTD_error_srcSize_wrong, ZSTD_error_dictionary_wrong, ZSTD_error_dictionary_corrupted,
            ZSTD_error_frameParameter_unsupported, ZSTD_error_version_unsupported:
            kind = .corrupt
        case ZSTD_error_frameParameter_windowTooLarge, ZSTD_error_memory_allocation: kind = .windowTooLarge
        default: kind = .library
        }
    }

    init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    @discardableResult
    static func check(_ result: Int) throws(ZstdError) -> Int {
        if ZSTD_isError(result) != 0 { throw ZstdError(result: result) }
        return result
    }
}
