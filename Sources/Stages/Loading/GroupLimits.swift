import LoadPackages

/// How many packages go into one transaction: so many that its cost is lost among theirs, and so few that memory, and the time that
/// others wait for the dataset, are bounded.
struct GroupLimits {
    var packages = 1000
    var rows = 200_000
    /// Of job files, as they lie.
    var bytes: Int64 = 64 << 20
    /// Of schemas and states, which are held in memory until the commit; a schema that is that of the package before counts once.
    var documentBytes: Int64 = 4 << 20

    /// What counts of a package.
    struct Member {
        var rows = 0
        var bytes: Int64 = 0
        var documents: [Manifest.File] = []
    }

    /// How many packages from the first one on are the next group: one at least, and a package that is too large for any
    /// group is one alone.
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

    /// Cuts packages into groups, in their order.
    func groups(_ members: [Member]) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        while let start = groups.last?.upperBound ?? members.indices.first, start < members.endIndex {
            groups.append(start..<start + count(members[start...]))
        }
        return groups
    }
}

extension GroupLimits.Member {
    /// - Parameter package: nil for one that cannot be read.
    init(_ package: WaitingPackage?) {
        if let package {
            self.init(rows: package.rows, bytes: package.bytes, documents: package.files)
        } else {
            self.init()
        }
    }
}
