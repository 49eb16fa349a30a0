import Documents
import JSONText
import OpenAPI

@testable import Scaffolding

extension FuzzTarget {
    /// Whatever a description says, the configuration is YAML with the keys of a configuration, and no variable but its inputs.
    static let descriptions = FuzzTarget(name: "descriptions") { bytes in
        guard let tree = try? DescriptionReader.read(bytes), let description = try? Description(tree) else { return }
        let scaffold = Scaffold(description, ScaffoldOptions())
        let text = ConfigurationText.text(of: scaffold, source: "api.yaml", file: nil)
        let document: LocatedValue
        do { document = try YAMLDocument.read(Array(text.utf8)) } catch {
            throw Finding(description: "not YAML: \(error)")
        }
        let keys = Set((document.members ?? []).map(\.key))
        try require(keys.isSubset(of: ["client", "resource_defaults", "resources"]), "other keys: \(keys)")
        try require(document["resources"]?.items?.count == scaffold.written.count, "resources appeared or are lost")
        try require(
            Set((document["client"]?.members ?? []).map(\.key)).isSubset(of: ["base_url", "headers", "auth"]),
            "the client has other keys")
        _ = ScaffoldReport.json(scaffold, source: "api.yaml")
    }
}
