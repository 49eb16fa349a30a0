import ArgumentParser
import CBaselines
import Coercion
import DateTimes
import Identifiers
import JSONText
import Normalization
import ProgramSupport
import Schemas
import SystemIO

/// The hot loops, each on input made for it, beside the same in plain C.
struct LoopsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loops", abstract: "Measure the hot loops, each beside its twin in plain C.",
        discussion: "A ratio above 1 means that ours is faster.")

    @Option(help: ArgumentHelp("Measure this number of times and report the best.", valueName: "n"))
    var repeats = 7

    func run() throws {
        try measureScan()
        try measureUTF8("ascii", "The quick brown fox jumps over the lazy dog. ")
        try measureUTF8("mixed", "Der schnelle braune Fuchs springt über den faulen Hund – naïve façade. ")
        try measureUTF8("cjk", "素早い茶色の狐がのろまな犬を飛び越える。")
        try measureTimestamps()
        try measureNumbers()
    }

    private func report(_ loop: String, bytes: Int, ours: Measurement, plain: Measurement) throws {
        try tell([
            "measured": .string(loop), "mb_per_second": ours.megabytesPerSecond(of: bytes),
            "c_mb_per_second": plain.megabytesPerSecond(of: bytes),
            "ratio": Measurement.rounded(plain.seconds / ours.seconds),
        ])
    }

    /// Ours also makes the tape, and checks UTF-8, escapes and leading zeros, which the twin does not.
    private func measureScan() throws {
        var line = "{"
        for key in 0..<40 {
            line += "\"field_\(key)\":"
            line +=
                [
                    "\"some text of ordinary length\"", "\(key * 7919)", "true", "null", "\(key).25",
                    "[1,2,{\"x\":\"y\"}]",
                ][key % 6]
            line += key < 39 ? "," : "}"
        }
        let text = Array(String(repeating: line + "\n", count: 4000).utf8)
        let tape = JSONTape()
        try text.withUnsafeBufferPointer { text in
            let ours = try Measurement(repeats: repeats) {
                var nodes = 0
                var lines = BlockLines(UnsafeRawBufferPointer(text))
                while let line = lines.next() {
                    try tape.scan(line.bytes)
                    nodes += tape.count
                }
                return nodes
            }
            let plain = Measurement(repeats: repeats) { cbaselines_scan_json(text.baseAddress, text.count) }
            try report("scan JSON", bytes: text.count, ours: ours, plain: plain)
        }
    }

    private func measureUTF8(_ kind: String, _ sample: String) throws {
        let text = Array(String(repeating: sample, count: 4_000_000 / sample.utf8.count).utf8)
        try text.withUnsafeBufferPointer { text in
            guard let base = text.baseAddress else { return }
            let ours = Measurement(repeats: repeats) { firstInvalidUTF8(base, 0, text.count) == nil ? 1 : 0 }
            let plain = Measurement(repeats: repeats) { Int(cbaselines_is_utf8(base, text.count)) }
            try report("validate UTF-8, \(kind)", bytes: text.count, ours: ours, plain: plain)
        }
    }

    /// Ours knows dlt's whole grammar, the twin this one form.
    private func measureTimestamps() throws {
        let texts = (0..<1000).map {
            Array("2024-0\($0 % 9 + 1)-1\($0 % 10)T1\($0 % 10):30:0\($0 % 10).12345\($0 % 10)Z".utf8)
        }
        let bytes = texts.reduce(0) { $0 + $1.count } * 100
        func each(_ body: (UnsafeBufferPointer<UInt8>) -> Int64) -> Int {
            var sum: Int64 = 0
            for _ in 0..<100 { for text in texts { sum &+= text.withUnsafeBufferPointer(body) } }
            return Int(sum)
        }
        let ours = Measurement(repeats: repeats) { each { TemporalCoercion.timestamp(text: $0) ?? 0 } }
        let plain = Measurement(repeats: repeats) { each { cbaselines_timestamp($0.baseAddress, $0.count) } }
        try report("parse timestamps", bytes: bytes, ours: ours, plain: plain)
    }

    private func measureNumbers() throws {
        let texts = (0..<1000).map { number in
            Array(
                [
                    "\(number * 7919)", "\(number).25", "92233720368547758\(number % 100 + 10)", "-\(number)",
                    "1e\(number % 300)",
                ][number % 5].utf8)
        }
        let bytes = texts.reduce(0) { $0 + $1.count } * 200
        let tape = JSONTape()
        let nodes = try texts.map { text in
            try text.withUnsafeBufferPointer { bytes in
                try tape.scan(bytes)
                return tape.nodes[0]
            }
        }
        let ours = Measurement(repeats: repeats) {
            var sum = 0
            for _ in 0..<200 {
                for (text, node) in zip(texts, nodes) {
                    text.withUnsafeBufferPointer { if case .bigint? = Scalar(node, in: $0).native { sum += 1 } }
                }
            }
            return sum
        }
        let plain = Measurement(repeats: repeats) {
            var sum = 0
            for _ in 0..<200 {
                for text in texts {
                    text.withUnsafeBufferPointer { sum += Int(cbaselines_number($0.baseAddress, $0.count)) }
                }
            }
            return sum
        }
        try report("classify numbers", bytes: bytes, ours: ours, plain: plain)
    }
}
