/// An expression whose matches give way to a text, as PostgreSQL's `regexp_replace` has it: the longest match of those that begin first, or
/// the shortest where the first repetition of the expression takes as little as it can.
///
/// Like `Pattern`, it follows all ways to match at once, in time that is in proportion to the text for each match.
package struct PatternReplacement: Sendable {
    private let program: [Instruction]
    private let groupCount: Int
    private let prefersShort: Bool

    package init(_ text: String, ignoresCase: Bool = false) throws(Pattern.Malformed) {
        var parser = PatternParser(text, .ecma, numbersGroups: true, ignoresCase: ignoresCase)
        var compiler = PatternCompiler()
        program = try compiler.program(of: try parser.pattern(), isBackwards: false)
        guard compiler.looks.isEmpty else {
            throw Pattern.Malformed(description: "lookarounds cannot be replaced")
        }
        groupCount = parser.groupCount
        prefersShort = parser.firstIsLazy == true
        if groupCount > 64 { throw Pattern.Malformed(description: "it has more than 64 groups") }
    }

    /// - Parameters:
    ///   - replacement: `\\1` to `\\9` stand for groups, `\\&` for the whole match, `\\\\` for a backslash.
    ///   - number: of the only match to replace, counted from 1; nil for all.
    package func replace(
        in text: String, by replacement: String, from start: Int = 0, only number: Int? = nil
    ) -> String {
        let scalars = Array(text.unicodeScalars)
        let pieces = Piece.pieces(of: replacement)
        var result = String.UnicodeScalarView()
        result.append(contentsOf: scalars[..<min(start, scalars.count)])
        var place = min(start, scalars.count)
        var count = 0
        while place <= scalars.count, let found = match(scalars, from: place) {
            result.append(contentsOf: scalars[place..<found.start])
            count += 1
            if number == nil || number == count {
                for piece in pieces { piece.append(to: &result, scalars, found) }
            } else {
                result.append(contentsOf: scalars[found.start..<found.end])
            }
            place = found.end
            if number == count { break }
            // A match of nothing is followed by a character that stays.
            if found.start == found.end {
                if place < scalars.count { result.append(scalars[place]) }
                place += 1
            }
        }
        if place < scalars.count { result.append(contentsOf: scalars[place...]) }
        return String(result)
    }

    // MARK: Replacements

    private enum Piece {
        case text([Unicode.Scalar])
        case group(Int)

        static func pieces(of replacement: String) -> [Piece] {
            var pieces: [Piece] = []
            var text: [Unicode.Scalar] = []
            var isEscape = false
            for scalar in replacement.unicodeScalars {
                guard isEscape else {
                    isEscape = scalar == "\\"
                    if !isEscape { text.append(scalar) }
                    continue
                }
                isEscape = false
                switch scalar {
                case "1"..."9", "&":
                    pieces += [.text(text), .group(scalar == "&" ? 0 : Int(scalar.value) - 0x30)]
                    text = []
                case "\\": text.append(scalar)
                default: text += ["\\", scalar]
                }
            }
            if isEscape { text.append("\\") }
            return pieces + [.text(text)]
        }

        func append(to result: inout String.UnicodeScalarView, _ scalars: [Unicode.Scalar], _ match: Match) {
            switch self {
            case .text(let text): result.append(contentsOf: text)
            case .group(let number):
                guard let range = match.range(number) else { return }
                result.append(contentsOf: scalars[range])
            }
        }
    }

    // MARK: Matches

    private struct Match {
        let start: Int
        let end: Int
        let saved: [Int]

        func range(_ group: Int) -> Range<Int>? {
            if group == 0 { return start..<end }
            guard 2 * group + 1 < saved.count, saved[2 * group] >= 0, saved[2 * group + 1] >= saved[2 * group] else {
                return nil
            }
            return saved[2 * group]..<saved[2 * group + 1]
        }
    }

    /// A way through the program, with the places of its groups; its beginning is in the first slot.
    private struct Way {
        let instruction: Int
        var saved: [Int]
    }

    /// The match that begins first, at a place or after it.
    private func match(_ text: [Unicode.Scalar], from start: Int) -> Match? {
        var ways: [Way] = []
        var best: Match?
        var place = start
        while true {
            // By preference: the ways from before, then a new one, which a match that has begun earlier makes needless.
            var reached = [Bool](repeating: false, count: program.count)
            var next: [Way] = []
            let fresh = best == nil ? [Way(instruction: 0, saved: begun(at: place))] : []
            for way in ways + fresh where best.map({ way.saved[0] <= $0.start }) ?? true {
                follow(way, text, place, &reached, &next, &best)
            }
            // Ways that have begun after the match can only be later, and those that began with it only longer.
            if let best { next.removeAll { $0.saved[0] > best.start || prefersShort && $0.saved[0] == best.start } }
            guard place < text.count, !next.isEmpty || best == nil else { return best }
            ways = next.compactMap { way in
                guard case .character(let set) = program[way.instruction], set.contains(text[place]) else { return nil }
                return Way(instruction: way.instruction + 1, saved: way.saved)
            }
            place += 1
        }
    }

    private func begun(at place: Int) -> [Int] {
        var saved = [Int](repeating: -1, count: 2 * groupCount + 2)
        saved[0] = place
        return saved
    }

    /// Goes on to the instructions that wait for a character, what is preferred first.
    private func follow(
        _ way: Way, _ text: [Unicode.Scalar], _ place: Int, _ reached: inout [Bool], _ waiting: inout [Way],
        _ best: inout Match?
    ) {
        let surroundings = Surroundings(
            before: place > 0 ? text[place - 1] : nil, after: place < text.count ? text[place] : nil,
            isLast: place == text.count - 1)
        var open = [way]
        while let way = open.popLast() {
            guard !reached[way.instruction] else { continue }
            reached[way.instruction] = true
            func goOn(_ instruction: Int) -> Way { Way(instruction: instruction, saved: way.saved) }
            switch program[way.instruction] {
            case .character: waiting.append(way)
            case .jump(let target): open.append(goOn(Int(target)))
            case .split(let first, let second): open += [goOn(Int(second)), goOn(Int(first))]
            case .assertion(let assertion):
                if surroundings.satisfy(assertion) { open.append(goOn(way.instruction + 1)) }
            case .save(let slot):
                var next = goOn(way.instruction + 1)
                next.saved[Int(slot)] = place
                open.append(next)
            case .look: break
            case .end:
                // Of those that begin first the one that ends last; each place is later than those before.
                let found = Match(start: way.saved[0], end: place, saved: way.saved)
                guard let known = best, known.start <= found.start else {
                    best = found
                    continue
                }
                if found.start == known.start, found.end > known.end, !prefersShort { best = found }
            }
        }
    }
}
