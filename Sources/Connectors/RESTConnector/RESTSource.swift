import ArgumentParser
import Configuration
import Documents
import HTTP
import JSONText
package import ProgramSupport
package import RecordSources
import Secrets
import SystemIO

/// `dlt-extract rest`: records from an HTTP API that a configuration file describes.
package struct RESTSource: RecordSource {
    package static let name = "rest"
    package static let abstract = "Read an HTTP API that a file describes."
    package static let discussion = """
        CONFIG is dlt's REST API configuration as YAML, JSON or TOML (see dlt-rest(5)): the client with base URL and \
        credentials, and the resources. Secrets stay out of it: ${NAME} is a variable of the environment or a value of \
        .dlt/secrets.toml.

        A run that is interrupted goes on where it stopped when it is run again. Resources, and the children of a parent, \
        are fetched side by side; one that fails does not keep the others back, and the next run goes on with it.
        """

    package static let examples = [
        "dlt-extract rest github.yaml | dlt-normalize | dlt-load sqlite:///github.db",
        "dlt-extract rest --check github.yaml",
        "dlt-extract rest github.yaml --resource issues --limit 5 | jq",
    ]

    package static let optionGroups = [
        OptionGroupTitle(
            "Source",
            [
                "--check", "--resource", "--max-pages", "--max-duration", "--workers", "--rate", "--no-resume",
                "--allow-host",
                "--json", "--json-schema",
            ])
    ]

    @Argument(
        help: ArgumentHelp("The configuration file, or - for standard input (YAML or JSON).", valueName: "config"),
        completion: .file(extensions: ["yaml", "yml", "json", "toml"]))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Deliver only this resource, and fetch the parents it needs; may be repeated.", valueName: "name"))
    var resource: [String] = []

    @Option(help: ArgumentHelp("Number of requests at once.", valueName: "n"))
    var workers = 10

    @Option(
        help: ArgumentHelp(
            "Read at most this number of pages of each resource, or of each parent's child.", valueName: "count"))
    var maxPages: Int?

    @Option(
        help: ArgumentHelp(
            "Stop after this time, such as 90s, 30m or 2h, and end with status 10; the next run goes on.",
            valueName: "time"))
    var maxDuration: String?

    @Option(help: ArgumentHelp("Requests per second for each host.", valueName: "number"))
    var rate: Double?

    @Option(
        help: ArgumentHelp(
            "Another host that may get the credentials when a link leads to it; may be repeated.", valueName: "host"))
    var allowHost: [String] = []

    @Flag(help: "Begin anew where an earlier run was interrupted.")
    var noResume = false

    @Flag(help: "Check the configuration, print what would be fetched, and make no request.")
    var check = false

    @Flag(help: "Print what --check finds as JSON.")
    var json = false

    @Flag(help: "Print the JSON Schema of configurations, for editors.")
    var jsonSchema = false

    package init() {}

    package func validate() throws {
        if config == nil && !jsonSchema { throw ValidationError("Name a configuration file, or - for standard input.") }
        if json && !check { throw ValidationError("'--json' is for '--check'; a stream is JSON anyway.") }
        if workers < 1 { throw ValidationError("'--workers' must be at least 1.") }
        if let maxPages, maxPages < 1 { throw ValidationError("'--max-pages' must be at least 1.") }
        if let rate, rate <= 0 { throw ValidationError("'--rate' must be more than 0.") }
        if let maxDuration, NumberText.nanoseconds(maxDuration) == nil {
            throw ValidationError("'--max-duration \(maxDuration)': expected a time such as 90s, 30m or 2h.")
        }
    }

    // MARK: Reading

    package func answer(_ inquiry: SourceInquiry) throws -> String? {
        if jsonSchema { return ConfigurationSchema.document.serialized(.pretty) + "\n" }
        guard check else { return nil }
        let (configuration, values) = try read(inquiry.dataDirectory, hasWindow: inquiry.hasWindow)
        _ = try Authentications(configuration, values, dataDirectory: inquiry.dataDirectory)
        let resources = try selected(configuration)
        return Secrets.hidden(
            json
                ? ConfigurationSummary.object(of: configuration, resources: resources).serialized() + "\n"
                : ConfigurationSummary.text(of: configuration, resources: resources))
    }

    package func prepare(dataDirectory: String) throws -> any PreparedSource {
        // Whether there is a window is known when resources are announced.
        let (configuration, values) = try read(dataDirectory, hasWindow: true)
        let authentications = try Authentications(configuration, values, dataDirectory: dataDirectory)
        let secrets = authentications.secrets + values.used.map { ($0.name, $0.value) }
        for (_, secret) in secrets { Secrets.keep(secret) }
        return RESTRun(
            configuration: configuration, resources: try selected(configuration),
            options: RESTRunOptions(
                workers: workers, maximumPages: maxPages, maximumDuration: maxDuration.flatMap(NumberText.nanoseconds),
                allowedHosts: Set(allowHost), resumes: !noResume),
            clientOptions: clientOptions(configuration.client.session), authentications: authentications,
            concealment: Concealment(secrets))
    }

    private func read(
        _ dataDirectory: String, hasWindow: Bool
    ) throws -> (RESTConfiguration, ConfigurationValues) {
        let values = ConfigurationValues(dataDirectory: dataDirectory)
        return (try ConfigurationReader.read(config ?? "-", values, hasWindow: hasWindow), values)
    }

    private func selected(_ configuration: RESTConfiguration) throws -> [String] {
        if resource.isEmpty {
            let names = configuration.resources.filter(\.isSelected).map(\.name)
            if names.isEmpty {
                throw ProgramError(.configuration, "unable to fetch anything: no resource is selected")
            }
            return names
        }
        for name in resource where configuration.resource(name) == nil {
            let names = configuration.resources.map(\.name).joined(separator: ", ")
            throw ProgramError(
                .usage, "unable to fetch \(name): the configuration has no resource of that name",
                hint: "it has \(names)")
        }
        return configuration.resources.map(\.name).filter(resource.contains)
    }

    private func clientOptions(_ session: LocatedValue?) -> HTTPClientOptions {
        var options = HTTPClientOptions()
        options.userAgent = "dlt-extract/\(Version.text)"
        options.maximumConnectionsPerHost = max(options.maximumConnectionsPerHost, workers)
        options.stopDescriptor = StopSignal.descriptor
        options.rate = rate
        guard let session else { return options }
        func number(_ key: String) -> Double? {
            switch session[key]?.content {
            case .number(let digits)?: Double(digits)
            case .string(let text)?: Double(text)
            default: nil
            }
        }
        options.idleTimeout = number("timeout") ?? options.idleTimeout
        options.connectTimeout = number("connect_timeout") ?? options.connectTimeout
        options.totalTimeout = number("total_timeout") ?? options.totalTimeout
        options.retry.maximumAttempts = session["max_attempts"]?.int ?? options.retry.maximumAttempts
        options.retry.backoff = number("backoff_factor") ?? options.retry.backoff
        options.retry.maximumDelay = number("max_retry_delay") ?? options.retry.maximumDelay
        options.rate = rate ?? number("rate")
        options.proxy = session["proxy"]?.string
        options.certificateAuthorities = session["ca_file"]?.string
        options.clientCertificate = session["cert_file"]?.string
        options.clientKey = session["key_file"]?.string
        options.verifiesCertificates = session["verify"]?.bool ?? true
        options.userAgent = session["user_agent"]?.string ?? options.userAgent
        options.maximumBody = session["max_body"]?.int ?? options.maximumBody
        return options
    }
}
