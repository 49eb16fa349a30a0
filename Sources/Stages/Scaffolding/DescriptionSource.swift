import HTTP
import JSONText
import OpenAPI
import ProgramSupport
import SystemIO

/// Where a description is read from: a file, a URL, or standard input.
struct DescriptionSource {
    let text: String
    /// In messages.
    let shown: String
    /// In comments and reports: a file without its folders, which other readers need not know.
    var name: String { isURL || text == "-" ? shown : Paths.lastComponent(text) }

    init(_ text: String) {
        self.text = text
        shown = text == "-" ? "standard input" : HTTPURL.shown(text)
    }

    var isURL: Bool { text.hasPrefix("https://") || text.hasPrefix("http://") }

    func read() throws -> Description { try description(bytes()) }

    private func description(_ bytes: [UInt8]) throws -> Description {
        do throws(DescriptionError) { return try Description(try DescriptionReader.read(bytes)) } catch {
            let place = (error.line.map { ":\($0)" } ?? "") + (error.column.map { ":\($0)" } ?? "")
            throw ProgramError(
                error.isUnavailable ? .unavailable : .data, "unable to read \(shown)\(place): \(error.reason)",
                hint: error.isUnavailable
                    ? "install the library that reads YAML: apt-get install libyaml-0-2"
                    : "a description is OpenAPI 3.0 to 3.2 or Swagger 2.0, as JSON or YAML")
        }
    }

    /// Requests in place of a description.
    enum Form: String { case curl, har, postman }

    /// What requests show of an API, and what of them was left out.
    func read(as form: Form) throws -> (Description, notes: [String]) {
        let bytes = try bytes()
        let exchanges: [Exchange]?
        if form == .curl {
            exchanges = CurlReader.exchanges(String(decoding: bytes, as: UTF8.self))
        } else {
            let document: JSONValue
            do throws(JSONSyntaxError) { document = try JSONValue(parsing: bytes) } catch {
                throw ProgramError(.data, "unable to read \(shown): \(error)", hint: "a \(form.rawValue) file is JSON")
            }
            exchanges = form == .har ? RecordingReader.har(document) : RecordingReader.postman(document)
        }
        guard let exchanges else {
            throw ProgramError(
                .data, "unable to read \(shown): it is not what --\(form.rawValue) reads",
                hint: form == .har
                    ? "browsers save a HAR from the list of requests" : "export the collection as version 2.1")
        }
        let title = Paths.lastComponent(Paths.withoutExtension(text == "-" ? "api" : text))
        guard let made = ExchangeDescription(exchanges, title: title) else {
            throw ProgramError(
                .data, "unable to make a configuration: \(shown) has no GET request that was answered",
                hint: "requests that read are needed; --curl takes command lines without answers")
        }
        return (try description(made.document.serializedBytes()), made.notes)
    }

    private func bytes() throws -> [UInt8] {
        if text == "-" { return try Files.readAll(Descriptor.standardInput) }
        guard isURL else { return try Files.readAll(text) }
        var options = HTTPClientOptions()
        options.userAgent = "dlt-init/\(Version.text)"
        options.maximumBody = DescriptionReader.maximumSize
        options.stopDescriptor = StopSignal.descriptor
        do throws(HTTPFailure) {
            let response = try HTTPClient(options).send(HTTPRequest(url: text))
            guard response.status == 200 else {
                throw HTTPFailure(.notHTTP, "the server answered \(response.status)", lastStatus: response.status)
            }
            return response.body
        } catch {
            if error.kind == .stopped { throw Stopped() }
            let status: ExitStatus =
                switch error.lastStatus {
                case 401, 403: .denied
                case 404, 410: .noInput
                default: error.kind == .url ? .usage : .unavailable
                }
            throw ProgramError(
                status, "unable to fetch \(shown): \(error.message)",
                hint: "fetch it in another way, and give the file: dlt-init rest FILE")
        }
    }
}
