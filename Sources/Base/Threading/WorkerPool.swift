import CSystem
import Glibc

/// A few threads that run the tasks of one thread; that thread works too while it waits.
///
/// Tasks are few and large (a block of lines, a buffer to compress), so one lock for all is enough. Threads start when
/// there is work for them, so a small input pays for none. Plain threads, because Swift's own pool takes milliseconds
/// to start and chooses its own size.
///
/// Only the thread that made the pool may call its methods.
package final class WorkerPool: @unchecked Sendable {
    // Sendable: shared state changes only under the lock.

    /// Urgent tasks go first: they free memory and let files grow.
    package enum Priority: Int, Sendable { case urgent, ordinary }

    /// A submitted task that can be waited for.
    package final class Task: @unchecked Sendable {
        fileprivate enum State { case waiting, running, done }
        fileprivate var state = State.waiting
        fileprivate let priority: Priority
        private var body: (@Sendable (_ worker: Int) -> Void)?

        fileprivate init(_ priority: Priority, _ body: @escaping @Sendable (_ worker: Int) -> Void) {
            self.priority = priority
            self.body = body
        }

        /// Releases the body and everything it holds before anyone learns that it has run.
        fileprivate func run(_ worker: Int) {
            let body = self.body
            self.body = nil
            body?(worker)
        }
    }

    /// The number of threads that may work at once, including the one that waits. `worker` in a task is below it, and
    /// differs between tasks that run at once.
    package let workers: Int

    private let slots: JobSlots?
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let taskCame = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let taskEnded = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    // Guarded by the lock.
    private var queues: [[Task]] = [[], []]
    private var idle = 0
    private var isEnding = false

    private var threads: [pthread_t] = []

    /// - Parameter slots: asked for a slot before each thread starts; `end` returns them.
    package init(workers: Int, slots: JobSlots? = nil) {
        self.workers = max(workers, 1)
        self.slots = slots
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(taskCame, nil)
        pthread_cond_init(taskEnded, nil)
    }

    deinit {
        pthread_cond_destroy(taskEnded)
        pthread_cond_destroy(taskCame)
        pthread_mutex_destroy(mutex)
        taskEnded.deallocate()
        taskCame.deallocate()
        mutex.deallocate()
    }

    /// Announces that another thread should run the tasks. Starts a thread if there is none and a slot is free.
    package var hasHelp: Bool {
        if threads.isEmpty, workers > 1 { startThread() }
        return !threads.isEmpty
    }

    /// Submits a task.
    package func submit(_ priority: Priority, _ body: @escaping @Sendable (_ worker: Int) -> Void) -> Task {
        let task = Task(priority, body)
        pthread_mutex_lock(mutex)
        queues[priority.rawValue].append(task)
        let needsThread = queues.reduce(0) { $0 + $1.count } > idle
        pthread_cond_signal(taskCame)
        pthread_mutex_unlock(mutex)
        if needsThread, threads.count + 1 < workers { startThread() }
        return task
    }

    package func isDone(_ task: Task) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return task.state == .done
    }

    /// Returns when the task has run; until then this thread works as well.
    package func wait(for task: Task) {
        pthread_mutex_lock(mutex)
        while task.state != .done {
            if let next = take(preferring: task) {
                perform(next, worker: 0)
            } else {
                pthread_cond_wait(taskEnded, mutex)
            }
        }
        pthread_mutex_unlock(mutex)
    }

    /// Withdraws a task that has not begun; false when it is too late.
    @discardableResult
    package func cancel(_ task: Task) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard task.state == .waiting else { return false }
        queues[task.priority.rawValue].removeAll { $0 === task }
        return true
    }

    /// Ends the threads after their current tasks, forgets waiting tasks, and returns the slots.
    package func end() {
        pthread_mutex_lock(mutex)
        isEnding = true
        queues = [[], []]
        pthread_cond_broadcast(taskCame)
        pthread_mutex_unlock(mutex)
        for thread in threads { pthread_join(thread, nil) }
        threads = []
        slots?.giveBack()
    }

    // MARK: With the lock held

    private func take(preferring wanted: Task? = nil) -> Task? {
        if let wanted, let place = queues[wanted.priority.rawValue].firstIndex(where: { $0 === wanted }) {
            return queues[wanted.priority.rawValue].remove(at: place)
        }
        for index in queues.indices where !queues[index].isEmpty { return queues[index].removeFirst() }
        return nil
    }

    /// Runs a task with the lock released.
    private func perform(_ task: Task, worker: Int) {
        task.state = .running
        pthread_mutex_unlock(mutex)
        task.run(worker)
        pthread_mutex_lock(mutex)
        task.state = .done
        pthread_cond_broadcast(taskEnded)
    }

    // MARK: Threads

    private final class Start {
        let pool: WorkerPool
        let worker: Int

        init(pool: WorkerPool, worker: Int) {
            self.pool = pool
            self.worker = worker
        }
    }

    /// As much stack as the main thread has, because records may be deeply nested.
    private static let stackBytes = 8 << 20

    private func startThread() {
        guard slots?.take() ?? true else { return }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, WorkerPool.stackBytes)
        // Signals go to the thread that reads, because they must end its wait.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, &before)
        let start = Unmanaged.passRetained(Start(pool: self, worker: threads.count + 1))
        var thread: pthread_t = 0
        let failure = pthread_create(
            &thread, &attributes,
            { argument in
                if let argument { WorkerPool.main(argument) }
                return nil
            }, start.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        pthread_attr_destroy(&attributes)
        // If it fails, the existing threads do the work.
        if failure != 0 { start.release() } else { threads.append(thread) }
    }

    private static func main(_ argument: UnsafeMutableRawPointer) {
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        start.pool.work(start.worker)
    }

    private func work(_ worker: Int) {
        pthread_mutex_lock(mutex)
        while !isEnding {
            if let task = take() {
                perform(task, worker: worker)
            } else {
                idle += 1
                pthread_cond_wait(taskCame, mutex)
                idle -= 1
            }
        }
        pthread_mutex_unlock(mutex)
    }
}
