package import JSONText
package import LoadPackages
package import RunJournals
import Secrets
import Synchronization
import SystemIO

/// Records this process's run in the journal of its pipeline. A program begins it; before that, and where
/// `DLT_JOURNAL` is `never`, everything here does nothing.
///
/// Lines are held until the pipeline is known. If a run fails before, they go to `runs` of the data directory. Whatever
/// happens to the journal, the program goes on: the first failure is reported, and from then on nothing is written.
package enum RunRecorder {
    private static let current = Mutex<Recording?>(nil)

    /// Begins to record. Nothing is written before `open`.
    package static func begin(
        _ stage: RunStage, dataDirectory: String, messages: Messages,
        arguments: [String] = Array(ProcessArguments.all.dropFirst())
    ) {
        current.withLock {
            $0 = Recording(stage, dataDirectory: dataDirectory, messages: messages, arguments: arguments)
        }
    }

    // MARK: Which run

    /// The run that this program takes part in: that of the stream it reads, or one of its own.
    package static func join(_ text: String) {
        guard let run = RunID(text) else { return }
        current.withLock { $0?.join(run) }
    }

    /// The run, by the name that it has for the next program.
    package static var run: RunID { current.withLock { $0?.run } ?? RunID() }

    /// What is known of the run by now, for messages.
    static var names: (pipeline: String?, run: String?) {
        current.withLock { ($0?.pipeline, $0?.isRunKnown == true ? $0?.run.text : nil) }
    }

    /// The pipeline is known. Nothing is written yet; a failure from now on goes there.
    package static func isAbout(_ spool: Spool) { current.withLock { $0?.spool = spool } }

    /// Writes what was held, and from now on every line, to the journal of a pipeline. A program that works on several has one in each.
    package static func open(
        _ spool: Spool, base: JSONObject = [:], runKey: String? = nil, destination: String? = nil
    ) {
        telling { $0?.open(spool, base: base, runKey: runKey, destination: destination) }
    }

    // MARK: What happens

    /// A message for people.
    static func notice(_ level: RunNotice.Level, _ message: String, hint: String? = nil) {
        telling { $0?.notice(level, Secrets.hidden(message), hint: hint.map { Secrets.hidden($0) }) }
    }

    /// What the last message says: it goes to the end.
    static func summary(_ message: String, _ fields: Messages.Fields) {
        telling { $0?.summarize(Secrets.hidden(message), fields) }
    }

    static func error(_ message: String, hint: String?, status: Int32) {
        let failure = Recording.Failure(
            message: Secrets.hidden(message), hint: hint.map { Secrets.hidden($0) }, status: status)
        current.withLock { $0?.failures.append(failure) }
    }

    /// An event of the schema; of those that come with each record only the first few are kept.
    package static func event(isFrequent: Bool, _ document: () -> JSONObject?) {
        guard current.withLock({ $0?.wantsEvent(isFrequent: isFrequent) }) == true, let document = document() else {
            return
        }
        telling { $0?.event(document) }
    }

    /// How far the work is.
    ///
    /// - Returns: when to tell again, by the monotonic clock; `.max` for never.
    static func progress(_ activity: String, _ fields: Messages.Fields, now: Int64) -> Int64 {
        let (next, failure) = current.withLock { recording -> (Int64, Recording.Complaint?) in
            guard recording != nil else { return (.max, nil) }
            return (recording?.progress(Secrets.hidden(activity), fields, now: now) ?? .max, recording?.complaint())
        }
        failure?.tell()
        return next
    }

    package static func package(_ line: RunPackage, of pipeline: String) {
        telling { $0?.package(line, of: pipeline) }
    }

    package static func tables(_ lines: [RunTable], of pipeline: String) {
        telling { recording in for line in lines { recording?.add(.table(line), of: pipeline) } }
    }

    // MARK: The end

    /// The program ends with this status; nothing is written after it.
    static func end(_ status: Int32) {
        telling { recording in
            recording?.end(status)
            if recording?.hasFailed != true { recording = nil }
        }
    }

    private static func telling(_ act: (inout Recording?) -> Void) {
        let failure = current.withLock { recording -> Recording.Complaint? in
            act(&recording)
            return recording?.complaint()
        }
        failure?.tell()
    }
}
