/// Ends a loader at a chosen moment, as a kill would: what it has done stays, and it does nothing more.
///
/// Moments are statements that may change something, and blocks of rows.
final class KillSwitch {
    struct Killed: Error {}

    enum Moment: Sendable {
        /// Before the statement of this number took effect, counted from 1.
        case before(Int)
        /// After it took effect, but before the loader got to know.
        case after(Int)
    }

    private let moment: Moment?
    /// How many statements and blocks there were.
    private(set) var count = 0
    private(set) var isDead = false
    /// The statements, with `?` for each value.
    private(set) var statements: [String] = []

    /// - Parameter moment: nil to only count.
    init(_ moment: Moment? = nil) { self.moment = moment }

    /// A statement, or a block of rows, which has no text.
    func count<Result>(_ statement: String? = nil, _ body: () throws -> Result) throws -> Result {
        try live()
        count += 1
        if let statement { statements.append(statement) }
        if case .before(count)? = moment { try die() }
        let result = try body()
        if case .after(count)? = moment { try die() }
        return result
    }

    /// What changes nothing.
    func live() throws(Killed) { if isDead { throw Killed() } }

    private func die() throws(Killed) {
        isDead = true
        throw Killed()
    }
}

extension KillSwitch.Moment: CustomStringConvertible {
    var description: String {
        switch self {
        case .before(let number): "before statement \(number)"
        case .after(let number): "after statement \(number)"
        }
    }
}
