import HTTPServer
import LoadPackages
import RunJournals
import SystemIO

/// Tells open pages that something has changed, as server-sent events. A page then asks for itself again.
final class EventStream: HTTPBodyStream {
    private let catalogs: [Catalog]
    private let isStopping: @Sendable () -> Bool
    private let state: Locked

    /// Asked for by one thread only.
    private final class Locked: @unchecked Sendable {
        var last: String?
        var hasBegun = false
    }

    init(_ catalogs: [Catalog], since last: String?, isStopping: @escaping @Sendable () -> Bool) {
        self.catalogs = catalogs
        self.isStopping = isStopping
        state = Locked()
        state.last = last
    }

    func next() throws -> [UInt8]? {
        if !state.hasBegun {
            state.hasBegun = true
            state.last = state.last ?? SpoolMark(catalogs).text
            return Array("retry: 2000\nid: \(state.last ?? "")\n\n".utf8)
        }
        // Something has to be sent each second, since only then a reader that is gone is found out: a browser that goes through
        // many pages leaves a stream at each, and together they would be all connections.
        if isStopping() || !StopSignal.sleep(milliseconds: 1000) { return nil }
        let mark = SpoolMark(catalogs).text
        guard mark != state.last else { return Array(": still here\n\n".utf8) }
        state.last = mark
        return Array("id: \(mark)\nevent: change\ndata: {}\n\n".utf8)
    }
}

/// A few characters that are others when something has come, gone or been written in the spool.
struct SpoolMark {
    let text: String

    init(_ catalogs: [Catalog]) {
        var sum: UInt64 = 14_695_981_039_346_656_037
        func add(_ number: UInt64) { sum = (sum ^ number) &* 1_099_511_628_211 }
        let spools = catalogs.filter { $0.database == nil }.flatMap { catalog in
            ((try? catalog.names()) ?? []).compactMap { Spool(dataDirectory: catalog.dataDirectory, pipeline: $0) }
        }
        for file in catalogs.compactMap({ $0.database?.file }) {
            for name in [file, file + "-wal", file + ".wal"] {
                guard let status = try? Files.stat(name) else { continue }
                add(UInt64(bitPattern: status.modified))
                add(UInt64(bitPattern: status.size))
            }
        }
        for spool in spools {
            let folders =
                [spool.path] + ["packages", "loaded", "failed", "schemas", "runs"].map { Paths.join(spool.path, $0) }
            // While a run goes on only its files change.
            if let run = (try? JournalReader(spool).runs())?.first {
                let folder = RunFolder(spool).folder(of: run)
                for file in (try? Files.list(folder)) ?? [] {
                    add(UInt64(bitPattern: (try? Files.stat(Paths.join(folder, file)))?.size ?? 0))
                }
            }
            for folder in folders { add(UInt64(bitPattern: (try? Files.stat(folder))?.modified ?? 0)) }
        }
        text = String(sum, radix: 36)
    }
}
