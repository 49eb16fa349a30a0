package import ArgumentParser
import DestinationKinds
import LoadPackages
import ProgramSupport
import SystemIO

/// URLs of destinations that a shell can offer.
package enum URLCompletion {
    /// The homes of pipelines, and how URLs begin; of a URL that has begun, the files that may follow.
    package static var urls: CompletionKind { ValueCompletion.values { all($0) } }

    /// bash splits a URL at its colon, and takes what follows for the next operand.
    package static var restOfURL: CompletionKind { ValueCompletion.values { $0.beginning.isEmpty ? [] : all($0) } }

    /// URLs besides other operands.
    package static var urlsOrPipelines: CompletionKind {
        ValueCompletion.values { line in
            all(line) + (line.beginning.isEmpty ? ValueCompletion.pipelines(in: line.dataDirectory) : [])
        }
    }

    private static func all(_ line: CompletionLine) -> [String] {
        let beginning = line.beginning
        let typed = beginning + line.typed
        let urls = homes(in: line.dataDirectory) + beginnings + files(typed)
        return urls.filter { $0.hasPrefix(typed) }.map { String($0.dropFirst(beginning.count)) }
    }

    private static var beginnings: [String] {
        KnownDestinations.kinds.flatMap { kind in
            kind.schemes.map { $0 + (kind.opaqueSchemes.contains($0) ? ":" : kind.hasFiles ? ":///" : "://") }
        }
    }

    private static func homes(in dataDirectory: String) -> [String] {
        ValueCompletion.pipelines(in: dataDirectory).compactMap { name in
            try? Spool(dataDirectory: dataDirectory, pipeline: name)?.home().destination
        }
    }

    /// `sqlite:///` and the files and folders whose names begin as it was typed.
    private static func files(_ typed: String) -> [String] {
        guard let kind = KnownDestinations.kinds.first(where: { $0.hasFiles && typed.hasPrefix("\($0.name):///") })
        else {
            return []
        }
        let path = String(typed.dropFirst("\(kind.name):///".count))
        let folder = path.contains("/") ? String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) : ""
        let names = (try? Files.list(folder.isEmpty ? "." : folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.compactMap { name in
            let place = folder + name
            if Files.isDirectory(place) { return "\(kind.name):///\(place)/" }
            return kind.fileEndings.contains(Paths.fileExtension(name).lowercased()) ? "\(kind.name):///\(place)" : nil
        }
    }
}
