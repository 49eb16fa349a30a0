import DuckDB
import JSONText

/// A column of a chunk, with the vectors of its parts.
struct NestedVector {
    let type: Cursor.Column
    let vector: ColumnVector
    let parts: [NestedVector]
    /// Of a struct, the text before each member: brace or comma, name and colon.
    let keys: [[UInt8]]

    init(_ type: Cursor.Column, _ vector: ColumnVector) {
        self.type = type
        self.vector = vector
        let types: [Cursor.Column] =
            switch type.parts {
            case nil: []
            case .list(let element)?, .array(let element, _)?: [element]
            case .structure(let members)?: members
            case .map(let key, let value)?: [key, value]
            }
        parts = zip(types, vector.parts(of: type)).map { NestedVector($0, $1) }
        var keys: [[UInt8]] = []
        if case .structure(let members)? = type.parts {
            for (index, member) in members.enumerated() {
                var key = [index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ",")]
                appendJSONString(member.name, to: &key)
                key.append(UInt8(ascii: ":"))
                keys.append(key)
            }
        }
        self.keys = keys
    }
}
