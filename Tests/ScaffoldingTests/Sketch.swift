import OpenAPI
import TestSupport

@testable import Scaffolding

/// Small descriptions for tests, and what is made of them.
enum Sketch {
    /// A description with one list, `/things`.
    static func list(
        parameters: String = "[]", schema: String, extras: String = "", operation: String = "", more: String = ""
    ) -> String {
        """
        openapi: 3.0.3
        info: {title: Things, version: '1'}
        servers: [{url: https://api.example.com/v1}]
        paths:
          /things:
            get:
              \(operation)
              parameters: \(parameters)
              responses: {'200': {description: ok, \(extras) content: {application/json: {schema: \(schema)}}}}
        \(more)
        """
    }

    /// An answer with records under `data` beside other members.
    static func answer(_ others: String = "", record: String = "id: {type: integer}") -> String {
        "{type: object, properties: {data: {type: array, items: {type: object, properties: {\(record)}}}\(others.isEmpty ? "" : ", ")\(others)}}"
    }

    static func scaffold(_ text: String, _ options: ScaffoldOptions = ScaffoldOptions()) throws -> Scaffold {
        Scaffold(try Description(DescriptionReader.read(Array(text.utf8))), options)
    }

    static func configuration(_ text: String, _ options: ScaffoldOptions = ScaffoldOptions()) throws -> String {
        ConfigurationText.text(of: try scaffold(text, options), source: "api.yaml", file: nil)
    }

    /// The paginator of the only list, on one line.
    static func paginator(parameters: String, others: String = "", extras: String = "", operation: String = "") throws
        -> String
    {
        let scaffold = try scaffold(
            list(parameters: parameters, schema: answer(others), extras: extras, operation: operation))
        let draft = scaffold.endpoints.first?.paginator?.value
        return ([draft?.type ?? "none"] + (draft?.keys ?? []).map { "\($0.name)=\(YAMLText.value($0.value))" })
            .joined(separator: " ")
    }
}
