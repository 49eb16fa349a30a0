import Digests

/// What one scan finds out about a column.
package struct ColumnProfile {
    package private(set) var nulls = 0
    package private(set) var empty = 0
    package private(set) var distinct: DistinctCount
    package private(set) var lengths: (shortest: Int, longest: Int, sum: Int)?
    package private(set) var look = TextLook()
    /// The newest load that brought a value.
    package private(set) var lastLoad: String?
    package private(set) var values = 0
    private var smallest: [UInt8]?
    private var largest: [UInt8]?
    private var leastNumber = Double.infinity
    private var mostNumber = -Double.infinity
    private var numbers = 0
    private var meanSoFar = 0.0
    private var squares = 0.0
    private var sample: [Double] = []
    private var random: UInt64 = 0x9E37_79B9_7F4A_7C15
    /// By the digests of values: they may be long.
    private var frequent: [UInt64: (shown: String, count: Int)] = [:]
    package private(set) var frequenciesAreEstimates = false

    private static let sampled = 10_000
    private static let counters = 512
    private static let longestShown = 60

    package init(exactDistinct: Int) { distinct = DistinctCount(exactlyUpTo: exactDistinct) }

    package mutating func add(_ cell: QueryCell, load: String?) {
        switch cell {
        case .null:
            nulls += 1
            return
        case .bool(let flag): addText(flag ? "true" : "false")
        case .integer(let number): addNumber(Double(number), "\(number)")
        case .double(let number): addNumber(number, "\(number)")
        case .number(let bytes):
            let text = String(decoding: bytes, as: UTF8.self)
            addNumber(Double(text) ?? .nan, text)
        case .text(let bytes):
            if bytes.isEmpty { empty += 1 }
            look.add(bytes)
            add(length: bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) })
            addOrdered(bytes)
        case .json(let bytes): addOrdered(bytes, isOrdered: false)
        case .time(let bytes): addOrdered(bytes)
        case .binary(let bytes):
            add(length: bytes.count)
            distinct.add(UnsafeRawBufferPointer(bytes))
        }
        values += 1
        if let load, load > lastLoad ?? "" { lastLoad = load }
    }

    // MARK: Numbers

    private mutating func addNumber(_ number: Double, _ text: String) {
        addText(text)
        guard number.isFinite else { return }
        let bytes = Array(text.utf8)
        if number < leastNumber || number == leastNumber && ColumnProfile.precedes(bytes, smallest ?? []) {
            (leastNumber, smallest) = (number, bytes)
        }
        if number > mostNumber || number == mostNumber && ColumnProfile.precedes(largest ?? [], bytes) {
            (mostNumber, largest) = (number, bytes)
        }
        numbers += 1
        let distance = number - meanSoFar
        meanSoFar += distance / Double(numbers)
        squares += distance * (number - meanSoFar)
        if sample.count < ColumnProfile.sampled { return sample.append(number) }
        // Each number has the same chance to stay.
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let place = Int((random >> 33) % UInt64(numbers))
        if place < sample.count { sample[place] = number }
    }

    /// Whether a number is less than another that is the same as a double: by their digits, which are of the same sign.
    private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        let isNegative = left.first == UInt8(ascii: "-")
        func whole(_ text: [UInt8]) -> Int { text.firstIndex(of: UInt8(ascii: ".")) ?? text.count }
        let (first, second) = isNegative ? (right, left) : (left, right)
        return (whole(first), 0) < (whole(second), first.lexicographicallyPrecedes(second) ? 1 : 0)
    }

    package var mean: Double? { numbers > 0 ? meanSoFar : nil }
    /// Of a sample, as databases calculate it.
    package var deviation: Double? { numbers > 1 ? (squares / Double(numbers - 1)).squareRoot() : nil }
    package var quartilesAreEstimates: Bool { numbers > ColumnProfile.sampled }

    /// The values below which a quarter, a half and three quarters lie, interpolated.
    package var quartiles: [Double]? {
        guard !sample.isEmpty else { return nil }
        let sorted = sample.sorted()
        return [0.25, 0.5, 0.75].map { share in
            let place = share * Double(sorted.count - 1)
            let low = Int(place)
            let high = min(low + 1, sorted.count - 1)
            return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
        }
    }

    /// How many numbers there are in each of some equal parts of the range from the smallest to the largest; of many
    /// numbers it is estimated from a sample. nil where they do not differ.
    package func histogram(parts: Int) -> [Int]? {
        let width = mostNumber - leastNumber
        guard numbers > 1, width > 0, width.isFinite else { return nil }
        var counts = Array(repeating: 0, count: parts)
        for number in sample {
            counts[max(0, min(parts - 1, Int((number - leastNumber) / width * Double(parts))))] += 1
        }
        guard sample.count < numbers else { return counts }
        let share = Double(numbers) / Double(sample.count)
        return counts.map { Int((Double($0) * share).rounded()) }
    }

    // MARK: Texts

    private mutating func addText(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            distinct.add(UnsafeRawBufferPointer(bytes))
            count(bytes)
        }
    }

    private mutating func addOrdered(_ bytes: UnsafeBufferPointer<UInt8>, isOrdered: Bool = true) {
        distinct.add(UnsafeRawBufferPointer(bytes))
        count(bytes)
        guard isOrdered else { return }
        if smallest.map({ bytes.lexicographicallyPrecedes($0) }) ?? true { smallest = Array(bytes) }
        if largest.map({ $0.lexicographicallyPrecedes(bytes) }) ?? true { largest = Array(bytes) }
    }

    /// The smallest and the largest, as they are printed.
    package var least: String? { smallest.map { $0.withUnsafeBufferPointer { ColumnProfile.shown($0) } } }
    package var most: String? { largest.map { $0.withUnsafeBufferPointer { ColumnProfile.shown($0) } } }

    /// The beginning of a long value, with an ellipsis.
    private static func shown(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        if bytes.count <= longestShown { return String(decoding: bytes, as: UTF8.self) }
        // Not in the midst of a character.
        let end = (0..<longestShown).last { bytes[$0] & 0xC0 != 0x80 } ?? longestShown
        return String(decoding: bytes[..<end], as: UTF8.self) + "…"
    }

    private mutating func add(length: Int) {
        guard let known = lengths else { return lengths = (length, length, length) }
        lengths = (min(known.shortest, length), max(known.longest, length), known.sum + length)
    }

    package var meanLength: Double? { lengths.map { Double($0.sum) / Double(values) } }

    // MARK: Frequent values

    /// By Misra and Gries: what is frequent stays, whatever the order of rows.
    private mutating func count(_ bytes: UnsafeBufferPointer<UInt8>) {
        var digest = XXH64()
        digest.update(UnsafeRawBufferPointer(bytes))
        let key = digest.digest()
        if frequent[key] != nil {
            frequent[key]?.count += 1
        } else if frequent.count < ColumnProfile.counters {
            frequent[key] = (ColumnProfile.shown(bytes), 1)
        } else {
            frequenciesAreEstimates = true
            frequent = frequent.compactMapValues { $0.count > 1 ? ($0.shown, $0.count - 1) : nil }
        }
    }

    package var top: [(value: String, count: Int)] {
        frequent.values.sorted { ($1.count, $0.shown) < ($0.count, $1.shown) }.prefix(5).filter { $0.count > 1 }
            .map { ($0.shown, $0.count) }
    }
}
