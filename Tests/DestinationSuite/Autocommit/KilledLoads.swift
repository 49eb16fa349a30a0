import Destinations
import LoadPackages
import Schemas
import SystemIO
import TestSupport

@testable import Loading

/// Loads into the destination without transactions, each killed at some moments before it comes to its end.
final class KilledLoads: MergeTarget {
    private let story: Story
    private var random = FastRandom(seed: (4, 3, 2, 1))

    init() throws { story = try Story() }

    func load(_ lines: String, _ hints: [String]) throws {
        let package = try story.normalize(lines.split(separator: "\n").map(String.init), hints)
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let number = Int.random(in: 1...40, using: &random)
            let killing = KillSwitch(Bool.random(using: &random) ? .before(number) : .after(number))
            do { try story.load(package, killing) } catch {
                guard killing.isDead else { throw error }
                continue
            }
            return
        }
        try story.load(package, KillSwitch())
    }

    func rows(_ table: String, _ columns: [(name: String, type: DataType)]) throws -> [[String?]] {
        try Snapshot.rows(of: table, columns.map(\.name), in: story.file).map { row in
            zip(row, columns).map { value, column in value.map { PlainText.of($0, column.type) } }
        }
    }

    func leftovers() throws -> [String] {
        let snapshot = try Snapshot(story.file)
        return snapshot.others + snapshot.tables.keys.filter { snapshot.visible.tables[$0] == nil } + snapshot.marked
    }
}
