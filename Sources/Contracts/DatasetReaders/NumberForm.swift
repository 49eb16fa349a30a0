/// The form of numbers in text.
package enum NumberForm {
    /// Whether a text is a number as JSON writes it, so that it can stand in JSON as it is: `-12.50`, `1e9`, not `.5` nor `007`.
    package static func isNumber(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var place = 0
        func digits() -> Int {
            let start = place
            while place < text.count, 0x30...0x39 ~= text[place] { place += 1 }
            return place - start
        }
        if place < text.count, text[place] == UInt8(ascii: "-") { place += 1 }
        let first = place
        let whole = digits()
        guard whole > 0, whole == 1 || text[first] != UInt8(ascii: "0") else { return false }
        if place < text.count, text[place] == UInt8(ascii: ".") {
            place += 1
            guard digits() > 0 else { return false }
        }
        if place < text.count, text[place] | 0x20 == UInt8(ascii: "e") {
            place += 1
            if place < text.count, text[place] == UInt8(ascii: "-") || text[place] == UInt8(ascii: "+") { place += 1 }
            guard digits() > 0 else { return false }
        }
        return place == text.count
    }
}
