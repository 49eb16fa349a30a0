/// An API as OpenAPI 3.0 to 3.2, or Swagger 2.0, describes it.
package final class Description {
    package enum Edition: Sendable, Equatable {
        /// Swagger 2.0
        case two
        case three(minor: Int)
    }

    package let root: DescriptionValue
    package let edition: Edition
    /// The version of the format, as it is written.
    package let editionText: String
    var shapes: [[Int]: Shape] = [:]
    var targets: [String: DescriptionValue] = [:]

    /// - Throws: if the document is not a description of an API.
    package init(_ tree: DescriptionTree) throws(DescriptionError) {
        root = tree.root
        guard root.isObject else { throw DescriptionError("it is not an object", line: root.line) }
        if let version = root["swagger"]?.text {
            guard version.hasPrefix("2") else {
                throw DescriptionError("Swagger \(version) is not supported; 2.0 is", line: root["swagger"]?.line)
            }
            (edition, editionText) = (.two, version)
        } else if let version = root["openapi"]?.text {
            let parts = version.split(separator: ".")
            guard parts.first == "3" else {
                throw DescriptionError(
                    "OpenAPI \(version) is not supported; 3.0 to 3.2 are", line: root["openapi"]?.line)
            }
            (edition, editionText) = (.three(minor: parts.count > 1 ? Int(parts[1]) ?? 0 : 0), version)
        } else {
            throw DescriptionError("it has neither `openapi` nor `swagger`", line: 1)
        }
        guard root["paths"]?.isObject ?? (edition != .two && root["webhooks"] != nil) else {
            throw DescriptionError("it has no `paths`", line: root["paths"]?.line ?? 1)
        }
    }

    package var title: String { root["info"]?["title"]?.text ?? "" }
    package var version: String { root["info"]?["version"]?.text ?? "" }

    // MARK: References

    /// References that lead to references are followed this far.
    private static let maximumReferences = 16

    /// The value that a `$ref` leads to, or the value itself.
    package func resolved(_ value: DescriptionValue) throws(DescriptionError) -> DescriptionValue {
        var value = value
        for _ in 0...Self.maximumReferences {
            guard let reference = value["$ref"]?.string else { return value }
            if let known = targets[reference] {
                value = known
                continue
            }
            guard reference.hasPrefix("#") else {
                throw DescriptionError("`$ref` leads to another file: \(reference)", line: value.line)
            }
            guard let target = root.value(at: reference.dropFirst()) else {
                throw DescriptionError("`$ref` leads nowhere: \(reference)", line: value.line)
            }
            targets[reference] = target
            value = target
        }
        throw DescriptionError("`$ref` leads back to itself", line: value.line)
    }

    /// The same for a member; nil if it is absent.
    package func resolved(_ value: DescriptionValue?) throws(DescriptionError) -> DescriptionValue? {
        guard let value else { return nil }
        return try resolved(value) as DescriptionValue
    }
}
