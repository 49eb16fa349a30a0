import HTTP
import JSONText
import ProgramSupport
import RecordSources
import SystemIO

/// What a run remembers, and what it reports at its end.
extension Scheduler {
    // MARK: Memory

    func remember(_ tree: ResourceTree, isLast: Bool) throws {
        // A tree that is not remembered step by step has nothing final before its end.
        guard tree.memory != .whole else { return }
        try sink.checkpoint(tree.root.name, isLast: isLast) { memory(of: tree, runHasEnded: false) }
    }

    func memory(of tree: ResourceTree, runHasEnded: Bool) -> JSONObject {
        tree.memory(in: sink.state(of: tree.root.name), work.concealment, runHasEnded: runHasEnded)
    }

    func finish(_ tree: ResourceTree) throws {
        if tree.held != nil && (tree.hasFailed || stopped) { return }
        if let held = tree.held, let chunk = sink.chunk, held.count > chunk.room {
            if held.count > chunk.size { throw Self.indivisible(tree) }
            sink.budgetIsSpent()
            stopped = true
            return
        }
        if let held = tree.held {
            // Only now, since an announced resource without records would count as empty.
            try announce(tree)
            try held.deliver { record, origin, place in
                // Being out of range, or beyond a limit, concerns one sequence or resource; the others continue.
                let handle = tree.resources[origin.resource].handle ?? 0
                if let place { sink.isAt(place, of: handle) }
                let answer = try sink.take(record, of: handle, in: origin.sequence)
                if answer == .stop { stopped = true }
                return answer != .stop
            }
        }
        if tree.memory == .whole && (tree.hasFailed || stopped) { return }
        for resource in tree.resources where resource.isCapped { resource.handle.map { sink.leavesOutRest(of: $0) } }
        for resource in tree.resources where resource !== tree.root && resource.configuration.incremental != nil {
            try sink.checkpoint(resource.name, isLast: true) { sink.state(of: resource.name) }
        }
        try sink.checkpoint(tree.root.name, isLast: true) { memory(of: tree, runHasEnded: !stopped) }
    }

    // MARK: Ends

    func report() throws {
        for name in capped {
            sink.warn(
                "\(name): ended after \(work.options.maximumPages ?? 0) pages, and there are more",
                hint: "--max-pages sets this limit")
        }
        guard !failures.isEmpty else { return }
        // Records of a tree that failed half way were delivered, and must not count as final.
        let isMixed = trees.contains { $0.memory == .whole && $0.held == nil && $0.hasFailed }
        let whole = trees.filter { !$0.hasFailed && $0.chains.isEmpty }.flatMap(\.resources)
        if !isMixed { try sink.settle(complete: whole.filter(\.isDelivered).map(\.name)) }
        let error = failures[0].error
        if failures.count == 1 && trees.count == 1 { throw error }
        let others = trees.filter { !$0.hasFailed }.map(\.root.name)
        let hint = [
            failures.count == 1 ? error.hint : nil,
            others.isEmpty ? nil : "the others were read to their end: \(others.joined(separator: ", "))",
        ].compactMap(\.self).joined(separator: "; ")
        throw ProgramError(
            failures.map(\.error.status).min { $0.rawValue < $1.rawValue } ?? error.status,
            failures.map { $0.error.message + (failures.count > 1 ? $0.error.hint.map { " (\($0))" } ?? "" : "") }
                .joined(separator: "\n"), hint: hint.isEmpty ? nil : hint)
    }

    func showProgress() {
        for wait in events.takeNew() { sink.isWaiting(wait.text, seconds: wait.seconds) }
        let waits = events.current().map { "; \($0.text)" } ?? ""
        let names = Set(underWay.values.map(\.resource.name)).sorted().prefix(3).joined(separator: ", ")
        sink.isReading("\(names) (\(NumberText.count(pages, of: "page")), \(client.inFlight) under way\(waits))")
    }

    var summary: String {
        let resources = trees.flatMap(\.resources).count
        return "\(NumberText.count(pages, of: "page")) of \(NumberText.count(resources, of: "resource"))"
            + events.summary
    }
}
