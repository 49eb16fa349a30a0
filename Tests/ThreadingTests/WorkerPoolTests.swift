import Synchronization
import TestSupport
import Testing
import Threading

struct WorkerPoolTests {
    @Test(arguments: [1, 2, 7])
    func `every task runs once, and no two at once as the same worker`(workers: Int) {
        let pool = WorkerPool(workers: workers)
        let runs = Locked<[Int]>([])
        let busy = Locked<Set<Int>>([])
        let clashes = Atomic<Int>(0)
        let tasks = (0..<200).map { number in
            pool.submit(number % 3 == 0 ? .urgent : .ordinary) { worker in
                if !busy.withLock({ $0.insert(worker).inserted }) || worker >= workers {
                    clashes.add(1, ordering: .relaxed)
                }
                runs.withLock { $0.append(number) }
                busy.withLock { _ = $0.remove(worker) }
            }
        }
        for task in tasks { pool.wait(for: task) }
        pool.end()
        #expect(runs.withLock { $0.sorted() } == Array(0..<200))
        #expect(clashes.load(ordering: .relaxed) == 0)
        #expect(tasks.allSatisfy(pool.isDone))
    }

    @Test func `who waits alone does the work, and what is wanted first`() {
        let pool = WorkerPool(workers: 1)
        #expect(!pool.hasHelp)
        let order = Locked<[Int]>([])
        let tasks = (0..<3).map { number in pool.submit(.ordinary) { _ in order.withLock { $0.append(number) } } }
        pool.wait(for: tasks[2])
        #expect(order.withLock { $0 } == [2])
        #expect(!pool.isDone(tasks[0]) && pool.cancel(tasks[0]))
        pool.wait(for: tasks[1])
        pool.end()
        #expect(order.withLock { $0 } == [2, 1])
        #expect(!pool.cancel(tasks[1]))
    }

    @Test func `what has not begun at the end is forgotten, and lets go of what it holds`() {
        final class Held: Sendable {}
        weak var held: Held?
        do {
            let object = Held()
            held = object
            let pool = WorkerPool(workers: 1)
            _ = pool.submit(.ordinary) { _ in _ = object }
            pool.end()
        }
        #expect(held == nil)
    }
}
