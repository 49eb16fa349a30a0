import LoadPackages

/// How many packages go into one transaction: so many that its cost is lost among theirs, and so few that memory, and the time that
/// others wait for the dataset, are bounded.
struct GroupLimits {
    /// Each keeps a file open while it is loaded, of which a process has 1,024 as a rule.
    var packages = 500
    var rows = 200_000
    /// Of job files, as they lie.
    var bytes: Int64 = 64 << 20
    /// Of schemas and states, which are held in memory until the commit; a schema that is that of the package before counts once.
    var documentBytes: Int64 = 4 << 20

    /// How many packages from the first one on are the next group: one at least, and a package that is too large for any
    /// group is one alone.
    func count(_ manifests: some Sequence<Manifest>) -> Int {
        var (count, rows, bytes, documentBytes) = (0, 0, 0 as Int64, 0 as Int64)
        var previous: Manifest?
        for manifest in manifests {
            count += 1
            rows += manifest.rows
            bytes += manifest.jobs.reduce(0) { $0 + $1.bytes }
            documentBytes += manifest.files.filter { previous?.files.contains($0) != true }.reduce(0) { $0 + $1.bytes }
            previous = manifest
            guard count <= packages, rows <= self.rows, bytes <= self.bytes, documentBytes <= self.documentBytes else {
                return max(count - 1, 1)
            }
        }
        return count
    }

    /// Cuts packages into groups, in their order.
    func groups(_ manifests: [Manifest]) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        while let start = groups.last?.upperBound ?? manifests.indices.first, start < manifests.endIndex {
            groups.append(start..<start + count(manifests[start...]))
        }
        return groups
    }
}
