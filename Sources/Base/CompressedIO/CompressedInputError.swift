package import Failures

/// Why an input cannot be decompressed.
package struct CompressedInputError: ExplainedFailure {
    package let kind = FailureKind.data
    package let message: String
    package let hint: String?
}
