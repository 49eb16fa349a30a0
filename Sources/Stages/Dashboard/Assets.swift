import Digests
import Encodings
import SystemIO

/// Style, script and icon: three files, embedded, and never fetched from elsewhere.
enum Assets {
    struct File: Sendable {
        /// With a digest of the content, so that a browser may keep it for ever.
        let name: String
        let type: String
        let bytes: [UInt8]

        init(_ stem: String, _ ending: String, _ type: String, _ bytes: [UInt8]) {
            name = "\(stem).\(Hexadecimal.text(SHA256.digest(bytes).prefix(6))).\(ending)"
            self.type = type
            self.bytes = bytes
        }

        init(_ stem: String, _ ending: String, _ type: String, _ text: StaticString) {
            self.init(stem, ending, type, text.withUTF8Buffer { Array($0) })
        }
    }

    static let style = File("style", "css", "text/css; charset=utf-8", EmbeddedAssets.style)
    static let script = File("script", "js", "text/javascript; charset=utf-8", EmbeddedAssets.script)
    static let icon = File("icon", "svg", "image/svg+xml", EmbeddedAssets.icon)
    static let all = [style, script, icon]

    /// Where they come from: out of the program, or, while they are being worked on, out of a folder.
    struct Source: Sendable {
        var folder: String?
        var areEmbedded: Bool { folder == nil }

        func asset(_ name: String) -> File? {
            guard let file = all.first(where: { $0.name == name }) else { return nil }
            guard let folder else { return file }
            let ending = Paths.fileExtension(name)
            let stem = String(name.prefix { $0 != "." })
            guard let bytes = try? Files.readAll(Paths.join(folder, "\(stem).\(ending)")) else { return nil }
            return File(stem, ending, file.type, bytes)
        }
    }
}
