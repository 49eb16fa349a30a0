import RecordStreams

/// Counts on from what the stream last said of where its records come from.
struct PlaceCount {
    private var place: RecordPlace?
    /// RECORD messages of the stream that had come by then.
    private var before = 0
    /// Fewer or more came than were sent.
    private var isApproximate = false

    /// - Parameter messages: those of the stream that have come so far.
    mutating func take(_ message: StreamPlace, after messages: Int) {
        place = message.place
        before = messages
        if message.sent != messages { isApproximate = true }
    }

    /// Where the RECORD was found that came as number `message` of its stream, from 1; nil when the stream does not say.
    func place(ofMessage message: Int) -> InputPlace? {
        guard let place else { return nil }
        return InputPlace(place.advanced(by: message - 1 - before), isApproximate: isApproximate)
    }
}
