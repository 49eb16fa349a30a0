/// Paths as text, without looking at the disk.
///
/// Works on Unicode scalars, as all code that splits such texts: a Swift character may join a slash and what follows
/// it.
package enum Paths {
    /// Joins with one slash; an absolute second part replaces the first.
    package static func join(_ parts: String...) -> String {
        parts.reduce("") { whole, part in
            if whole.isEmpty || part.utf8.first == UInt8(ascii: "/") { return part }
            if part.isEmpty { return whole }
            return whole.utf8.last == UInt8(ascii: "/") ? whole + part : whole + "/" + part
        }
    }

    package static func isAbsolute(_ path: String) -> Bool { path.utf8.first == UInt8(ascii: "/") }

    /// The last component of the path; "/" for the root.
    package static func lastComponent(_ path: String) -> String {
        let trimmed = withoutTrailingSlashes(path)
        guard let slash = trimmed.unicodeScalars.lastIndex(of: "/"), trimmed.utf8.count > 1 else {
            return String(trimmed)
        }
        return String(trimmed[trimmed.unicodeScalars.index(after: slash)...])
    }

    /// The folder that contains the path; "." for a bare name.
    package static func parent(_ path: String) -> String {
        let trimmed = withoutTrailingSlashes(path)
        guard let slash = trimmed.unicodeScalars.lastIndex(of: "/") else { return "." }
        let parent = withoutTrailingSlashes(String(trimmed[..<slash]))
        return parent.isEmpty ? "/" : String(parent)
    }

    /// The text after the last dot of the name, without the dot; "" for ".hidden" and "name".
    package static func fileExtension(_ path: String) -> String {
        let name = lastComponent(path)
        guard let dot = name.unicodeScalars.lastIndex(of: "."), dot != name.startIndex else { return "" }
        return String(name[name.unicodeScalars.index(after: dot)...])
    }

    /// The path without the last dot of its name and the text after it.
    package static func withoutExtension(_ path: String) -> String {
        let ending = fileExtension(path).utf8.count
        let trimmed = withoutTrailingSlashes(path)
        guard lastComponent(path).utf8.count > ending, ending > 0 || trimmed.utf8.last == UInt8(ascii: ".") else {
            return path
        }
        if ending == 0 {
            let name = lastComponent(path)
            return name == "." || name == ".." ? path : String(trimmed.unicodeScalars.dropLast())
        }
        return String(Substring(trimmed.utf8.dropLast(ending + 1)))
    }

    /// Replaces `~` in `~` and `~/…` by the home folder. `~name` stays as it is.
    package static func expandTilde(_ path: String) -> String {
        guard path == "~" || path.utf8.starts(with: "~/".utf8), let home = Environment.home else { return path }
        return path == "~" ? home : join(home, String(path.unicodeScalars.dropFirst(2)))
    }

    private static func withoutTrailingSlashes(_ path: String) -> Substring {
        var trimmed = path[...]
        while trimmed.utf8.count > 1 && trimmed.utf8.last == UInt8(ascii: "/") { trimmed.unicodeScalars.removeLast() }
        return trimmed
    }
}
