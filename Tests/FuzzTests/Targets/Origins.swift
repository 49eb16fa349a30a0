import JSONText
import SystemIO
import TestSupport

@testable import LoadPackages

extension FuzzTarget {
    /// The bytes of a file of origins become an error or origins, at least one byte each.
    static let origins = FuzzTarget(name: "origins") { bytes in
        let reader = OriginReader(MemorySource(bytes), name: "origins")
        var count = 0
        while try reader.next() != nil { count += 1 }
        try require(count <= bytes.count, "\(count) origins of \(bytes.count) bytes")
    }
}
