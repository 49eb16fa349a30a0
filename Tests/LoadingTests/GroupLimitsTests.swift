import LoadPackages
import Testing

@testable import Loading

/// Where a group of packages ends.
@Suite struct GroupLimitsTests {
    private func manifest(rows: [Int], bytes: Int64 = 1) throws -> GroupLimits.Member {
        let jobs = rows.map { Manifest.Job(table: "t", file: "t.0.jsonl.zst", rows: $0, bytes: bytes, checksum: "") }
        let manifest = Manifest(
            loadID: try #require(LoadID("1.0")), runKey: nil, pipeline: "p", schemaName: "p", schemaHash: "",
            identifierLimit: 63, base: Manifest.Base(), jobs: jobs)
        return GroupLimits.Member(manifest)
    }

    @Test func `a group ends before the package that is too much for it`() throws {
        let limits = GroupLimits(packages: 3, rows: 100, bytes: 50)
        let small = try manifest(rows: [10, 10])
        #expect(limits.groups([]) == [])
        #expect(limits.count([]) == 0)
        #expect(limits.groups([small, small]) == [0..<2])
        #expect(limits.groups([small, small, small, small]) == [0..<3, 3..<4])
        let large = try manifest(rows: [45, 45])
        #expect(limits.groups([small, large, small]) == [0..<1, 1..<2, 2..<3])
        #expect(limits.groups([large, try manifest(rows: [10])]) == [0..<2])
        let heavy = try manifest(rows: [1], bytes: 30)
        #expect(limits.groups([heavy, heavy, small, small]) == [0..<1, 1..<4])
    }

    @Test func `a package that is too large for any group is alone`() throws {
        let limits = GroupLimits(packages: 3, rows: 100, bytes: 50)
        let (small, huge) = (try manifest(rows: [1]), try manifest(rows: [101]))
        #expect(limits.groups([huge, small, small, huge, huge]) == [0..<1, 1..<3, 3..<4, 4..<5])
        #expect(limits.count([huge]) == 1)
    }

    @Test func `many small packages of one schema make full groups`() throws {
        let small = try manifest(rows: [10])
        let groups = GroupLimits().groups(Array(repeating: small, count: 1500))
        #expect(groups == [0..<1000, 1000..<1500])
    }
}
