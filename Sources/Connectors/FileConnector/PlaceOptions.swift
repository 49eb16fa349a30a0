import AWS
import ArgumentParser
import HTTP
import ObjectStoreConnector
import ProgramSupport
import SystemIO

/// How files elsewhere are reached.
struct PlaceOptions: ParsableArguments {
    static let group = OptionGroupTitle(
        "Files elsewhere",
        ["--jobs", "--endpoint", "--region", "--profile", "--anonymous", "--url-style", "--ca-file"])

    @Option(help: ArgumentHelp("Number of parts that are fetched at once, of 4 MiB each.", valueName: "n"))
    var jobs = 8

    @Option(
        help: ArgumentHelp(
            "URL of a service that speaks the protocol of S3 (default: AWS, or AWS_ENDPOINT_URL_S3).", valueName: "url")
    )
    var endpoint: String?

    @Option(
        help: ArgumentHelp(
            "Region of the bucket (default: AWS_REGION, the profile, or the bucket's own).", valueName: "region"))
    var region: String?

    @Option(
        help: ArgumentHelp("Profile of ~/.aws/credentials and ~/.aws/config with keys and settings.", valueName: "name")
    )
    var profile: String?

    @Flag(help: "Read a public bucket without credentials.")
    var anonymous = false

    @Option(
        help: ArgumentHelp(
            "Where a URL has the bucket: path, or virtual for in the host (default: virtual at AWS, else path).",
            valueName: "style"))
    var urlStyle: S3Settings.URLStyle?

    @Option(
        help: ArgumentHelp(
            "Certificates to trust instead of the system's, in PEM (default: AWS_CA_BUNDLE, for S3).", valueName: "file"
        ),
        completion: .file())
    var caFile: String?

    init() {}

    func validate() throws {
        if !(1...64).contains(jobs) { throw ValidationError("'--jobs' takes a number from 1 to 64.") }
        if anonymous, profile != nil { throw ValidationError("Use either '--anonymous' or '--profile'.") }
    }

    func clientOptions(bucket: Bool) throws -> HTTPClientOptions {
        var options = HTTPClientOptions()
        options.decodesBodies = false
        // A server that is silent is given up, however long an answer is.
        options.totalTimeout = 0
        options.maximumConnectionsPerHost = jobs
        options.stopDescriptor = StopSignal.descriptor
        options.userAgent = "dlt-extract"
        options.certificateAuthorities = caFile.map { Paths.expandTilde($0) }
        if bucket, caFile == nil, let file = Environment.get("AWS_CA_BUNDLE"), !file.isEmpty {
            options.certificateAuthorities = file
        }
        if let file = options.certificateAuthorities, !Files.exists(file) {
            throw ProgramError(.configuration, "unable to read \(file): there is no such file of certificates")
        }
        return options
    }
}

extension S3Settings.URLStyle: ExpressibleByArgument {}
