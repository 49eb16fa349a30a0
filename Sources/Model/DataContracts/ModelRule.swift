import JSONText
import Patterns

/// One compiled schema of a JSON Schema document: the rules for a value at one place.
final class ModelRule {
    struct Types: OptionSet {
        let rawValue: UInt8
        static let null = Types(rawValue: 1)
        static let boolean = Types(rawValue: 2)
        static let integer = Types(rawValue: 4)
        static let number = Types(rawValue: 8)
        static let string = Types(rawValue: 16)
        static let array = Types(rawValue: 32)
        static let object = Types(rawValue: 64)
    }

    struct NumberLimit {
        let text: String
        let number: ExactNumber
        /// The number itself, if it has at most 15 digits; doubles then compare as the digits do.
        let double: Double?
    }

    struct Numbers {
        var minimum: NumberLimit?
        var exclusiveMinimum: NumberLimit?
        var maximum: NumberLimit?
        var exclusiveMaximum: NumberLimit?
        var multipleOf: NumberLimit?
    }

    struct Strings {
        /// In code points.
        var minimumLength = 0
        var maximumLength = Int.max
        var pattern: Pattern?
        var format: TextFormat?
    }

    struct Lists {
        var minimumCount = 0
        var maximumCount = Int.max
        var isUnique = false
        var first: [ModelRule] = []
        /// For the elements after `first`.
        var items: ModelRule?
        var contains: ModelRule?
        var minimumContained = 1
        var maximumContained = Int.max
    }

    struct Property {
        let name: String
        let key: [UInt8]
        let rule: ModelRule
    }

    struct Objects {
        var minimumCount = 0
        var maximumCount = Int.max
        var properties: [Property] = []
        var required: [(name: String, key: [UInt8])] = []
        var patterns: [(pattern: Pattern, rule: ModelRule)] = []
        /// For members that match neither `properties` nor `patterns`; nil when anything is allowed.
        var others: ModelRule?
        var names: ModelRule?
        /// If the key exists, these must exist too.
        var dependencies: [(key: [UInt8], name: String, required: [(name: String, key: [UInt8])])] = []
        var dependentRules: [(key: [UInt8], rule: ModelRule)] = []
    }

    struct Discriminator {
        let name: String
        /// By the member's value.
        let alternatives: [[UInt8]: ModelRule]
    }

    struct Values {
        /// Texts by their characters; everything else in canonical form.
        let strings: Set<[UInt8]>
        let others: Set<[UInt8]>
        let shown: String

        init(strings: Set<[UInt8]>, others: Set<[UInt8]>, shown: String) {
            self.strings = strings
            self.others = others
            self.shown = shown
        }

        /// One text.
        init(only text: [UInt8]) {
            self.init(
                strings: [text], others: [], shown: JSONValue.string(String(decoding: text, as: UTF8.self)).serialized()
            )
        }
    }

    /// Allows nothing: the schema `false`.
    var isNever = false
    var types: Types?
    var values: Values?
    var numbers: Numbers?
    var strings: Strings?
    var lists: Lists?
    var objects: Objects?
    /// Null, or else this: the usual meaning of `anyOf` in models.
    var unlessNull: ModelRule?
    var all: [ModelRule] = []
    var anyOf: [[ModelRule]] = []
    var oneOf: [[ModelRule]] = []
    /// Its name in messages: its title, or the name in a reference.
    var name: String?
    /// The member that selects one of the alternatives, if the schema names it.
    var discriminator: Discriminator?
    var not: ModelRule?
    var condition: (test: ModelRule, then: ModelRule?, otherwise: ModelRule?)?
}

extension ModelRule.Types {
    init?(_ name: String) {
        switch name {
        case "null": self = .null
        case "boolean": self = .boolean
        case "integer": self = .integer
        case "number": self = .number
        case "string": self = .string
        case "array": self = .array
        case "object": self = .object
        default: return nil
        }
    }

    var text: String {
        let names: [(ModelRule.Types, String)] = [
            (.boolean, "boolean"), (.integer, "integer"), (.number, "number"), (.string, "string"), (.array, "array"),
            (.object, "object"), (.null, "null"),
        ]
        return names.filter { contains($0.0) }.map(\.1).joined(separator: " or ")
    }
}
