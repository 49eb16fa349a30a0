/// The word of several that the user probably meant.
package enum NearestWord {
    /// nil when none is similar.
    ///
    /// - Parameter word: as the user wrote it; its case does not matter.
    package static func of(_ word: String, among words: [String]) -> String? {
        let written = plain(word)
        if written.isEmpty { return nil }
        // The beginning of a long word stands for the whole word.
        let begun = words.filter { written.count > 2 && plain($0).starts(with: written) }
        if begun.count == 1 { return begun[0] }
        let near = words.map { (word: $0, distance: distance(written, plain($0))) }.min { $0.distance < $1.distance }
        guard let near, near.distance <= max(1, written.count / 3) else { return nil }
        return near.word
    }

    private static func plain(_ word: String) -> [UInt8] {
        Array(word.lowercased().utf8.drop { $0 == UInt8(ascii: "-") }).map {
            $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0
        }
    }

    /// Insertions, deletions, replacements and exchanged neighbours between two words.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before: [Int] = []
        var above = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var row = [i + 1]
            for (j, b) in right.enumerated() {
                var best = min(row[j] + 1, above[j + 1] + 1, above[j] + (a == b ? 0 : 1))
                if i > 0, j > 0, a == right[j - 1], left[i - 1] == b { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            before = above
            above = row
        }
        return above[right.count]
    }
}
