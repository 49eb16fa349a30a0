import JSONText
import ProgramSupport
import SystemIO

/// A tap with its files: the words that run it.
struct SingerTap {
    let words: [String]
    let config: String?
    let catalogPath: String?
    /// Whether the tap is asked for its catalog.
    let asks: Bool
    let selection: StreamSelection
    let methods: [ReplicationMethod]
    let maximumDuration: String?

    var name: String { MessageProgram.name(words) }

    private var configured: [String] { words + (config.map { ["--config", $0] } ?? []) }

    /// The catalog of a run, with its selection; nil if the tap runs without one.
    func catalog() throws -> SingerCatalog? {
        guard asks || catalogPath != nil else { return nil }
        var catalog: SingerCatalog
        if asks && catalogPath == nil {
            catalog = try SingerCatalog(discovered(), from: name)
        } else {
            let path = catalogPath ?? ""
            catalog = try SingerCatalog(Files.readAll(path), from: path)
        }
        // A person's catalog is used as it is, unless options change it.
        if catalogPath == nil || !selection.isEmpty { try catalog.select(selection) }
        try catalog.replicate(methods)
        return catalog
    }

    private func discovered() throws -> [UInt8] {
        try ProgramOutput.all(of: configured + ["--discover"], failing: "discover the streams of \(name)")
    }

    /// The words of a run.
    func command(catalog: String?, state: String?) -> [String] {
        configured + (catalog.map { ["--catalog", $0] } ?? []) + (state.map { ["--state", $0] } ?? [])
    }
}
