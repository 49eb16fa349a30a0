import LoadPackages

/// How many packages share one transaction: enough to make its cost negligible, and few enough to bound memory, and the
/// time that others wait for the dataset.
struct GroupLimits {
    var packages = 1000
    var rows = 200_000
    /// The size of job files, compressed.
    var bytes: Int64 = 64 << 20
    /// The size of schemas and states, which stay in memory until the commit; a schema equal to that of the previous
    /// package counts once.
    var documentBytes: Int64 = 4 << 20

    /// The size of a package.
    struct Member {
        var rows = 0
        var bytes: Int64 = 0
        var documents: [Manifest.File] = []
    }

    /// The number of packages from the first one on that form the next group: at least one, and a package that is too
    /// large for any group is alone.
    func count(_ members: some Sequence<Member>) -> Int {
        var (count, rows, bytes, documentBytes) = (0, 0, 0 as Int64, 0 as Int64)
        var previous: Member?
        for member in members {
            count += 1
            rows += member.rows
            bytes += member.bytes
            documentBytes += member.documents.filter { previous?.documents.contains($0) != true }.reduce(0) {
                $0 + $1.bytes
            }
            previous = member
            guard count <= packages, rows <= self.rows, bytes <= self.bytes, documentBytes <= self.documentBytes else {
                return max(count - 1, 1)
            }
        }
        return count
    }

    /// Divides packages into groups, in their order.
    func groups(_ members: [Member]) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        while let start = groups.last?.upperBound ?? members.indices.first, start < members.endIndex {
            groups.append(start..<start + count(members[start...]))
        }
        return groups
    }
}

extension GroupLimits.Member {
    /// - Parameter package: nil for a package that cannot be read.
    init(_ package: WaitingPackage?) {
        if let package {
            self.init(rows: package.rows, bytes: package.bytes, documents: package.files)
        } else {
            self.init()
        }
    }
}
