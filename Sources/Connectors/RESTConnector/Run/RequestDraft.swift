import HTTP
import JSONText

/// A request under construction.
struct RequestDraft {
    var method: String
    var url: String
    /// Query parameters, in order; a name may occur several times.
    private(set) var parameters: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var json: JSONValue?
    var form: [(name: String, value: String)]?
    var text: String?
    /// The URL whose host may see the credentials.
    var home: String

    mutating func add(_ name: String, _ value: String) { parameters.append((name, value)) }

    /// Sets a parameter or a value of the body; replaces an earlier value.
    mutating func set(_ target: PaginatorRules.Target, _ value: JSONValue) {
        switch target {
        case .parameter(let name):
            if let place = parameters.firstIndex(where: { $0.name == name }) {
                parameters[place].value = value.plainText
            } else {
                add(name, value.plainText)
            }
        case .body(let keys) where form != nil:
            // A form has no levels; the check of the configuration ensures that.
            let name = keys.joined(separator: ".")
            var fields = form ?? []
            if let place = fields.firstIndex(where: { $0.name == name }) {
                fields[place].value = value.plainText
            } else {
                fields.append((name, value.plainText))
            }
            form = fields
        case .body(let keys): json = Self.setting(keys[...], value, in: json ?? [:])
        }
    }

    private static func setting(_ keys: ArraySlice<String>, _ value: JSONValue, in whole: JSONValue) -> JSONValue {
        guard let key = keys.first else { return value }
        var object = whole.objectValue ?? [:]
        object[key] = setting(keys.dropFirst(), value, in: object[key] ?? [:])
        return .object(object)
    }

    /// Follows a link instead, which has all the parameters that it needs.
    mutating func follow(_ link: String) {
        url = link
        parameters = []
    }

    /// The request, without credentials; nil when the URL is not valid.
    func request() -> HTTPRequest? {
        guard var target = HTTPURL(url) else { return nil }
        for (name, value) in parameters { target.appendQuery(name, value) }
        var headers = headers
        var body: [UInt8]?
        func addType(_ type: String) {
            if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
                headers.append(("Content-Type", type))
            }
        }
        if let json {
            body = json.serializedBytes()
            addType("application/json")
        } else if let form {
            body = HTTPURL.form(form)
            addType("application/x-www-form-urlencoded")
        } else if let text {
            body = Array(text.utf8)
        }
        return HTTPRequest(method: method, url: target.text, headers: headers, body: body, home: home)
    }
}
