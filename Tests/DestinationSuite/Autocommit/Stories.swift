import DestinationKinds
import JSONText
import LoadPackages
import PipelineStates
import Schemas
import TestSupport
import Testing

/// What is loaded, and killed.
enum Stories: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case first, append, newColumns, replace, truncateAndInsert, insertFromStaging, stagingOptimized
    case deleteInsert, mergeKey, deletions, upsert, upsertDeletions, insertOnly, history, historyByKey
    case drop, dropAlone, truncate, state, joined, inARow, dropInARow

    var testDescription: String { rawValue }

    /// Packages that may also go into one session before one commit.
    var isOfSeveral: Bool { self == .inARow || self == .dropInARow }

    /// Lines with two levels below them.
    private static func records(_ ids: [Int], value: Int, _ more: String = "") -> [String] {
        ids.map { #"{"id":\#($0),"v":\#(value),"l":[{"n":\#(value),"deep":[1,\#(value)]},{"n":\#($0)}]\#(more)}"# }
    }

    func story() throws -> Story {
        let story = try Story()
        func lines(_ ids: [Int], _ value: Int, _ more: String = "") -> [String] {
            Stories.records(ids, value: value, more)
        }
        /// Two loads of the same kind, of which the second one is disturbed.
        func twice(_ options: [String], _ first: [String], _ second: [String]) throws {
            try story.load(story.normalize(first, options))
            try story.disturb(story.normalize(second, options))
        }
        let (old, new) = (lines([1, 2, 3, 4], 1), lines([3, 4, 5, 6], 2))
        let key = ["--primary-key", "id"]
        func merge(_ strategy: String) -> [String] { ["--write-disposition", strategy] }
        switch self {
        case .first: try story.disturb(story.normalize(new, []))
        case .append: try twice([], old, new)
        case .newColumns: try twice([], old, lines([5, 6], 2, #","new":1.5,"other":[{"x":true}],"v2":"text""#))
        case .replace, .truncateAndInsert, .insertFromStaging, .stagingOptimized:
            story.replaceStrategy = replacement
            try twice(merge("replace"), old, [#"{"id":7,"l":[{"n":1}],"added":1}"#, #"{"id":8}"#])
        case .deleteInsert: try twice(merge("delete-insert") + key, old, new + lines([5], 3))
        case .mergeKey:
            let options = merge("delete-insert") + ["--merge-key", "v"] + key
            // The last row of id 5 stays, and the day of the one before has been deleted.
            try twice(options, old + lines([9], 8), lines([5], 8) + lines([5, 1], 1) + lines([6], 2))
        case .deletions, .upsertDeletions:
            let columns = #"{"gone":{"data_type":"bool","hard_delete":true}}"#
            let strategy = self == .deletions ? "delete-insert" : "upsert"
            try twice(
                merge(strategy) + key + ["--columns", columns], old,
                lines([3, 5], 2) + lines([2, 9], 3, #","gone":true"#) + lines([6], 4, #","gone":false"#))
        case .upsert: try twice(merge("upsert") + key, old, new)
        case .insertOnly: try twice(merge("insert-only") + key, old, new)
        case .history: try twice(merge("scd2"), old, lines([1, 2], 1) + lines([3, 5], 2))
        case .historyByKey:
            try twice(merge("scd2") + ["--merge-key", "id"], old, lines([1], 1) + lines([3, 5], 2))
        case .drop, .dropAlone, .truncate, .dropInARow: try refresh(story)
        case .state:
            try story.load(story.normalize(old, []))
            let schema = try #require(try story.spool.committedSchema("p"))
            try story.disturb(
                story.spool.makePackage(
                    [], rows: [], base: schema, state: StateTree(sources: ["p": ["resources": ["t": ["cursor": 5]]]])))
        case .joined: try join(story)
        case .inARow:
            try story.load(story.normalize(old, merge("upsert") + key))
            try story.disturb(story.normalize(new, merge("upsert") + key))
            try story.disturb(
                story.normalize(lines([4, 6, 7], 3, #","late":"x""#), merge("scd2"), table: "h"))
            try story.disturb(story.normalize(lines([6, 7], 4), merge("scd2"), table: "h"))
            try story.disturb(story.normalize(lines([1], 5, #","late":"x""#), merge("upsert") + key))
        }
        return story
    }

    private var replacement: ReplaceStrategy? {
        switch self {
        case .truncateAndInsert: .truncateAndInsert
        case .insertFromStaging: .insertFromStaging
        case .stagingOptimized: .stagingOptimized
        default: nil
        }
    }

    /// Tables that are dropped and made anew, or emptied, with one below that the package's schema has forgotten.
    private func refresh(_ story: Story) throws {
        let tags = TestPackages.table("users__tags", [Column(name: "value", .text, nullable: true)], parent: "users")
        let tag = #"{"value":"t","_dlt_parent_id":"r1","_dlt_list_idx":0,"_dlt_id":"c1"}"#
        let kept = TestPackages.table("kept", [Column(name: "a", .bigint, nullable: true)])
        let row = #"{"a":1,"_dlt_load_id":"%","_dlt_id":"k"}"#
        try story.load(
            story.spool.makePackage(
                [TestPackages.users(), tags, kept],
                rows: TestPackages.userRows(1, 3) + [("users__tags", tag), ("kept", row)]))
        var schema = try #require(try story.spool.committedSchema("p"))
        if self == .truncate {
            try story.disturb(
                story.spool.makePackage(
                    [], rows: TestPackages.userRows(4, 2), base: schema, refresh: Manifest.Refresh(truncate: ["users"]))
            )
            return
        }
        let base = schema.versionHash
        schema.remove(table: "users__tags")
        schema.remove(table: "users")
        if self == .dropAlone {
            try story.disturb(
                story.spool.makePackage(
                    [], rows: [], base: schema, baseHash: base, refresh: Manifest.Refresh(drop: ["users"])))
            return
        }
        let anew = TestPackages.table("users", [Column(name: "mail", .text, nullable: true)])
        let dropping = try story.spool.makePackage(
            [anew], rows: (1...9).map { ("users", #"{"mail":"m\#($0)","_dlt_load_id":"%","_dlt_id":"n\#($0)"}"#) },
            base: schema, baseHash: base, refresh: Manifest.Refresh(drop: ["users"]))
        try story.disturb(dropping)
        guard self == .dropInARow else { return }
        // The next package has one of them as it was.
        let next = try PackageReader(dropping)
        try story.disturb(
            story.spool.makePackage(
                [TestPackages.users(), tags], rows: TestPackages.userRows(7, 2) + [("users__tags", tag)],
                base: next.schema, baseID: next.manifest.loadID))
    }

    /// A package that was made before another one had been loaded, which gave a column another type.
    private func join(_ story: Story) throws {
        func column(_ type: DataType, _ name: String) -> [Column] {
            [Column(name: "x", type, nullable: true), Column(name: name, .bigint, nullable: true)]
        }
        let first = try story.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 2))
        let base = try PackageReader(first).schema
        let left = try story.spool.makePackage(
            [TestPackages.users(more: column(.bigint, "l"))],
            rows: [("users", #"{"id":3,"x":5,"l":1,"_dlt_load_id":"%","_dlt_id":"3"}"#)], base: base)
        let right = try story.spool.makePackage(
            [TestPackages.users(more: column(.text, "r"))],
            rows: [
                ("users", #"{"id":4,"x":"7","r":2,"_dlt_load_id":"%","_dlt_id":"4"}"#),
                ("users", #"{"id":5,"x":"seven","_dlt_load_id":"%","_dlt_id":"5"}"#),
            ], base: base)
        try story.load(first)
        try story.load(left)
        try story.disturb(right)
    }
}
