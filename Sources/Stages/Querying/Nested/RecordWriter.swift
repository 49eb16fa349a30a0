import JSONText

/// Puts records together from the rows at hand.
struct RecordWriter {
    let plan: NestedPlan

    /// Appends the record of a row of a table, as an object.
    func writeRecord(_ table: Int, _ row: Int, _ all: [NestedRows], to output: inout [UInt8]) {
        if !writeMembers(plan.tables[table].shape, table, row, all, to: &output) { output += "{}".utf8 }
    }

    /// Writes what stands under a key; false, and nothing is written, where that is nothing.
    private func write(
        _ node: NestedTable.Node, _ table: Int, _ row: Int, _ all: [NestedRows], to output: inout [UInt8]
    ) -> Bool {
        for column in node.values where !all[table].isNull(row, column) {
            all[table].write(row, column, to: &output)
            return true
        }
        if let list = node.list {
            let elements = all[list].rows(of: all[table].ids[row])
            if !elements.isEmpty {
                output.append(UInt8(ascii: "["))
                for (place, element) in elements.enumerated() {
                    if place > 0 { output.append(UInt8(ascii: ",")) }
                    writeElement(list, element, all, to: &output)
                }
                output.append(UInt8(ascii: "]"))
                return true
            }
        }
        return !node.members.isEmpty && writeMembers(node, table, row, all, to: &output)
    }

    private func writeMembers(
        _ node: NestedTable.Node, _ table: Int, _ row: Int, _ all: [NestedRows], to output: inout [UInt8]
    ) -> Bool {
        let start = output.count
        output.append(UInt8(ascii: "{"))
        for member in node.members {
            let before = output.count
            if before > start + 1 { output.append(UInt8(ascii: ",")) }
            appendJSONString(member.key, to: &output)
            output.append(UInt8(ascii: ":"))
            if !write(member, table, row, all, to: &output) { output.removeLast(output.count - before) }
        }
        guard output.count > start + 1 else {
            output.removeLast(output.count - start)
            return false
        }
        output.append(UInt8(ascii: "}"))
        return true
    }

    /// An element of a list. A value has its column `value`, a list its table `list`; the others are objects.
    private func writeElement(_ table: Int, _ row: Int, _ all: [NestedRows], to output: inout [UInt8]) {
        let shape = plan.tables[table].shape
        if let only = lonely(shape, table, row, all) {
            _ = write(only, table, row, all, to: &output)
        } else if !writeMembers(shape, table, row, all, to: &output) {
            // null, {} and [] are the same to the tables.
            let isObject = shape.members.contains { $0.key != "value" && $0.key != "list" }
            output += (isObject ? "{}" : shape.members.contains { $0.list != nil } ? "[]" : "null").utf8
        }
    }

    /// The member `value` or `list` of an element that has no other.
    private func lonely(
        _ shape: NestedTable.Node, _ table: Int, _ row: Int, _ all: [NestedRows]
    ) -> NestedTable.Node? {
        guard shape.members.contains(where: { $0.key == "value" || $0.key == "list" }) else { return nil }
        var found: NestedTable.Node?
        for member in shape.members where holds(member, table, row, all) {
            guard found == nil else { return nil }
            found = member
        }
        guard let found else { return nil }
        let isValue = found.key == "value" && found.members.isEmpty && found.list == nil
        let isList = found.key == "list" && found.list != nil && found.values.isEmpty
        return isValue || isList ? found : nil
    }

    /// Whether anything stands under a key. Elements are not looked at: that would take twice the time at each level.
    private func holds(_ node: NestedTable.Node, _ table: Int, _ row: Int, _ all: [NestedRows]) -> Bool {
        if node.values.contains(where: { !all[table].isNull(row, $0) }) { return true }
        if let list = node.list, !all[list].rows(of: all[table].ids[row]).isEmpty { return true }
        return node.members.contains { holds($0, table, row, all) }
    }
}
