import ArgumentParser
import Documents
import JSONText
import ProgramSupport
import SystemIO

/// `dlt-init pipeline`: the files by which a configuration is run.
struct PipelineCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipeline", abstract: "Write the script, timer and job that run a configuration.",
        discussion: """
            Beside CONFIG it writes a shell script of three joined programs, a Makefile, a service and a timer of systemd, a line for \
            cron, a job for CI, and an example of .dlt/secrets.toml. Read them: they are yours. Files that exist are kept, unless --force \
            is given.
            """)

    static let examples = [
        "dlt-init pipeline shop.yaml sqlite:///shop.db",
        "dlt-init pipeline shop.yaml postgresql:///warehouse -o jobs",
    ]

    static let optionGroups = [
        OptionGroupTitle("Common options", ["--log-format", "--quiet", "--version", "--help"])
    ]

    @Argument(
        help: ArgumentHelp("A configuration for dlt-extract rest.", valueName: "config"),
        completion: .file(extensions: ["yaml", "yml", "json", "toml"]))
    var config: String

    @Argument(help: ArgumentHelp("The destination, as dlt-load has it, without a password.", valueName: "url"))
    var url: String

    @Option(
        name: [.short, .long], help: ArgumentHelp("Folder for the files (default: that of CONFIG).", valueName: "dir"),
        completion: .directory)
    var output: String?

    @Option(help: ArgumentHelp("Name of the pipeline (default: that of CONFIG).", valueName: "name"))
    var name: String?

    @Flag(help: "Replace files that exist.") var force = false

    @Option(help: ArgumentHelp("Write messages to stderr as text or as lines of JSON.", valueName: "format"))
    var logFormat = LogFormat.text

    @Flag(name: .shortAndLong, help: "Print warnings and errors only.") var quiet = false

    func validate() throws {
        if let name, !Self.isName(name) {
            throw ValidationError("'--name' has letters, digits, _ and - only, and begins with a letter.")
        }
        if Self.hasPassword(url) {
            throw ValidationError(
                "The URL has a password; leave it out, and set it where the pipeline runs (see dlt-load(1)).")
        }
        if url.isEmpty || url.utf8.contains(where: { $0 < 0x20 }) {
            throw ValidationError("The URL of the destination is not one.")
        }
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (first | 0x20) >= 0x61, (first | 0x20) <= 0x7A else { return false }
        return text.utf8.count <= 60
            && text.utf8.allSatisfy { byte in
                (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte &- 0x30 <= 9 || byte == 0x5F || byte == 0x2D
            }
    }

    private static func hasPassword(_ url: String) -> Bool {
        // md:shop?motherduck_token=…, ducklake:postgres:password=…
        let isGiven = url.split { "?&; ".contains($0) }.contains { part in
            let pair = part.split(separator: "=", maxSplits: 1)
            let name = pair[0].lowercased()
            return pair.count == 2 && ["password", "passwd", "pwd", "token", "secret"].contains { name.contains($0) }
        }
        if isGiven { return true }
        guard let start = url.firstRange(of: "://")?.upperBound else { return false }
        let authority = url[start...].prefix { $0 != "/" && $0 != "?" }
        guard let at = authority.lastIndex(of: "@") else { return false }
        return authority[..<at].contains(":")
    }

    func run() throws {
        let bytes = try Files.readAll(config)
        let document: LocatedValue
        do throws(DocumentError) {
            document = try DocumentFormat(fileExtension: Paths.fileExtension(config)).read(bytes)
        } catch {
            throw ProgramError(
                .configuration, "unable to read \(config)\(error.line.map { ":\($0)" } ?? ""): \(error.reason)",
                hint: error.hint ?? "`dlt-extract rest \(config) --check` shows what is wrong with it")
        }
        let usual = Words.joined(Paths.lastComponent(Paths.withoutExtension(config)))
        let folder = output ?? Paths.parent(config)
        let files = PipelineFiles(
            name: name ?? (Self.isName(usual) ? usual : "pipeline"),
            configuration: output == nil ? Paths.lastComponent(config) : try Files.realPath(config), destination: url,
            inputs: Self.variables(in: document))
        if !force, let taken = files.all.first(where: { Files.exists(Paths.join(folder, $0.path)) }) {
            throw ProgramError(
                .cannotCreate, "unable to write \(Paths.join(folder, taken.path)): it exists already",
                hint: "--force replaces these files; -o names another folder")
        }
        for file in files.all {
            let path = Paths.join(folder, file.path)
            try Files.makeDirectory(Paths.parent(path), intermediates: true)
            try WrittenFile.write(file.text, to: path, mode: file.isExecutable ? 0o755 : 0o644)
        }
        let messages = Messages(format: logFormat, isQuiet: quiet)
        messages.summary("wrote \(files.all.count) files to \(folder)", [("files", .count(files.all.count))])
        messages.hint("\(Paths.join(folder, "\(files.name).sh")) --check")
    }

    /// The variables without a default, in their order.
    private static func variables(in value: LocatedValue) -> [String] {
        var found: [String] = []
        func collect(_ value: LocatedValue) {
            for item in value.items ?? [] { collect(item) }
            for member in value.members ?? [] { collect(member.value) }
            guard let text = value.string else { return }
            for part in text.replacing("$${", with: "").split(separator: "${", omittingEmptySubsequences: false)
                .dropFirst()
            {
                guard let end = part.firstIndex(of: "}") else { continue }
                let name = String(part[..<end])
                let isName =
                    !name.isEmpty
                    && name.utf8.allSatisfy {
                        ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 &- 0x30 <= 9 || $0 == 0x5F
                    }
                if isName, !found.contains(name) { found.append(name) }
            }
        }
        collect(value)
        return found
    }
}
