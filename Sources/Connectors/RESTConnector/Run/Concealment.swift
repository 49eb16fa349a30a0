import Encodings
import JSONText
import Secrets

/// Keeps secrets out of stored values: links from an API often repeat the key of the request.
struct Concealment {
    private let secrets: [(name: String, value: String)]

    init(_ secrets: [(name: String, value: String)]) {
        // The longest first, since one may contain another.
        self.secrets = secrets.filter { Secrets.isHideable($0.value) }.sorted {
            $0.value.utf8.count > $1.value.utf8.count
        }
    }

    /// With secrets replaced by their names.
    func conceal(_ value: JSONValue) -> JSONValue {
        mapped(value) { text in
            var text = text
            for (name, value) in secrets {
                text = text.replacingBytes(of: value, with: "${\(name)}")
                text = text.replacingBytes(of: PercentEncoding.encoded(value), with: "${\(name)%}")
            }
            return text
        }
    }

    /// With names replaced by their secrets.
    func reveal(_ value: JSONValue) -> JSONValue {
        mapped(value) { text in
            guard text.contains("${") else { return text }
            var text = text
            for (name, value) in secrets {
                text = text.replacingBytes(of: "${\(name)}", with: value)
                text = text.replacingBytes(of: "${\(name)%}", with: PercentEncoding.encoded(value))
            }
            return text
        }
    }

    private func mapped(_ value: JSONValue, _ change: (String) -> String) -> JSONValue {
        switch value {
        case .string(let text): return .string(change(text))
        case .array(let items): return .array(items.map { mapped($0, change) })
        case .object(let object):
            var changed = JSONObject()
            for (key, member) in object.members { changed[key] = mapped(member, change) }
            return .object(changed)
        default: return value
        }
    }
}
