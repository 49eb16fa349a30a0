import Cursors
import Documents
import JSONText

/// A checked configuration: what to fetch, and how.
struct RESTConfiguration: Sendable {
    var name: String
    /// Whether the configuration contains the name; otherwise it is that of the file.
    var isNamed = false
    var client: ClientConfiguration
    /// Every parent before its children.
    var resources: [ResourceConfiguration]

    func resource(_ name: String) -> ResourceConfiguration? { resources.first { $0.name == name } }
}

struct ClientConfiguration: Sendable {
    var baseURL: String
    var headers: [(name: String, value: Template)]
    var authentication: AuthenticationConfiguration?
    var paginator: PaginatorRules?
    var session: LocatedValue?
}

/// Credentials as written; absent fields come from the variables.
struct AuthenticationConfiguration: Sendable {
    let type: String
    let fields: LocatedValue
}

struct ResourceConfiguration: Sendable {
    let name: String
    let line: Int
    var endpoint: EndpointConfiguration
    /// For the SCHEMA message.
    var hints: JSONObject
    var primaryKey: [String]?
    /// The resource whose records provide this one's requests.
    var parent: String?
    var includeFromParent: [String]
    var steps: [ProcessingStep]
    var isSelected: Bool
    var incremental: IncrementalConfiguration?
    /// The resource as written, before variables were filled in: a remembered place is valid only for it.
    var fingerprint: String
}

struct EndpointConfiguration: Sendable {
    var path: Template
    var method: String
    var parameters: [(name: Template, value: ParameterValue)]
    var json: BodyTemplate?
    var form: BodyTemplate?
    var text: Template?
    var headers: [(name: String, value: Template)]
    /// nil: the client's, else detected.
    var paginator: PaginatorRules?
    /// nil: detected at the first page.
    var selector: JSONPath?
    var selectionIsRequired: Bool
    var actions: [ResponseAction]
    var authentication: AuthenticationConfiguration?
}

extension EndpointConfiguration {
    /// All placeholders, each with the key of the endpoint that contains it.
    var expressions: [(expression: Template.Expression, key: String)] {
        var all: [(expression: Template.Expression, key: String)] = []
        func add(_ expressions: [Template.Expression]?, _ key: String) { all += (expressions ?? []).map { ($0, key) } }
        add(path.expressions, "path")
        for parameter in parameters { add(parameter.name.expressions + parameter.value.expressions, "params") }
        add(json?.expressions, "json")
        add(form?.expressions, "data")
        add(text?.expressions, "data")
        add(headers.flatMap(\.value.expressions), "headers")
        return all
    }
}

enum ParameterValue: Sendable {
    case template(Template)
    case list([Template])
    case incremental
    case resolve(resource: String, path: String)

    var expressions: [Template.Expression] {
        switch self {
        case .template(let template): template.expressions
        case .list(let all): all.flatMap(\.expressions)
        case .incremental, .resolve: []
        }
    }
}

/// A JSON value whose strings are templates.
indirect enum BodyTemplate: Sendable {
    case text(Template)
    case constant(JSONValue)
    case array([BodyTemplate])
    case object([(key: Template, value: BodyTemplate)])

    var expressions: [Template.Expression] {
        switch self {
        case .text(let template): template.expressions
        case .constant: []
        case .array(let items): items.flatMap(\.expressions)
        case .object(let members): members.flatMap { $0.key.expressions + $0.value.expressions }
        }
    }
}

struct ResponseAction: Sendable {
    enum Effect: String, Sendable { case ignore, fail }

    let status: Int?
    let content: String?
    let effect: Effect
}

struct IncrementalConfiguration: Sendable {
    /// For the sink, which leaves out old records and remembers the last value.
    var cursor: CursorSettings
    var cursorPath: String
    var initialValue: JSONValue?
    var endValue: JSONValue?
    var startParameter: String?
    var endParameter: String?
    var conversion: IncrementalConversion?
}
