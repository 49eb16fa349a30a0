import DateTimes
import Testing

@Suite struct GoldenTextsTests {
    @Test func `texts mean what they mean to dlt`() {
        let lines = goldenTexts.split(separator: "\n")
        #expect(lines.count > 200)
        for line in lines {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed() }
                .map { unescaped(String($0)) }
            var text = fields[0]
            let results = text.withUTF8 { bytes in
                [
                    describe(parseTemporal(bytes)),
                    TemporalCoercion.timestamp(text: bytes).map { String($0) } ?? "!",
                    TemporalCoercion.date(text: bytes).map(written(date:)) ?? "!",
                    TemporalCoercion.time(text: bytes).map(written(time:)) ?? "!",
                ]
            }
            #expect(results == Array(fields[1...]), "\(line)")
        }
    }

    @Test func `the quick check lets every timestamp pass`() {
        for line in goldenTexts.split(separator: "\n") where line.contains("| TS") {
            var text = unescaped(String(line.split(separator: "|")[0].drop { $0 == " " }.dropLast()))
            #expect(text.withUTF8 { mayBeTimestamp($0) }, "\(line)")
        }
    }

    private func describe(_ value: TemporalValue?) -> String {
        switch value {
        case .timestamp(let instant):
            "TS \(written(date: instant.date))T\(written(time: instant.time)) "
                + (instant.time.offset.map { String($0) } ?? "-")
        case .date(let date): "D \(written(date: date))"
        case .time(let time): "T \(written(time: time))" + (time.offset.map { " \($0)" } ?? "")
        case nil: "!"
        }
    }
}

/// Resolves `\u{...}`.
private func unescaped(_ text: String) -> String {
    var result = String()
    var scalars = text.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
        guard scalar == "\\" else {
            result.unicodeScalars.append(scalar)
            continue
        }
        _ = (scalars.next(), scalars.next())
        var digits = ""
        while let digit = scalars.next(), digit != "}" { digits.unicodeScalars.append(digit) }
        if let escaped = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) {
            result.unicodeScalars.append(escaped)
        }
    }
    return result
}
