import Destinations
import LoadPackages
import RunJournals
import SystemIO
import Testing

@testable import Loading

@Suite struct TableTimesTests {
    private static let step: Int64 = 5_000_000

    private func work() {
        let began = Clock.monotonicNanoseconds()
        while Clock.monotonicNanoseconds() - began < Self.step {}
    }

    @Test func `a table takes the time of its rows and of its merge, and not that of a lock before`() throws {
        let began = Clock.monotonicNanoseconds()
        var times = TableTimes()
        let jobs = ["a", "b"].map { Manifest.Job(table: $0, file: $0, rows: 1, bytes: 1, checksum: "") }
        times.add(
            Manifest(
                loadID: try #require(LoadID("1796132074.592726")), runKey: nil, pipeline: "p", schemaName: "p",
                schemaHash: "",
                identifierLimit: 63, base: Manifest.Base(), jobs: jobs), [])
        work()
        times.step(nil)
        times.step("a")
        times.step(nil)
        times.step("b")
        work()
        times.step(nil)
        let total = Double(Clock.monotonicNanoseconds() - began) / 1e9
        let seconds = times.lines(RowEffects()).map { $0.seconds ?? 0 }
        let worked = Double(Self.step) / 1e9
        #expect(seconds.count == 2 && seconds[1] >= worked)
        #expect(seconds[0] + seconds[1] <= total - worked)
    }
}
