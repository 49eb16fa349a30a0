import Failures
import Glibc
import JSONText
import ProgramSupport
import Secrets
import SystemIO

/// Files that belong to one resource.
struct PlannedResource: Equatable {
    let name: String
    var files: [PlannedFile]
}

/// Turns operands into resources: patterns and folders into files, names of files into names of resources.
enum FilePlan {
    static func resources(of operands: [String], named name: String?) throws -> [PlannedResource] {
        var resources: [PlannedResource] = []
        for operand in operands {
            let name = try name ?? self.name(of: operand)
            let files = try self.files(of: operand)
            if let index = resources.firstIndex(where: { ExactString($0.name) == ExactString(name) }) {
                let known = Set(resources[index].files.map(\.identity))
                resources[index].files += files.filter { !known.contains($0.identity) }
            } else {
                resources.append(PlannedResource(name: name, files: files))
            }
        }
        return resources
    }

    // MARK: Files

    private static func files(of operand: String) throws -> [PlannedFile] {
        if operand == "-" { return [PlannedFile(path: nil)] }
        if let address = try RemoteAddress(operand) { return [PlannedFile(at: address)] }
        do {
            let path = Paths.expandTilde(operand)
            if Files.exists(path) || !isPattern(operand) {
                return try files(at: path, operand).map { PlannedFile(path: $0) }
            }
            let matches = operand.contains("**") ? try deepMatches(operand) : try Files.glob(operand)
            if matches.isEmpty {
                throw ProgramError(
                    .noInput, "unable to find \(operand): no file matches",
                    hint: "check the pattern; a relative pattern starts at the current folder")
            }
            var paths: [String] = []
            for match in matches { paths += try files(at: match, operand) }
            return paths.map { PlannedFile(path: $0) }
        } catch let error as SystemError where error.code == ENOENT {
            throw ProgramError(
                .noInput, "unable to find \(operand): there is no such file",
                hint: "check the name; a relative path starts at the current folder")
        }
    }

    /// The file itself, or all data files in a folder and below it.
    private static func files(at path: String, _ operand: String) throws -> [String] {
        if !Files.exists(path), (try? Files.stat(path, followingLinks: false))?.kind == .symbolicLink {
            throw ProgramError(
                .noInput, "unable to read \(path): it is a link to a file that does not exist",
                hint: "remove the link, or see where it leads with `ls -l \(ShellWord.quoted(path))`")
        }
        guard try Files.stat(path).kind == .directory else { return [path] }
        var found: [String] = []
        try walk(path) { file in
            if FileFormat(name: file) != nil { found.append(file) }
        }
        if found.isEmpty && !isPattern(operand) {
            let names = FileFormat.extensions.map { ".\($0)" }.joined(separator: ", ")
            throw ProgramError(
                .noInput, "unable to find data in \(path): no file has a known extension",
                hint:
                    "known extensions are \(names), each also with .gz, .zst, .bz2, .xz or .lz4; name other files singly or by a pattern"
            )
        }
        return found
    }

    /// Every file below a folder, in the order of their names. Skips hidden files, and does not enter linked folders,
    /// which may lead in a circle.
    private static func walk(_ folder: String, _ visit: (String) -> Void) throws {
        for name in try Files.list(folder) where !name.hasPrefix(".") {
            let path = Paths.join(folder, name)
            switch try Files.stat(path, followingLinks: false).kind {
            case .directory: try walk(path, visit)
            case .regular: visit(path)
            case .symbolicLink: if (try? Files.stat(path))?.kind == .regular { visit(path) }
            case .other: break
            }
        }
    }

    // MARK: Patterns

    static let wildcards: [Character] = ["*", "?", "[", "{"]

    static func isPattern(_ text: String) -> Bool { text.contains(where: wildcards.contains) }

    /// `**` stands for any number of folders, which glob(3) does not know.
    private static func deepMatches(_ pattern: String) throws -> [String] {
        let pattern = Paths.expandTilde(pattern)
        let parts = pattern.unicodeScalars.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        let literal = parts.prefix { !isPattern($0) }
        var folder = literal.joined(separator: "/")
        if Paths.isAbsolute(pattern) { folder = "/" + folder }
        let start = folder.isEmpty ? "." : folder
        guard Files.isDirectory(start) else { return [] }
        let wanted = Array(parts.dropFirst(literal.count))
        var found: [String] = []
        try walk(start) { path in
            let below = Substring(path.utf8.dropFirst(start.utf8.count)).unicodeScalars.split(separator: "/").map(
                String.init)
            if matches(below[...], wanted[...]) {
                found.append(folder.isEmpty ? String(path.unicodeScalars.dropFirst(2)) : path)
            }
        }
        return found
    }

    static func matches(_ path: ArraySlice<String>, _ pattern: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        if first == "**" {
            return (0...path.count).contains { matches(path.dropFirst($0), pattern.dropFirst()) }
        }
        guard let name = path.first, ShellPattern.matches(name, first) else { return false }
        return matches(path.dropFirst(), pattern.dropFirst())
    }

    // MARK: Names

    /// The name of a resource that the user has not named: that of the file without its extensions, of the folder, or
    /// the common beginning of a pattern's matches.
    static func name(of operand: String) throws -> String {
        if operand == "-" {
            throw ProgramError(
                .usage, "unable to name the records of standard input: it has no name",
                hint: "add --resource NAME, such as `dlt-extract files - --resource users`")
        }
        if let address = try RemoteAddress(operand) { return try name(of: operand, address) }
        let path = Paths.expandTilde(operand)
        if Files.exists(path) || !isPattern(operand) {
            let isFolder = Files.isDirectory(path)
            let last = Paths.lastComponent(isFolder ? (try? Files.realPath(path)) ?? path : path)
            let name = isFolder ? last : withoutExtensions(last)
            return name.isEmpty ? last : name
        }
        if let name = literalName(of: operand), name != "~" { return name }
        if !Paths.isAbsolute(operand), let folder = try? Files.realPath("."), folder != "/" {
            return Paths.lastComponent(folder)
        }
        throw nameless(operand)
    }

    /// The name is in the text alone, since no server is asked yet.
    private static func name(of operand: String, _ address: RemoteAddress) throws -> String {
        let path = address.path
        if address.isPattern {
            if let name = literalName(of: path) ?? address.host { return name }
            throw nameless(operand)
        }
        let last = path.unicodeScalars.split(separator: "/").last.map(String.init) ?? ""
        let name = path.hasSuffix("/") ? last : withoutExtensions(last)
        if !name.isEmpty { return name }
        if !last.isEmpty { return last }
        if let host = address.host { return host }
        throw nameless(operand)
    }

    private static func nameless(_ operand: String) -> ProgramError {
        ProgramError(
            .usage, "unable to name the records of \(Secrets.masked(url: operand)): it begins with a wildcard",
            hint: "add --resource NAME")
    }

    /// From the end: the last part of a pattern that begins with literal characters.
    private static func literalName(of pattern: String) -> String? {
        for (index, part) in pattern.unicodeScalars.split(separator: "/").map(String.init).reversed().enumerated() {
            let literal = String(part.prefix { !wildcards.contains($0) })
            let whole = index == 0 && literal.count == part.count ? withoutExtensions(literal) : literal
            let name = trimmed(whole)
            if !name.isEmpty { return name }
        }
        return nil
    }

    private static func withoutExtensions(_ name: String) -> String {
        Paths.withoutExtension(FileFormat.withoutCompression(name))
    }

    private static func trimmed(_ name: String) -> String {
        var name = name[...]
        while let last = name.last, !last.isLetter && !last.isNumber { name.removeLast() }
        while let first = name.first, first == "." { name.removeFirst() }
        return String(name)
    }
}
