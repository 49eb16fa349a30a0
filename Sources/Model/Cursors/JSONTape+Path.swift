import JSONText

extension JSONTape {
    /// The value of an object's member; of the last one if the key is repeated.
    func member(_ name: [UInt8], of object: Int, in text: UnsafeBufferPointer<UInt8>) -> Int? {
        var found: Int?
        var key = object + 1
        for _ in 0..<self[object].count {
            let node = self[key]
            if node.hasEscapes {
                if string(at: key, in: text).utf8.elementsEqual(name) { found = key + 1 }
            } else if Int(node.end - node.start) == name.count,
                text[Int(node.start)..<Int(node.end)].elementsEqual(name)
            {
                found = key + 1
            }
            key = Int(self[key + 1].next)
        }
        return found
    }

    /// The first value at a path.
    func first(_ steps: [JSONPath.Step], in text: UnsafeBufferPointer<UInt8>) -> Int? {
        first(steps[...], from: 0, in: text)
    }

    private func first(_ steps: ArraySlice<JSONPath.Step>, from node: Int, in text: UnsafeBufferPointer<UInt8>) -> Int?
    {
        guard let step = steps.first else { return node }
        let rest = steps.dropFirst()
        switch (step, self[node].kind) {
        case (.key(let name), .object):
            return member(name, of: node, in: text).flatMap { first(rest, from: $0, in: text) }
        case (.index(let wanted), .array):
            let count = Int(self[node].count)
            let position = wanted < 0 ? count + wanted : wanted
            guard (0..<count).contains(position) else { return nil }
            var element = node + 1
            for _ in 0..<position { element = Int(self[element].next) }
            return first(rest, from: element, in: text)
        case (.all, .array), (.all, .object):
            let isObject = self[node].kind == .object
            var element = node + 1
            for _ in 0..<self[node].count {
                if isObject { element += 1 }
                if let found = first(rest, from: element, in: text) { return found }
                element = Int(self[element].next)
            }
            return nil
        default: return nil
        }
    }
}
