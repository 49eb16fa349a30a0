import Identifiers
import JSONText
import Schemas

/// Turns the members of a model into tables, as matching records would.
struct ModelTableBuilder {
    let naming: Naming
    var tables: [Table]

    /// The target of members.
    struct Place {
        var table: Int
        /// The parts of the table's name.
        var fragments: [String]
        /// Normalized keys from the row.
        var path: [String] = []
        /// The number of levels below that are unpacked.
        var level: Int
        /// The same below the row, counted from lists.
        var rowLevel: Int

        /// - Parameter level: the number of levels below the row that are unpacked.
        init(table: Int, fragments: [String], level: Int) {
            self.table = table
            self.fragments = fragments
            self.level = level
            rowLevel = level
        }

        func below(_ key: String) -> Place {
            var place = self
            place.path.append(key)
            return place
        }
    }

    mutating func add(_ members: [ModelShape.Member], to place: Place, isOptional: Bool) {
        for member in members {
            add(
                member.value, at: place.below(naming.normalizePath(member.name)),
                isOptional: isOptional || !member.isRequired || member.value.isNullable)
        }
    }

    private mutating func add(_ typed: ModelShape.Typed, at place: Place, isOptional: Bool) {
        switch typed.shape {
        case .nothing: break
        case .column(let type): put(type, typed, place, isOptional)
        case .anything: put(nil, typed, place, true)
        case .object where place.level <= 0, .list where place.level <= 0: put(.json, typed, place, isOptional)
        case .object(let members):
            var inner = place
            inner.level -= 1
            add(members, to: inner, isOptional: isOptional)
        case .list(let element): addChild(element, at: place)
        }
    }

    private mutating func put(_ type: DataType?, _ typed: ModelShape.Typed, _ place: Place, _ isOptional: Bool) {
        var column = Column(name: naming.shortenFragments(place.path), type, nullable: isOptional)
        if type == nil { column.hints[TableModel.Hint.anything] = true }
        if let text = typed.description { column.hints["description"] = .string(text) }
        tables[place.table].put(column)
    }

    private mutating func addChild(_ element: ModelShape.Typed, at place: Place) {
        let isList = if case .list = element.shape { true } else { false }
        // A nested list costs two levels, as when records are unpacked.
        let child = Place(
            table: tables.count, fragments: place.fragments + place.path, level: place.rowLevel - (isList ? 2 : 1))
        tables.append(
            Table(properties: [
                "name": .string(naming.shortenFragments(child.fragments)),
                "parent": .string(tables[place.table].name),
            ]))
        switch element.shape {
        case .object(let members): add(members, to: child, isOptional: element.isNullable)
        case .list: add(element, at: child.below("list"), isOptional: true)
        default: add(element, at: child.below("value"), isOptional: element.isNullable)
        }
    }

    mutating func setKey(_ name: String, mayBeNull: Bool) {
        var column = tables[0][column: name] ?? Column(name: name)
        if !mayBeNull { column.hints["nullable"] = false }
        column.hints["primary_key"] = true
        tables[0].put(column)
    }
}
