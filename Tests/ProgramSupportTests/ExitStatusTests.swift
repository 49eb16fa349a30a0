import ProgramSupport
import Testing

struct ExitStatusTests {
    @Test
    func `of two endings the more severe counts, of two failures the first`() {
        #expect(ExitStatus.done.worst(.more) == .more)
        #expect(ExitStatus.more.worst(.someSetAside) == .someSetAside)
        #expect(ExitStatus.someSetAside.worst(.data) == .data)
        #expect(ExitStatus.data.worst(.temporary) == .data)
        #expect(ExitStatus.temporary.worst(.done) == .temporary)
    }

    @Test
    func `no status is one that a shell or xargs gives a meaning of its own`() {
        for status in ExitStatus.allCases { #expect((0..<124).contains(status.rawValue)) }
    }

    @Test
    func `the table has a line for each status`() {
        #expect(ExitStatus.table.split(separator: "\n").count == ExitStatus.allCases.count)
        #expect(ExitStatus.table.hasPrefix("   0  done\n"))
    }
}
