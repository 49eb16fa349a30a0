import JSONText
import PipelineStates
import Schemas
import SystemIO
import TestSupport
import Testing

@testable import LoadPackages

/// The chain file is a cache: whatever happens to it, what it tells is what the packages say.
@Suite struct ChainFileTests {
    private struct Bench {
        let folder: WorkDirectory
        let spool: Spool
        var file: String { Paths.join(spool.path, "chain.jsonl") }

        init() throws {
            folder = try WorkDirectory()
            spool = try #require(Spool(dataDirectory: folder.path("data"), pipeline: "p"))
        }

        @discardableResult
        func make(_ cursor: Int? = nil, key: String? = nil, disposition: String = "append") throws -> LoadID {
            let state = cursor.map { StateTree(sources: ["p": ["resources": ["users": ["cursor": .integer($0)]]]]) }
            let waiting = try spool.packages(.waiting).last
            let path = try spool.makePackage(
                [TestPackages.users(disposition)], rows: TestPackages.userRows(cursor ?? 0, 3), baseID: waiting,
                state: state, runKey: key)
            return try #require(LoadID(Paths.lastComponent(path)))
        }

        func move(_ ids: [LoadID], to place: Spool.Place) throws {
            let lock = try spool.lock()
            try spool.move(ids, from: .waiting, to: place)
            _ = consume lock
        }

        func trim(_ count: Int) throws {
            let lock = try spool.lock()
            try spool.trimLoaded(keeping: count, holding: [])
            _ = consume lock
        }

        /// What the packages themselves say.
        func opened() throws -> [JSONObject] {
            try spool.packages(.waiting).map { WaitingPackage(try spool.open($0, in: .waiting)).document("package") }
        }

        func told() throws -> [JSONObject] {
            let waiting = try spool.waitingPackages()
            return try waiting.ids.compactMap { try waiting.package($0)?.document("package") }
        }

        func made(_ key: String) throws -> String? {
            try spool.package(withIdentity: LoadID.identity(runKey: key)).map { "\($0.id) \($0.place.rawValue)" }
        }

        func isWhole(_ id: LoadID) -> Bool { !PackageReader.isTrimmed(spool.path(of: id, in: .loaded)) }
    }

    /// Everything that a start may ask.
    private func check(_ bench: Bench, _ comment: String) throws {
        #expect(try bench.told() == bench.opened(), "\(comment)")
        let all = try Spool.Place.allCases.flatMap { try bench.spool.packages($0) }
        #expect(try bench.spool.latest() == all.max(), "\(comment)")
        let base = try bench.spool.base(schema: "p")
        #expect(try base.loadID == bench.spool.packages(.waiting).last, "\(comment)")
    }

    @Test func `packages that wait are told without being opened`() throws {
        let bench = try Bench()
        for cursor in 1...5 { try bench.make(cursor) }
        let ids = try bench.spool.packages(.waiting)
        try check(bench, "five")
        // Nobody misses what is not opened; the newest has the schema.
        for id in ids.dropLast() {
            try Files.remove(Paths.join(bench.spool.path(of: id, in: .waiting), "manifest.json"))
        }
        let base = try bench.spool.base(schema: "p")
        #expect(base.state.sources["p"]?["resources", "users", "cursor"]?.intValue == 5)
        #expect(base.loadID == ids.last && base.chainEnd == ids.last)
    }

    @Test(arguments: ["missing", "empty", "cut", "a wrong digit", "another line", "a line of somebody", "older"])
    func `a chain file that is wrong is as good as none`(_ damage: String) throws {
        let bench = try Bench()
        for cursor in 1...3 { try bench.make(cursor) }
        let older = try Files.readAll(bench.file)
        try bench.move([bench.spool.packages(.waiting)[0]], to: .loaded)
        try bench.make(4)
        try bench.make(nil, disposition: "merge")
        let bytes = try Files.readAll(bench.file)
        var changed = bytes
        switch damage {
        case "missing": try Files.remove(bench.file)
        case "empty": changed = []
        case "cut": changed.removeLast(bytes.count / 3)
        case "a wrong digit":
            let place = try #require(bytes.lastIndex(of: UInt8(ascii: "4")))
            changed[place] = UInt8(ascii: "7")
        case "another line": changed += Array("{\"package\":\"9999999999.000000\"}\n".utf8)
        case "a line of somebody": changed = Array("hello\n".utf8) + bytes
        default: changed = older
        }
        if damage != "missing" { try Files.atomicWrite(bench.file, changed) }
        try check(bench, damage)
        // And who writes next mends it.
        try bench.make(6)
        try check(bench, damage)
        #expect(try PackageChain(bench.spool).isComplete)
    }

    @Test func `an id is later than all that were loaded, whatever the clock says`() throws {
        let bench = try Bench()
        let first = try bench.make()
        try bench.move([first], to: .loaded)
        // As if by a clock that was ahead, and noted or not.
        for (text, isNoted) in [
            ("4000000000.000000000000000000000001", true), ("4100000000.000000000000000000000001", false),
        ] {
            let id = try #require(LoadID(text))
            try Files.makeDirectory(bench.spool.path(of: id, in: .loaded))
            if isNoted {
                let lock = try bench.spool.lock()
                bench.spool.noteEndOfMove(bench.spool.noteMove([id], to: .loaded))
                _ = consume lock
            } else {
                // The folder is newer than the file then, on a clock that ticks in milliseconds.
                #expect(
                    try run(argv: ["touch", "-d", "+1 second", bench.spool.folder(.loaded)], stdin: []).status == 0)
            }
            #expect(try bench.make() > id)
        }
    }

    @Test func `lines of what waits no more are left out in time`() throws {
        let bench = try Bench()
        let waiting = try bench.make(0)
        for cursor in 1...150 {
            try bench.move([bench.make(cursor)], to: cursor % 7 == 0 ? .failed : .loaded)
            try bench.trim(3)
        }
        #expect(try Files.stat(bench.file).size < 40_000)
        try check(bench, "many")
        let loaded = try bench.spool.packages(.loaded)
        #expect(loaded.suffix(3).allSatisfy { bench.isWhole($0) })
        #expect(!loaded.dropLast(3).contains { bench.isWhole($0) })
        try bench.move([waiting], to: .loaded)
        #expect(try bench.spool.waitingPackages().ids == [])
    }

    @Test func `a package that moved when its program was killed is trimmed by the next`() throws {
        let bench = try Bench()
        let ids = try (0..<3).map { _ in try bench.make() }
        // All was noted, and one was moved.
        let lock = try bench.spool.lock()
        #expect(bench.spool.noteMove(ids, to: .loaded))
        _ = consume lock
        try Files.makeDirectory(bench.spool.folder(.loaded))
        try Files.rename(bench.spool.path(of: ids[0], in: .waiting), to: bench.spool.path(of: ids[0], in: .loaded))
        try bench.move([ids[1]], to: .loaded)
        try bench.trim(0)
        #expect(!bench.isWhole(ids[0]) && !bench.isWhole(ids[1]))
        try bench.move([ids[2]], to: .loaded)
        try bench.trim(0)
        #expect(!bench.isWhole(ids[2]))
    }

    @Test func `who keeps fewer packages trims those that others have kept`() throws {
        let bench = try Bench()
        let ids = try (0..<6).map { _ in try bench.make() }
        try bench.move(ids, to: .loaded)
        try bench.trim(10)
        #expect(ids.allSatisfy { bench.isWhole($0) })
        try Files.remove(bench.file)
        try bench.trim(4)
        #expect(ids.map { bench.isWhole($0) } == [false, false, true, true, true, true])
        try bench.trim(0)
        #expect(!ids.contains { bench.isWhole($0) })
    }

    @Test func `a package that somebody reads stays whole until the next time`() throws {
        let bench = try Bench()
        let id = try bench.make()
        try bench.move([id], to: .loaded)
        var reader: SpoolLock? = try bench.spool.lock(id, .shared, wait: .seconds(0))
        try bench.trim(0)
        #expect(bench.isWhole(id))
        withExtendedLifetime(reader) {}
        reader = nil
        try bench.trim(0)
        #expect(!bench.isWhole(id))
    }

    @Test func `many packages that are kept do not have the file written anew each time`() throws {
        let bench = try Bench()
        for _ in 0..<500 {
            let id = try #require(LoadID("17\(String(Int.random(in: 10_000_000...99_999_999))).000000"))
            try Files.makeDirectory(bench.spool.path(of: id, in: .loaded), intermediates: true)
            try Files.atomicWrite(Paths.join(bench.spool.path(of: id, in: .loaded), "schema.json"), [])
        }
        try bench.move([bench.make()], to: .loaded)
        try bench.trim(1000)
        let before = try Files.stat(bench.file)
        try bench.move([bench.make()], to: .loaded)
        try bench.trim(1000)
        #expect(try Files.stat(bench.file).isSameFile(as: before))
    }

    @Test func `what cannot be noted is found out`() throws {
        let bench = try Bench()
        let first = try bench.make(1)
        try Files.remove(bench.file)
        // Nothing can be written to it; the package moves all the same.
        try Files.makeDirectory(bench.file)
        try bench.move([first], to: .loaded)
        try Files.removeTree(bench.file)
        #expect(try bench.make(2) > first)
        try check(bench, "noted by nobody")
        try bench.trim(0)
        #expect(!bench.isWhole(first))
    }

    @Test func `a run key is found by its name`() throws {
        let bench = try Bench()
        #expect(try bench.made("monday") == nil)
        let id = try bench.make(key: "monday")
        #expect(try bench.made("monday") == "\(id) packages")
        try bench.move([id], to: .loaded)
        #expect(try bench.made("monday") == "\(id) loaded")
        let again = try bench.make(key: "monday")
        #expect(try bench.made("monday") == "\(again) packages")
        try bench.move([again], to: .failed)
        #expect(try bench.made("monday") == nil)
    }

    @Test func `the keys of a spool from before are found, too`() throws {
        let bench = try Bench()
        let loaded = try bench.make(key: "monday")
        try bench.move([loaded], to: .loaded)
        let waiting = try bench.make(key: "tuesday")
        try Files.removeTree(Paths.join(bench.spool.path, "run_keys"))
        for _ in 0..<2 {
            #expect(try bench.made("monday") == "\(loaded) loaded")
            #expect(try bench.made("tuesday") == "\(waiting) packages")
            try bench.make()
            #expect(Files.isDirectory(Paths.join(bench.spool.path, "run_keys")))
        }
    }

    @Test func `a lock has a file as long as its package waits`() throws {
        let bench = try Bench()
        let id = try bench.make()
        func locks() throws -> [String] { try Files.list(Paths.join(bench.spool.path, "locks")) }
        #expect(try locks() == [id.text])
        var held: SpoolLock? = try bench.spool.lock(id, .exclusive, wait: .seconds(0))
        #expect(throws: SystemError.self) { _ = try bench.spool.lock(id, .shared, wait: .seconds(0.05)) }
        held = nil
        #expect(try locks() == [])
        held = try bench.spool.lock(id, .shared, wait: .seconds(0))
        let second = try bench.make()
        withExtendedLifetime(held) {}
        held = nil
        // Shared ones are removed when the package is gone.
        #expect(try locks() == [id.text, second.text])
        try bench.move([id, second], to: .loaded)
        let third = try bench.make()
        #expect(try locks() == [third.text])
    }
}
