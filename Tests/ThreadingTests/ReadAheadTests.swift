import SystemIO
import TestSupport
import Testing
import Threading

struct ReadAheadTests {
    private final class Portion {
        var number = -1
    }

    private struct Dry: Error {}

    /// Numbers its portions, until there are so many; then ends or fails.
    private func counting(to total: Int, portions: Int, fails: Bool = false) -> ReadAhead<Portion> {
        var made = 0
        return ReadAhead((0..<portions).map { _ in Portion() }) { portion in
            if made == total, fails { throw Dry() }
            guard made < total else { return false }
            // Portions take more and less time, so that either side waits now and then.
            if made % 13 == 0 { _ = StopSignal.sleep(milliseconds: 1) }
            portion.number = made
            made += 1
            return true
        }
    }

    @Test(arguments: [1, 2, 3, 7], [0, 1, 2, 3, 400])
    func `all portions come in order, and then the end again and again`(portions: Int, total: Int) throws {
        let ahead = counting(to: total, portions: portions)
        for number in 0..<total {
            let portion = try #require(try ahead.next())
            #expect(portion.number == number)
            if number % 29 == 0 { _ = StopSignal.sleep(milliseconds: 1) }
            // Nobody fills it again while it is in use.
            #expect(portion.number == number)
        }
        #expect(try ahead.next() == nil)
        #expect(try ahead.next() == nil)
    }

    @Test(arguments: [1, 3], [0, 1, 50])
    func `an error is thrown behind the portions before it, once`(portions: Int, total: Int) throws {
        let ahead = counting(to: total, portions: portions, fails: true)
        for number in 0..<total { #expect(try ahead.next()?.number == number) }
        #expect(throws: Dry.self) { try ahead.next() }
        #expect(try ahead.next() == nil)
    }

    @Test func `no more is filled than there are portions`() throws {
        let filled = Locked(0)
        let ahead = ReadAhead((0..<3).map { _ in Portion() }) { _ in
            filled.withLock { $0 += 1 }
            return true
        }
        for used in 0..<100 {
            _ = try ahead.next()
            #expect(filled.withLock { $0 } <= used + 3)
        }
    }

    @Test func `whoever stops early leaves nothing behind`() throws {
        for count in 0..<200 {
            let ahead = counting(to: 1000, portions: 3)
            for number in 0..<count % 5 { #expect(try ahead.next()?.number == number) }
        }
    }
}
