import Glibc
import SystemIO

/// Does work on a thread whose end cannot be waited for. Where the system has no thread left, the work is not done.
package func startDetachedThread(_ work: @escaping @Sendable () -> Void) {
    if case .success(let thread) = startThread(work) { pthread_detach(thread) }
}

func startThread(_ work: @escaping @Sendable () -> Void) -> Result<pthread_t, SystemError> {
    let context = Unmanaged.passRetained(ThreadWork(work))
    var thread = pthread_t()
    let outcome = pthread_create(
        &thread, nil,
        { context in
            if let context { Unmanaged<ThreadWork>.fromOpaque(context).takeRetainedValue().run() }
            return nil
        }, context.toOpaque())
    if outcome == 0 { return .success(thread) }
    context.release()
    return .failure(SystemError(code: outcome, operation: "start", object: "a thread"))
}

private final class ThreadWork: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
