import DateTimes

extension FuzzTarget {
    /// What is taken for a time is written in one form, which is taken for the same time.
    static let times = FuzzTarget(name: "times") { bytes in
        try bytes.withUnsafeBufferPointer { text in
            if case .timestamp? = parseTemporal(text) {
                try require(mayBeTimestamp(text), "a timestamp does not look like one")
            }
            if let microseconds = TemporalCoercion.timestamp(text: text) {
                for isUTC in [true, false] {
                    let again = Self.written { TemporalWriter.write(timestamp: microseconds, isUTC: isUTC, into: $0) }
                    let read = again.withUnsafeBufferPointer { TemporalCoercion.timestamp(text: $0) }
                    try require(read == microseconds, "\(microseconds) became \(String(describing: read))")
                }
            }
            if let date = TemporalCoercion.date(text: text) {
                let again = Self.written { TemporalWriter.write(date: date, into: $0) }
                try require(again.withUnsafeBufferPointer { TemporalCoercion.date(text: $0) } == date, "another date")
            }
            if let time = TemporalCoercion.time(text: text) {
                let again = Self.written { TemporalWriter.write(time: time, into: $0) }
                try require(again.withUnsafeBufferPointer { TemporalCoercion.time(text: $0) } == time, "another time")
            }
        }
    }

    private static func written(_ write: (UnsafeMutablePointer<UInt8>) -> Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: TemporalWriter.maxCount) { buffer, count in
            count = buffer.baseAddress.map(write) ?? 0
        }
    }
}
