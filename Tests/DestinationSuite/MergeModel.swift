import JSONText

/// A record of the property test: a root row, its child rows, and theirs.
struct MergeRecord: Equatable {
    struct Child: Equatable {
        var value: Int
        /// Rows of the child's own child table.
        var values: [Int]
    }

    var id: Int
    /// Part of the key where it has two columns.
    var part: Int?
    var day: Int
    var value: Int
    /// Unique in a load.
    var order: Int
    var isDeleted: Bool?
    var children: [Child]

    var json: JSONValue {
        var object: JSONObject = [
            "id": .integer(id), "day": .integer(day), "value": .integer(value), "nr": .integer(order),
            "children": .array(
                children.map { ["x": .integer($0.value), "deep": .array($0.values.map { .integer($0) })] }),
        ]
        object["part"] = part.map { .integer($0) } ?? .null
        if let isDeleted { object["gone"] = .bool(isDeleted) }
        return .object(object)
    }

    /// All that is compared.
    var text: String {
        let gone = isDeleted.map { "\($0)" } ?? "-"
        let rows = children.map { "\($0.value)\($0.values)" }.joined(separator: ",")
        return "\(id)/\(part.map(String.init) ?? "-") day \(day) value \(value) nr \(order) gone \(gone): \(rows)"
    }
}

/// How tables are written, and what must then be in them: as plain as can be.
struct MergeModel {
    enum Strategy: String, CaseIterable {
        case append, replace
        case deleteInsert = "delete-insert"
        case upsert
        case insertOnly = "insert-only"
        case scd2
    }

    let strategy: Strategy
    /// The key has two columns, one of which may be null.
    let hasPart: Bool
    let hasPrimaryKey: Bool
    let hasMergeKey: Bool
    let hasDeletions: Bool
    /// nil is none, else whether it is descending.
    let sort: Bool?

    private(set) var records: [MergeRecord] = []
    /// Versions: content, load of the beginning, load of the end.
    private(set) var history: [(record: MergeRecord, from: Int, to: Int?)] = []
    private var load = 0

    init(
        strategy: Strategy, hasPart: Bool, hasPrimaryKey: Bool, hasMergeKey: Bool, hasDeletions: Bool, sort: Bool?
    ) {
        self.strategy = strategy
        self.hasPart = hasPart
        self.hasPrimaryKey = hasPrimaryKey
        self.hasMergeKey = hasMergeKey
        self.hasDeletions = hasDeletions
        self.sort = sort
    }

    private func isSameKey(_ left: MergeRecord, _ right: MergeRecord) -> Bool {
        // Null equals null.
        left.id == right.id && (!hasPart || left.part == right.part)
    }

    mutating func take(_ loaded: [MergeRecord]) {
        load += 1
        switch strategy {
        case .append: records += loaded
        case .replace: records = loaded
        case .deleteInsert:
            let kept = records.filter { old in
                !loaded.contains { new in
                    (hasPrimaryKey && isSameKey(old, new)) || (hasMergeKey && old.day == new.day)
                }
            }
            records = kept + unique(loaded).filter { $0.isDeleted != true }
        case .upsert:
            for new in unique(loaded) {
                let known = records.contains { isSameKey($0, new) }
                records = records.filter { !isSameKey($0, new) }
                if new.isDeleted == true {
                    // As dlt does: a deletion of what is unknown is a row, without child rows.
                    var alone = new
                    alone.children = []
                    if !known { records.append(alone) }
                } else {
                    records.append(new)
                }
            }
        case .insertOnly:
            for new in loaded { insert(new) }
        case .scd2: takeVersions(loaded)
        }
    }

    /// Last writer wins, or the first by order.
    private func unique(_ loaded: [MergeRecord]) -> [MergeRecord] {
        guard hasPrimaryKey else { return loaded }
        return loaded.enumerated().filter { index, record in
            !loaded.enumerated().contains { other, rival in
                guard index != other, isSameKey(record, rival) else { return false }
                guard let sort else { return other > index }
                return sort ? rival.order > record.order : rival.order < record.order
            }
        }.map(\.element)
    }

    /// Of a known record only child rows come in, at places in lists that were not there.
    private mutating func insert(_ new: MergeRecord) {
        guard let known = records.firstIndex(where: { isSameKey($0, new) }) else { return records.append(new) }
        for (place, child) in new.children.enumerated() {
            if place >= records[known].children.count {
                records[known].children.append(child)
            } else {
                let values = records[known].children[place].values
                records[known].children[place].values += child.values.dropFirst(values.count)
            }
        }
    }

    private mutating func takeVersions(_ loaded: [MergeRecord]) {
        for index in history.indices where history[index].to == nil {
            let record = history[index].record
            let isAffected = !hasMergeKey || loaded.contains { $0.day == record.day }
            if isAffected && !loaded.contains(record) { history[index].to = load }
        }
        for record in loaded where !history.contains(where: { $0.to == nil && $0.record == record }) {
            history.append((record, load, nil))
        }
    }

    /// What the database must hold.
    var expected: [String] {
        if strategy == .scd2 {
            return history.map { "\($0.record.text) from \($0.from) to \($0.to.map { "\($0)" } ?? "-")" }.sorted()
        }
        return records.map(\.text).sorted()
    }
}
