import Digests
package import JSONText

/// Changes records on a tape by rules: rewrites the text and moves the tape's nodes onto it, without a second scan.
///
/// Walks the rules' paths to find members to leave out, rename or replace, through objects and lists, and every member
/// of that name: JSON may repeat it. Neither the new text nor the tape contains a byte of the old values.
package final class RecordChanger {
    private let tape: JSONTape
    private let output = ByteBuffer(capacity: 4096)
    private let scratch = ByteBuffer(capacity: 256)
    private var tree: ChangeTree?
    private var mac: HMACSHA256?
    private let code = UnsafeMutablePointer<UInt8>.allocate(capacity: 32)

    private struct Edit {
        enum Kind { case exclude, key, value }
        let kind: Kind
        /// The key of a member, or the value itself.
        let node: Int
        let rule: Int
        var isFirstMember = false
    }

    /// An object or list on the path to some edits.
    private struct Span {
        let node: Int
        var edits: Range<Int>
        var excluded = 0
    }

    private var edits: [Edit] = []
    private var spans: [Span] = []

    package init(_ tape: JSONTape) { self.tape = tape }

    deinit { code.deallocate() }

    /// Changes the record at a node of a scanned text. Returns the text to which the record's nodes belong now: that of
    /// the record alone, valid until the next call; or the given text when nothing changes.
    ///
    /// The other nodes, around the record, must not be used any more.
    package func change(
        _ record: Int, of text: UnsafeBufferPointer<UInt8>, by tree: ChangeTree
    ) -> UnsafeBufferPointer<UInt8> {
        if self.tree !== tree {
            self.tree = tree
            mac = tree.hashes ? HMACSHA256(key: tree.key) : nil
        }
        edits.removeAll(keepingCapacity: true)
        spans.removeAll(keepingCapacity: true)
        find(record, 0, tree, text, 0)
        if edits.isEmpty { return text }
        write(record, tree, text)
        return output.bytes
    }

    // MARK: Finding

    private func find(
        _ node: Int, _ place: Int, _ tree: ChangeTree, _ text: UnsafeBufferPointer<UInt8>, _ level: Int
    ) {
        switch tape.nodes[node].kind {
        case .object:
            if tree.nodes[place].childCount > 0 { findInObject(node, place, tree, text, level) }
        case .array:
            // Data is never this deep, and nothing may pass unseen.
            if level > JSONTape.recursionDepth { return edits.append(Edit(kind: .value, node: node, rule: place)) }
            let first = edits.count
            let span = spans.count
            spans.append(Span(node: node, edits: first..<first))
            var element = node + 1
            for _ in 0..<tape.nodes[node].count {
                findInElement(element, place, tree, text, level + 1)
                element = Int(tape.nodes[element].next)
            }
            end(span, first)
        default: return
        }
    }

    /// A rule for a list's values applies to each of its elements.
    private func findInElement(
        _ node: Int, _ place: Int, _ tree: ChangeTree, _ text: UnsafeBufferPointer<UInt8>, _ level: Int
    ) {
        if tree.nodes[place].value != .none {
            switch tape.nodes[node].kind {
            case .null: return
            case .array: break
            default: return edits.append(Edit(kind: .value, node: node, rule: place))
            }
        }
        find(node, place, tree, text, level)
    }

    private func findInObject(
        _ node: Int, _ place: Int, _ tree: ChangeTree, _ text: UnsafeBufferPointer<UInt8>, _ level: Int
    ) {
        let first = edits.count
        let span = spans.count
        spans.append(Span(node: node, edits: first..<first))
        let nodes = tape.nodes
        let rules = tree.nodes
        let children = rules[place].firstChild..<(rules[place].firstChild + rules[place].childCount)
        var excluded = 0
        var key = node + 1
        for index in 0..<Int(nodes[node].count) {
            for child in children where isNamed(nodes[key], key, rules[child], tree, text) {
                tree.note(child)
                if rules[child].isExcluded {
                    edits.append(Edit(kind: .exclude, node: key, rule: child, isFirstMember: index == excluded))
                    excluded += 1
                } else {
                    if rules[child].newNameCount > 0 { edits.append(Edit(kind: .key, node: key, rule: child)) }
                    findInElement(key + 1, child, tree, text, level + 1)
                }
                break
            }
            key = Int(nodes[key + 1].next)
        }
        // Spans of members may have been added since.
        if edits.count > first { spans[span].excluded = excluded }
        end(span, first)
    }

    private func end(_ span: Int, _ first: Int) {
        if edits.count == first {
            spans.removeSubrange(span...)
        } else {
            spans[span].edits = first..<edits.count
        }
    }

    @inline(__always)
    private func isNamed(
        _ node: TapeNode, _ key: Int, _ rule: ChangeTree.Node, _ tree: ChangeTree, _ text: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let name = tree.names + rule.name
        if node.hasEscapes {
            return tape.string(at: key, in: text).utf8.elementsEqual(
                UnsafeBufferPointer(start: name, count: rule.nameCount))
        }
        guard Int(node.end &- node.start) == rule.nameCount, let base = text.baseAddress else { return false }
        let bytes = base + Int(node.start)
        for index in 0..<rule.nameCount where bytes[index] != name[index] { return false }
        return true
    }

    // MARK: Writing

    private func write(_ record: Int, _ tree: ChangeTree, _ text: UnsafeBufferPointer<UInt8>) {
        output.removeAll()
        let nodes = tape.editable
        var source = record
        var target = record
        var position = Int(nodes[record].start)
        // Bytes to add at places in the text, and nodes to remove at places on the tape.
        var shift = -position
        var removed = 0
        let end = Int(nodes[record].next)
        let textEnd = Int(nodes[record].end)
        var span = 0

        func move(to limit: Int) {
            while source < limit {
                nodes[target] = nodes[source]
                nodes[target].start = UInt32(truncatingIfNeeded: Int(nodes[source].start) + shift)
                nodes[target].end = UInt32(truncatingIfNeeded: Int(nodes[source].end) + shift)
                nodes[target].next = UInt32(truncatingIfNeeded: Int(nodes[source].next) - removed)
                source += 1
                target += 1
            }
        }
        func copy(to limit: Int) {
            output.append(UnsafeBufferPointer(rebasing: text[position..<limit]))
            position = limit
        }

        // A span ends after the edits in it; spans that began later end first.
        var open: [(span: Span, place: Int, end: Int, next: Int)] = []
        func begin(before edit: Int) {
            while span < spans.count, spans[span].edits.lowerBound <= edit {
                let node = spans[span].node
                move(to: node)
                let place = target
                let (oldEnd, oldNext) = (Int(nodes[node].end), Int(nodes[node].next))
                move(to: node + 1)
                nodes[place].count -= UInt32(truncatingIfNeeded: spans[span].excluded)
                open.append((spans[span], place, oldEnd, oldNext))
                span += 1
            }
        }
        func close(after edit: Int) {
            while let last = open.last, last.span.edits.upperBound == edit + 1 {
                nodes[last.place].end = UInt32(truncatingIfNeeded: last.end + shift)
                nodes[last.place].next = UInt32(truncatingIfNeeded: last.next - removed)
                open.removeLast()
            }
        }

        for (index, edit) in edits.enumerated() {
            begin(before: index)
            move(to: edit.node)
            let node = nodes[edit.node]
            let rule = tree.nodes[edit.rule]
            switch edit.kind {
            case .exclude:
                // With the comma before it; for the first remaining member, with the one after it.
                let keyStart = Int(node.start) - 1
                let value = nodes[edit.node + 1]
                let next = Int(value.next)
                let quote = value.kind == .string ? 1 : 0
                var cutEnd = Int(value.end) + quote
                var cutStart = keyStart
                if edit.isFirstMember {
                    let comma = skipWhitespace(text, cutEnd)
                    if comma < text.count, text[comma] == UInt8(ascii: ",") { cutEnd = skipWhitespace(text, comma + 1) }
                } else {
                    cutStart = keyStart - 1
                    while text[cutStart] != UInt8(ascii: ",") { cutStart -= 1 }
                }
                copy(to: max(cutStart, position))
                shift -= cutEnd - position
                position = cutEnd
                removed += next - edit.node
                source = next
            case .key:
                let name = UnsafeBufferPointer(start: tree.names + rule.newName, count: rule.newNameCount)
                copy(to: Int(node.start) - 1)
                output.append(name)
                nodes[target] = node
                nodes[target].hasEscapes = rule.newNameHasEscapes
                nodes[target].start = UInt32(truncatingIfNeeded: Int(node.start) + shift)
                shift += name.count - 2 - Int(node.end - node.start)
                nodes[target].end = UInt32(truncatingIfNeeded: Int(node.end) + shift)
                nodes[target].next = UInt32(truncatingIfNeeded: Int(node.next) - removed)
                position = Int(node.end) + 1
                source += 1
                target += 1
            case .value:
                let quote = node.kind == .string ? 1 : 0
                let (start, valueEnd, next) = (Int(node.start) - quote, Int(node.end) + quote, Int(node.next))
                copy(to: start)
                let begins = output.count
                appendReplacement(of: edit.node, rule.value, text)
                removed += next - edit.node - 1
                nodes[target] = node
                nodes[target].kind = .string
                nodes[target].hasEscapes = false
                nodes[target].start = UInt32(truncatingIfNeeded: begins + 1)
                nodes[target].end = UInt32(truncatingIfNeeded: output.count - 1)
                nodes[target].next = UInt32(truncatingIfNeeded: target + 1)
                nodes[target].count = 0
                shift += output.count - begins - (valueEnd - start)
                position = valueEnd
                source = next
                target += 1
            }
            close(after: index)
        }
        move(to: end)
        copy(to: textEnd)
    }

    private static let redacted = Array("\"***\"".utf8)

    /// Appends the replacement of a value, with its quotes.
    private func appendReplacement(of node: Int, _ change: ChangeTree.ValueChange, _ text: UnsafeBufferPointer<UInt8>) {
        guard change == .hash, let mac else { return output.append(RecordChanger.redacted) }
        let place = tape.nodes[node]
        let bytes = UnsafeBufferPointer(rebasing: text[Int(place.start)..<Int(place.end)])
        if place.kind == .string, place.hasEscapes {
            // However it is written, it is the same text.
            scratch.removeAll()
            appendUnescaped(bytes, to: scratch)
            mac.write(scratch.bytes, into: code)
        } else {
            mac.write(bytes, into: code)
        }
        output.append(UInt8(ascii: "\""))
        for index in 0..<32 {
            output.append(RecordChanger.digit(code[index] >> 4))
            output.append(RecordChanger.digit(code[index] & 15))
        }
        output.append(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x57 + nibble }
}
