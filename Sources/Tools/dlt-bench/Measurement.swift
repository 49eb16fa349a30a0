import JSONText
import SystemIO

/// How long something took, the best of several times: interruptions can only make it longer.
struct Measurement {
    let seconds: Double

    /// - Parameter body: returns a number that depends on all that it has done, so that nothing can be left out.
    init(repeats: Int, _ body: () throws -> Int) rethrows {
        var best = Int64.max
        var sum = 0
        for _ in 0..<repeats {
            let start = Clock.processorNanoseconds()
            sum &+= try body()
            best = min(best, Clock.processorNanoseconds() - start)
        }
        precondition(sum != 0, "the loop has seen nothing")
        seconds = Double(best) / 1e9
    }

    func megabytesPerSecond(of bytes: Int) -> JSONValue { Measurement.rounded(Double(bytes) / 1e6 / seconds) }

    static func rounded(_ value: Double) -> JSONValue { .number("\((value * 100).rounded() / 100)") }
}

func tell(_ measurement: JSONObject) throws {
    try Descriptor.standardOutput.writeAll(JSONValue.object(measurement).serialized() + "\n")
}
