import Glibc
import SystemIO

/// Every secret that a test gives to a program has this mark in it: passwords, tokens, keys, also those of the demonstration
/// server and of the PostgreSQL server for tests. `run` refuses output that holds one, whichever test ran the program.
package enum PlantedSecret {
    package static let mark = "PlantedSecret"

    /// A secret of its own, fit for URLs.
    package static func make(_ name: String) -> String { "\(mark)-\(name)-5e1f" }

    /// The mark as it is, in Base64 behind any number of bytes, and in hexadecimal.
    package static let forms: [String] =
        [mark, "UGxhbnRlZFNlY3Jld", "BsYW50ZWRTZWNyZX", "QbGFudGVkU2VjcmV0"] + [
            mark.utf8.map { String($0, radix: 16) }.joined()
        ]

    package struct WasTold: Error, CustomStringConvertible {
        package let description: String
    }

    /// Throws when bytes hold a planted secret.
    package static func check(_ bytes: [UInt8], _ place: String, of argv: [String]) throws {
        for form in forms {
            guard let start = find(Array(form.utf8), in: bytes) else { continue }
            let around = bytes[max(start - 200, 0)..<min(start + 200, bytes.count)]
            throw WasTold(
                description: "\(place) of \(argv.prefix(3)) holds a planted secret: …"
                    + String(decoding: around, as: UTF8.self) + "…")
        }
    }

    /// Whether any file below a folder holds a planted secret; returns the paths of those that do.
    package static func files(below folder: String) throws -> [String] {
        var found: [String] = []
        for name in try Files.list(folder) {
            let path = Paths.join(folder, name)
            switch try Files.stat(path, followingLinks: false).kind {
            case .directory: found += try files(below: path)
            case .regular:
                let bytes = try Files.readAll(path)
                if forms.contains(where: { find(Array($0.utf8), in: bytes) != nil }) || name.contains(mark) {
                    found.append(path)
                }
            default: continue
            }
        }
        return found
    }

    private static func find(_ sought: [UInt8], in bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress, let first = sought.first else { return nil }
            var place = 0
            // By memchr, since outputs may have megabytes.
            while all.count - place >= sought.count,
                let hit = memchr(base + place, Int32(first), all.count - sought.count - place + 1)
            {
                place = UnsafeRawPointer(hit) - base
                if memcmp(hit, sought, sought.count) == 0 { return place }
                place += 1
            }
            return nil
        }
    }
}
