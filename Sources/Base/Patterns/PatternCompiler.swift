/// One step of a search.
enum Instruction: Sendable {
    case character(CharacterClass)
    case jump(Int32)
    case split(Int32, Int32)
    case assertion(Assertion)
    /// Goes on where the lookaround of that number holds.
    case look(Int)
    /// Remembers the place, as the beginning or the end of a group.
    case save(Int32)
    case end

    var isStart: Bool { if case .assertion(.start) = self { true } else { false } }
}

enum Assertion: Sendable {
    case start, end, endOrNewline, lineStart, lineEnd
    case wordBoundary(CharacterClass, isNegated: Bool)
}

/// An expression that must, or must not, match before or after a place.
struct Look: Sendable {
    let program: [Instruction]
    let isBehind: Bool
    let isNegative: Bool
}

/// Turns an expression's tree into instructions.
struct PatternCompiler {
    private(set) var looks: [Look] = []
    /// Counted repetitions are written out; without a limit a few characters could become billions of instructions.
    private var effort = 0
    private static let maximumEffort = 50_000
    /// Each lookaround takes memory for every character of a text.
    private static let maximumLooks = 16

    /// - Parameter isBackwards: for searches from the end of a text to its beginning.
    mutating func program(of node: PatternNode, isBackwards: Bool) throws(Pattern.Malformed) -> [Instruction] {
        var program: [Instruction] = []
        try append(node, to: &program, isBackwards)
        program.append(.end)
        return program
    }

    private mutating func append(
        _ node: PatternNode, to program: inout [Instruction], _ isBackwards: Bool
    ) throws(Pattern.Malformed) {
        effort += 1
        if effort > PatternCompiler.maximumEffort {
            throw Pattern.Malformed(description: "its repetitions make it too large")
        }
        switch node {
        case .characters(let set): program.append(.character(set))
        case .assertion(let assertion): program.append(.assertion(assertion))
        case .sequence(let nodes):
            for node in isBackwards ? nodes.reversed() : nodes { try append(node, to: &program, isBackwards) }
        case .alternatives(let nodes):
            var ends: [Int] = []
            for (index, node) in nodes.enumerated() {
                guard index < nodes.count - 1 else {
                    try append(node, to: &program, isBackwards)
                    continue
                }
                let split = program.count
                program.append(.end)
                try append(node, to: &program, isBackwards)
                ends.append(program.count)
                program.append(.end)
                program[split] = .split(Int32(split + 1), Int32(program.count))
            }
            for end in ends { program[end] = .jump(Int32(program.count)) }
        case .group(let node, let number):
            program.append(.save(Int32(2 * number)))
            try append(node, to: &program, isBackwards)
            program.append(.save(Int32(2 * number + 1)))
        case .repetition(let node, let minimum, let maximum, let isLazy):
            for _ in 0..<minimum { try append(node, to: &program, isBackwards) }
            /// What is tried first is what the repetition prefers.
            func split(_ inside: Int, _ after: Int) -> Instruction {
                isLazy ? .split(Int32(after), Int32(inside)) : .split(Int32(inside), Int32(after))
            }
            guard let maximum else {
                let start = program.count
                program.append(.end)
                try append(node, to: &program, isBackwards)
                program.append(.jump(Int32(start)))
                program[start] = split(start + 1, program.count)
                return
            }
            var starts: [Int] = []
            for _ in minimum..<max(maximum, minimum) {
                starts.append(program.count)
                program.append(.end)
                try append(node, to: &program, isBackwards)
            }
            for start in starts { program[start] = split(start + 1, program.count) }
        case .look(let node, let isBehind, let isNegative):
            // A lookahead is found by a search from the end.
            let inner = try self.program(of: node, isBackwards: !isBehind)
            if looks.count == PatternCompiler.maximumLooks {
                throw Pattern.Malformed(description: "it has more than \(PatternCompiler.maximumLooks) lookarounds")
            }
            looks.append(Look(program: inner, isBehind: isBehind, isNegative: isNegative))
            program.append(.look(looks.count - 1))
        }
    }
}
