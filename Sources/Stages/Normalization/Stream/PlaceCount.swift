import RecordStreams

/// Counts records from the last place that the stream reported.
struct PlaceCount {
    private var place: RecordPlace?
    /// RECORD messages of the stream at that time.
    private var before = 0
    /// Whether fewer or more arrived than were sent.
    private var isApproximate = false

    /// - Parameter messages: the number of the stream's messages so far.
    mutating func take(_ message: StreamPlace, after messages: Int) {
        place = message.place
        before = messages
        if message.sent != messages { isApproximate = true }
    }

    /// The place of the RECORD with the number `message` in its stream, from 1; nil when the stream does not report
    /// places.
    func place(ofMessage message: Int) -> InputPlace? {
        guard let place else { return nil }
        return InputPlace(place.advanced(by: message - 1 - before), isApproximate: isApproximate)
    }
}
