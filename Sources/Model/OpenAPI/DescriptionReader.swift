import Documents
import JSONText
import YAML

/// Reads the text of a description: JSON if it begins as an object of JSON does, else YAML.
package enum DescriptionReader {
    /// Larger texts are refused before they are read.
    package static let maximumSize = 64 << 20

    package static func read(_ bytes: [UInt8]) throws(DescriptionError) -> DescriptionTree {
        guard bytes.count <= maximumSize else {
            throw DescriptionError("it is larger than \(maximumSize >> 20) MiB")
        }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = bytes.starts(with: mark) ? Array(bytes.dropFirst(3)) : bytes
        guard let first = text.first(where: { !isSpace($0) }) else { throw DescriptionError("it is empty") }
        guard first == UInt8(ascii: "{") else { return try readYAML(text) }
        do throws(DescriptionError) { return try readJSON(text) } catch {
            // A mapping of YAML may be written in braces, too.
            if let tree = try? readYAML(text) { return tree }
            throw error
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    // MARK: JSON

    private static func readJSON(_ bytes: [UInt8]) throws(DescriptionError) -> DescriptionTree {
        let result: Result<DescriptionTree, DescriptionError> = bytes.withUnsafeBufferPointer { text in
            do throws(DescriptionError) {
                var reader = TapeReader(tape: JSONTape(), text: text)
                return .success(DescriptionTree(try reader.read(), text: bytes))
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    private struct TapeReader {
        let tape: JSONTape
        let text: UnsafeBufferPointer<UInt8>
        /// Values come in the order of the text, so that lines are counted once.
        private var line = 1
        private var counted = 0

        init(tape: JSONTape, text: UnsafeBufferPointer<UInt8>) {
            self.tape = tape
            self.text = text
        }

        mutating func read() throws(DescriptionError) -> TreeBuilder {
            do throws(JSONSyntaxError) { try tape.scan(text) } catch {
                let before = text[..<min(error.offset, text.count)]
                let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
                throw DescriptionError(
                    error.reason.rawValue, line: before.count { $0 == 0x0A } + 1, column: error.offset - start + 1)
            }
            guard tape.depth <= TreeBuilder.maximumDepth else { throw DescriptionError("it is nested too deeply") }
            let builder = TreeBuilder()
            try append(0, key: DescriptionTree.noKey, builder)
            return builder
        }

        private mutating func line(of offset: Int) -> Int {
            while counted < offset {
                if text[counted] == 0x0A { line += 1 }
                counted += 1
            }
            return line
        }

        private mutating func append(
            _ index: Int, key: UInt32, _ builder: TreeBuilder
        ) throws(DescriptionError) {
            let node = tape[index]
            let line = line(of: Int(node.start))
            func made(_ kind: DescriptionTree.Kind) -> DescriptionTree.Node {
                .init(kind: kind, key: key, line: UInt32(line), start: node.start, count: node.end - node.start)
            }
            switch node.kind {
            case .null: _ = try builder.append(made(.null))
            case .true: _ = try builder.append(made(.true))
            case .false: _ = try builder.append(made(.false))
            case .integer, .real: _ = try builder.append(made(.number))
            case .string where node.hasEscapes:
                _ = try builder.append(.string, tape.string(at: index, in: text), key: key, line: line)
            case .string: _ = try builder.append(made(.string))
            case .array:
                let place = try builder.append(made(.array))
                var child = index + 1
                for _ in 0..<node.count {
                    try append(child, key: DescriptionTree.noKey, builder)
                    child = Int(tape[child].next)
                }
                builder.end(place, count: Int(node.count))
            case .object:
                let place = try builder.append(made(.object))
                var child = index + 1
                for _ in 0..<node.count {
                    let name = builder.number(of: tape.string(at: child, in: text))
                    try append(child + 1, key: name, builder)
                    child = Int(tape[child + 1].next)
                }
                builder.end(place, count: Int(node.count))
            }
        }
    }

    // MARK: YAML

    private static func readYAML(_ bytes: [UInt8]) throws(DescriptionError) -> DescriptionTree {
        if let absence = YAMLParser.absence { throw DescriptionError(absence, isUnavailable: true) }
        let result: Result<DescriptionTree, DescriptionError>
        do throws(YAMLError) { result = try EventReader.read(try YAMLParser(bytes)) } catch {
            throw DescriptionError(error.reason, line: error.mark?.line, column: error.mark?.column)
        }
        return try result.get()
    }

    private struct EventReader {
        let parser: YAMLParser
        let builder = TreeBuilder()
        private var anchors: [String: Int] = [:]
        private var depth = 0

        private init(_ parser: YAMLParser) { self.parser = parser }

        /// The first document of a text.
        static func read(_ parser: YAMLParser) throws(YAMLError) -> Result<DescriptionTree, DescriptionError> {
            var reader = EventReader(parser)
            while true {
                let event = try parser.next()
                if event.kind == .streamEnd { return .failure(DescriptionError("it is empty")) }
                if event.kind == .documentStart { break }
            }
            do throws(DescriptionError) {
                try reader.append(try reader.next(), key: DescriptionTree.noKey)
                return .success(DescriptionTree(reader.builder, text: []))
            } catch { return .failure(error) }
        }

        private func next() throws(DescriptionError) -> YAMLEvent {
            do throws(YAMLError) { return try parser.next() } catch {
                throw DescriptionError(error.reason, line: error.mark?.line, column: error.mark?.column)
            }
        }

        private mutating func append(_ event: YAMLEvent, key: UInt32) throws(DescriptionError) {
            let line = event.mark.line
            depth += 1
            defer { depth -= 1 }
            guard depth <= TreeBuilder.maximumDepth else {
                throw DescriptionError("it is nested too deeply", line: line)
            }
            let place: Int
            switch event.kind {
            case .scalar(let text, let isPlain):
                switch isPlain ? YAMLScalar(plain: text) : .text {
                case .null: place = try builder.append(.init(kind: .null, key: key, line: UInt32(line)))
                case .bool(let flag):
                    place = try builder.append(.init(kind: flag ? .true : .false, key: key, line: UInt32(line)))
                // As it is written: a version may be 1.10.
                case .number: place = try builder.append(.number, text, key: key, line: line)
                case .text: place = try builder.append(.string, text, key: key, line: line)
                }
            case .alias(let name):
                guard let target = anchors[name] else {
                    throw DescriptionError("the alias \(name) has no anchor before it", line: line)
                }
                place = try builder.append(
                    .init(kind: .alias, key: key, line: UInt32(line), start: UInt32(target)))
            case .sequenceStart:
                place = try builder.append(.init(kind: .array, key: key, line: UInt32(line)))
                var count = 0
                while true {
                    let event = try next()
                    if event.kind == .sequenceEnd { break }
                    try append(event, key: DescriptionTree.noKey)
                    count += 1
                }
                builder.end(place, count: count)
            case .mappingStart:
                place = try builder.append(.init(kind: .object, key: key, line: UInt32(line)))
                var count = 0
                while true {
                    let event = try next()
                    if event.kind == .mappingEnd { break }
                    guard case .scalar(let name, _) = event.kind else {
                        throw DescriptionError("a key is not a text", line: event.mark.line)
                    }
                    try append(try next(), key: builder.number(of: name))
                    count += 1
                }
                builder.end(place, count: count)
            default: throw DescriptionError("a value is missing", line: line)
            }
            if let anchor = event.anchor, event.kind != .alias(anchor) { anchors[anchor] = place }
        }
    }
}
