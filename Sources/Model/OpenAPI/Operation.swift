/// One method of one path.
package struct Operation {
    /// In capitals.
    package let method: String
    /// As it is written, with its variables in braces.
    package let path: String
    package let line: Int
    package let value: DescriptionValue
    package var parameters: [Parameter] = []
    package var response: Response?
    /// What could not be read; the operation is then incomplete.
    package var problems: [DescriptionError] = []

    package var summary: String { value["summary"]?.text ?? value["description"]?.text ?? "" }
    package var description: String { value["description"]?.text ?? "" }
    package var tags: [String] { value["tags"]?.items.compactMap(\.text) ?? [] }
    package var isDeprecated: Bool { value["deprecated"]?.bool ?? false }

    package func parameters(in place: Parameter.Place) -> [Parameter] { parameters.filter { $0.place == place } }
}

package struct Parameter {
    package enum Place: String, Sendable { case query, path, header, cookie }

    package let name: String
    package let place: Place
    package let isRequired: Bool
    package let shape: Shape
    package let description: String
    package let example: DescriptionValue?
    package let line: Int
}

/// The successful answer of an operation.
package struct Response {
    package let status: String
    /// Of the body as JSON; nil if it is not described.
    package let origin: Shape.Origin?
    /// Names of headers.
    package let headers: [String]
    package let description: String
    /// Whether the body may have another form than JSON.
    package let hasOtherForms: Bool
}

extension Description {
    private static let methods = ["get", "post", "put", "patch", "delete", "head", "options", "trace", "query"]
    /// More parameters than this are not read.
    private static let maximumParameters = 500

    /// All operations in the order of the text.
    package func operations(methods wanted: Set<String> = ["GET"]) -> [Operation] {
        var operations: [Operation] = []
        for (path, item) in root["paths"]?.members ?? [] where path.hasPrefix("/") {
            do throws(DescriptionError) {
                let item = try resolved(item) as DescriptionValue
                for method in Self.methods where wanted.contains(method.uppercased()) {
                    guard let value = item[method], value.isObject else { continue }
                    operations.append(operation(method, path, value, item))
                }
            } catch {
                var broken = Operation(method: "GET", path: path, line: item.line, value: item)
                broken.problems = [error]
                operations.append(broken)
            }
        }
        return operations
    }

    private func operation(
        _ method: String, _ path: String, _ value: DescriptionValue, _ item: DescriptionValue
    ) -> Operation {
        var operation = Operation(method: method.uppercased(), path: path, line: value.line, value: value)
        for list in [item["parameters"], value["parameters"]] {
            for parameter in (list?.items ?? []).prefix(Self.maximumParameters) {
                do throws(DescriptionError) {
                    for read in try parameters(of: parameter) {
                        operation.parameters.removeAll { $0.name == read.name && $0.place == read.place }
                        operation.parameters.append(read)
                    }
                } catch { operation.problems.append(error) }
            }
        }
        do throws(DescriptionError) { operation.response = try response(of: value, isList: !path.hasSuffix("}")) } catch
        {
            operation.problems.append(error)
        }
        return operation
    }

    // MARK: Parameters

    private func parameters(of value: DescriptionValue) throws(DescriptionError) -> [Parameter] {
        let parameter = try resolved(value) as DescriptionValue
        guard let place = (parameter["in"]?.string).flatMap(Parameter.Place.init(rawValue:)) else {
            // A body or a form is not a parameter of a request that reads.
            if parameter["in"]?.string == nil {
                throw DescriptionError("a parameter has no `in`", line: parameter.line)
            }
            return []
        }
        guard let name = parameter["name"]?.text, !name.isEmpty else {
            throw DescriptionError("a parameter has no `name`", line: parameter.line)
        }
        let media = parameter["content"]?.members.first?.value
        let schema = parameter["schema"] ?? media?["schema"] ?? parameter
        let shape = shape(.schema(schema))
        let isRequired = parameter["required"]?.bool ?? (place == .path)
        let description = parameter["description"]?.text ?? shape.description ?? ""
        let example = parameter["example"] ?? exampleValue(in: parameter["examples"]) ?? shape.example
        func made(_ name: String, _ shape: Shape, isRequired: Bool, _ description: String) -> Parameter {
            Parameter(
                name: name, place: place, isRequired: isRequired, shape: shape, description: description,
                example: example, line: parameter.line)
        }
        // An object in brackets is several parameters: page[number], page[size].
        if place == .query, shape.isObject, !shape.properties.isEmpty, media == nil,
            parameter["style"]?.string == "deepObject"
        {
            return shape.properties.prefix(Self.maximumParameters).map { property in
                let inner = self.shape(property.origin)
                return made(
                    "\(name)[\(property.name)]", inner, isRequired: isRequired && property.isRequired,
                    inner.description ?? "")
            }
        }
        return [made(name, shape, isRequired: isRequired, description)]
    }

    /// The first of named examples.
    private func exampleValue(in examples: DescriptionValue?) -> DescriptionValue? {
        guard let first = examples?.members.first?.value else { return nil }
        return (try? resolved(first) as DescriptionValue)?["value"]
    }

    // MARK: Responses

    private func response(of operation: DescriptionValue, isList: Bool) throws(DescriptionError) -> Response? {
        guard let responses = operation["responses"] else { return nil }
        let members = responses.members
        let order = ["200", "201", "203", "206", "2XX", "2xx", "default"]
        guard
            let status = order.first(where: { name in members.contains { $0.key == name } })
                ?? members.first(where: { $0.key.hasPrefix("2") })?.key,
            let value = members.first(where: { $0.key == status })?.value
        else { return nil }
        let response = try resolved(value) as DescriptionValue
        var origin: Shape.Origin?
        var others = false
        if edition == .two {
            let forms = (operation["produces"] ?? root["produces"])?.items.compactMap(\.string) ?? []
            others = forms.contains { !Self.isJSON($0) }
            let example = response["examples"]?.members.first { Self.isJSON($0.key) }?.value
            origin = try body(schema: response["schema"], example: example, isList)
        } else {
            let forms = try resolved(response["content"])?.members ?? []
            others = forms.contains { !Self.isJSON($0.key) }
            if let form = forms.first(where: { Self.isJSON($0.key) }) ?? forms.first(where: { $0.key == "*/*" }) {
                let media = try resolved(form.value) as DescriptionValue
                origin = try body(
                    schema: media["schema"], example: media["example"] ?? exampleValue(in: media["examples"]), isList)
            }
        }
        return Response(
            status: status, origin: origin, headers: response["headers"]?.members.map(\.key) ?? [],
            description: response["description"]?.text ?? "", hasOtherForms: others)
    }

    /// The schema, or the example if the schema says nothing.
    private func body(
        schema: DescriptionValue?, example: DescriptionValue?, _ isList: Bool
    ) throws(DescriptionError) -> Shape.Origin? {
        guard let schema else { return example.map { .example($0) } }
        let target = try resolved(schema) as DescriptionValue
        let shape = shape(.schema(schema))
        // Some schemas describe one element of the list that the example shows.
        if isList, let example, example.isArray, !shape.isArray, example.firstItem?.isObject == true {
            return .example(example)
        }
        if shape.properties.isEmpty && shape.items == nil {
            if let example = example ?? target["example"], example.isArray || example.isObject {
                return .example(example)
            }
        }
        return .schema(schema)
    }

    private static func isJSON(_ form: String) -> Bool {
        let form = form.lowercased().prefix { $0 != ";" }
        return form.hasSuffix("/json") || form.hasSuffix("+json") || form == "text/json" || form == "json"
    }
}
