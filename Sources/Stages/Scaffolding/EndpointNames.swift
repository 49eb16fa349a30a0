/// Gives each list a name that does not change when endpoints are added elsewhere or their order changes.
enum EndpointNames {
    private static let maximumLength = 60

    /// The names of paths, in their order.
    static func names(of paths: [EndpointPath]) -> [String] {
        let shared = sharedWords(paths)
        let all = paths.map { path in
            let words = path.words.map { Words.joined($0) }.filter { !$0.isEmpty }
            return words.count > shared ? Array(words.dropFirst(shared)) : Array(words.suffix(1))
        }
        var names = all.map { $0.last ?? "records" }
        // Of paths with the same last word the shortest keeps it; the others get the words before it.
        var depth = 2
        while depth <= 12 {
            let groups = Dictionary(grouping: names.indices) { names[$0] }.values.filter { $0.count > 1 }
            if groups.isEmpty { break }
            for group in groups {
                let shortest = group.min { paths[$0].segments.count < paths[$1].segments.count }
                let isUnique = group.count { paths[$0].segments.count == paths[shortest ?? 0].segments.count } == 1
                for index in group where !(isUnique && index == shortest) {
                    names[index] = all[index].suffix(depth).joined(separator: "_")
                }
            }
            depth += 1
        }
        return distinct(names.map { clipped($0) }, paths)
    }

    /// The number of words that all paths begin with, such as `api` and `v2`.
    private static func sharedWords(_ paths: [EndpointPath]) -> Int {
        guard paths.count > 1, let first = paths.first else { return 0 }
        var count = 0
        while count < first.segments.count, case .word(let word) = first.segments[count],
            paths.allSatisfy({ $0.segments.count > count && $0.segments[count] == .word(word) })
        {
            count += 1
        }
        return count
    }

    /// What is still the same differs in the variables of the path, or only in signs.
    private static func distinct(_ names: [String], _ paths: [EndpointPath]) -> [String] {
        var names = names
        for group in Dictionary(grouping: names.indices, by: { names[$0] }).values where group.count > 1 {
            for index in group {
                let variables = paths[index].variables.map { Words.joined($0) }.filter { !$0.isEmpty }
                if !variables.isEmpty {
                    names[index] = clipped(names[index] + "_by_" + variables.joined(separator: "_"))
                }
            }
        }
        var used: Set<String> = []
        for index in names.indices {
            var name = names[index]
            var number = 2
            while !used.insert(name).inserted {
                name = "\(names[index])_\(number)"
                number += 1
            }
            names[index] = name
        }
        return names
    }

    private static func clipped(_ name: String) -> String {
        let name = name.isEmpty ? "records" : name
        let first = name.utf8.first ?? 0
        let safe = first &- 0x30 <= 9 ? "_\(name)" : name
        return safe.utf8.count > maximumLength ? String(safe.suffix(maximumLength)) : safe
    }
}
