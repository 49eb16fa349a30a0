/// A compiled regular expression that can be searched for in texts.
///
/// The search takes time in proportion to the text and to the expression, whatever they are: it follows all ways to
/// match at once, one character after the other (Thompson, 1968), and never tries one again. Expressions come with
/// schemas and contracts, texts with data, and either could keep a backtracking search busy for years. Back references
/// cannot be searched for in this way, and are refused.
package struct Pattern: Sendable {
    package enum Dialect: Sendable {
        /// ECMA 262, as JSON Schema uses it: classes such as `\d` are ASCII, `$` is the very end.
        case ecma
        /// Python's `re` for texts: classes are Unicode's, `$` may stand before a last newline.
        case python
    }

    /// Why a text is not an expression, or not a supported one.
    package struct Malformed: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    package let text: String
    private let program: [Instruction]
    /// The lookarounds of the expression, inner ones before those that contain them.
    private let looks: [Look]

    package init(_ text: String, _ dialect: Dialect = .ecma) throws(Malformed) {
        self.text = text
        var parser = PatternParser(text, dialect)
        var compiler = PatternCompiler()
        program = try compiler.program(of: try parser.pattern(), isBackwards: false)
        looks = compiler.looks
    }

    /// Whether the expression matches anywhere in the text.
    package func isFound(in text: String) -> Bool {
        let scalars = looks.isEmpty ? [] : Array(text.unicodeScalars)
        // Whether each lookaround holds, for all places between characters, one lookaround after the other.
        var holding = Holding(places: scalars.count + 1)
        for look in looks {
            var flags = [Bool](repeating: false, count: holding.places)
            if look.isBehind {
                search(look.program, scalars, holding) { flags[$0] = true }
            } else {
                search(look.program, scalars.reversed(), holding, isBackwards: true) {
                    flags[scalars.count - $0] = true
                }
            }
            holding.flags += look.isNegative ? flags.map { !$0 } : flags
        }
        var isFound = false
        search(program, text.unicodeScalars, holding, stopsAtFirst: true) { _ in isFound = true }
        return isFound
    }

    private struct Holding {
        let places: Int
        var flags: [Bool] = []
    }

    /// Follows all ways through a program from every place of a text; returns the number of characters after which one
    /// has ended.
    ///
    /// - Parameter isBackwards: text and program begin at their end.
    private func search(
        _ program: [Instruction], _ text: some Sequence<Unicode.Scalar>, _ holding: Holding,
        isBackwards: Bool = false, stopsAtFirst: Bool = false, _ found: (Int) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: program.count * 4) { memory in
            search(program, text, holding, memory, isBackwards: isBackwards, stopsAtFirst: stopsAtFirst, found)
        }
    }

    /// - Parameter memory: four numbers for each instruction.
    @inline(__always)
    private func search(
        _ program: [Instruction], _ text: some Sequence<Unicode.Scalar>, _ holding: Holding,
        _ memory: UnsafeMutableBufferPointer<Int32>, isBackwards: Bool, stopsAtFirst: Bool, _ found: (Int) -> Void
    ) {
        memory.initialize(repeating: 0)
        let count = program.count
        // Instructions that wait for a character, then those after them once the character has matched.
        let waiting = UnsafeMutableBufferPointer(rebasing: memory[..<count])
        let passed = UnsafeMutableBufferPointer(rebasing: memory[count..<(2 * count)])
        var waitingCount = 0
        var passedCount = 0
        // The last place at which each instruction was reached, counted from 1, so that each is followed once at a
        // place.
        let reached = UnsafeMutableBufferPointer(rebasing: memory[(2 * count)..<(3 * count)])
        var mark: Int32 = 0
        // Reached, but not yet followed.
        let open = UnsafeMutableBufferPointer(rebasing: memory[(3 * count)...])
        var depth = 0

        func reach(_ index: Int32) {
            if reached[Int(index)] == mark { return }
            reached[Int(index)] = mark
            open[depth] = index
            depth += 1
        }
        /// Follows one instruction; true at the end of the program.
        func step(_ index: Int32, _ surroundings: Surroundings, _ number: Int) -> Bool {
            switch program[Int(index)] {
            case .character:
                waiting[waitingCount] = index
                waitingCount += 1
            case .jump(let target): reach(target)
            case .save: reach(index + 1)
            case .split(let one, let other):
                reach(one)
                reach(other)
            case .assertion(let assertion): if surroundings.satisfy(assertion) { reach(index + 1) }
            case .look(let look): if holding.flags[look * holding.places + number] { reach(index + 1) }
            case .end: return true
            }
            return false
        }
        /// Keeps the ways that the character matches.
        func pass(_ character: Unicode.Scalar) {
            passedCount = 0
            for index in 0..<waitingCount {
                guard case .character(let set) = program[Int(waiting[index])], set.contains(character) else { continue }
                passed[passedCount] = waiting[index] + 1
                passedCount += 1
            }
        }

        let isAnchored = !isBackwards && program.first?.isStart == true
        var characters = text.makeIterator()
        var before: Unicode.Scalar?
        var after = characters.next()
        var place = 0
        while true {
            let following = after == nil ? nil : characters.next()
            let surroundings =
                isBackwards
                ? Surroundings(before: after, after: before, isLast: place == 1)
                : Surroundings(before: before, after: after, isLast: following == nil)
            let number = isBackwards ? holding.places - 1 - place : place
            mark = Int32(truncatingIfNeeded: place + 1)
            waitingCount = 0
            var hasEnded = false
            // The search starts again at every place.
            for index in 0...passedCount {
                reach(index < passedCount ? passed[index] : 0)
                while depth > 0 {
                    depth -= 1
                    if step(open[depth], surroundings, number) { hasEnded = true }
                }
            }
            if hasEnded {
                found(place)
                if stopsAtFirst { return }
            }
            guard let character = after, waitingCount > 0 || !isAnchored else { return }
            pass(character)
            place += 1
            before = after
            after = following
        }
    }
}

/// The characters on both sides of a place.
struct Surroundings {
    let before: Unicode.Scalar?
    let after: Unicode.Scalar?
    /// The text ends after `after`.
    let isLast: Bool

    func satisfy(_ assertion: Assertion) -> Bool {
        switch assertion {
        case .start: before == nil
        case .end: after == nil
        case .endOrNewline: after == nil || after == "\n" && isLast
        case .lineStart: before == nil || before == "\n"
        case .lineEnd: after == nil || after == "\n"
        case .wordBoundary(let word, let isNegated):
            (before.map(word.contains) ?? false != (after.map(word.contains) ?? false)) != isNegated
        }
    }
}
