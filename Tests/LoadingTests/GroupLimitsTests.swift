import LoadPackages
import Testing

@testable import Loading

/// Where a group of packages ends.
@Suite struct GroupLimitsTests {
    private func package(rows: Int, bytes: Int64 = 1) -> GroupLimits.Member {
        GroupLimits.Member(rows: rows, bytes: bytes)
    }

    @Test func `a group ends before the package that is too much for it`() throws {
        let limits = GroupLimits(packages: 3, rows: 100, bytes: 50)
        let small = package(rows: 20)
        #expect(limits.groups([]) == [])
        #expect(limits.count([]) == 0)
        #expect(limits.groups([small, small]) == [0..<2])
        #expect(limits.groups([small, small, small, small]) == [0..<3, 3..<4])
        let large = package(rows: 90)
        #expect(limits.groups([small, large, small]) == [0..<1, 1..<2, 2..<3])
        #expect(limits.groups([large, package(rows: 10)]) == [0..<2])
        let heavy = package(rows: 1, bytes: 30)
        #expect(limits.groups([heavy, heavy, small, small]) == [0..<1, 1..<4])
    }

    @Test func `a package that is too large for any group is alone`() throws {
        let limits = GroupLimits(packages: 3, rows: 100, bytes: 50)
        let (small, huge) = (package(rows: 1), package(rows: 101))
        #expect(limits.groups([huge, small, small, huge, huge]) == [0..<1, 1..<3, 3..<4, 4..<5])
        #expect(limits.count([huge]) == 1)
    }

    @Test func `many small packages of one schema make full groups`() throws {
        let small = package(rows: 10)
        let groups = GroupLimits().groups(Array(repeating: small, count: 1500))
        #expect(groups == [0..<1000, 1000..<1500])
    }
}
