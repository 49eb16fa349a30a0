import JSONText
import Schemas
import SystemIO
import TestSupport
import Testing

@testable import SchemaInspection

struct SchemaTests {
    /// As `dlt.Schema.version_hash` gave it.
    static let shopHash = "guvlGowfdzGD14FWx+9yQB52lNTp+cCw3T+hA2l29l8="

    static func shop() throws -> Schema { try SchemaFile(Fixture.path("shop.schema.yaml")).schema() }

    static func sketch(_ text: String) throws -> Schema {
        let folder = try WorkDirectory()
        return try SchemaFile(folder.write("shop.schema.yaml", text)).schema()
    }

    @Test func `reads a schema that dlt exported, with its hash`() throws {
        let schema = try SchemaTests.shop()
        #expect(schema.name == "shop")
        #expect(schema.version == 2)
        #expect(schema.contentHash() == SchemaTests.shopHash)
    }

    @Test func `writes it back as it was`() throws {
        let document = ExportCommand.withoutDefaults(try SchemaTests.shop().document())
        #expect(YAMLWriter.text(document) == (try Fixture.text("shop.schema.yaml")))
    }

    @Test func `draws the same Mermaid diagram as dlt`() throws {
        let diagram = Diagram(try SchemaTests.shop(), withSystemTables: true)
        #expect(MermaidDiagram.text(diagram) == (try Fixture.text("shop.mmd")))
    }

    @Test func `draws references of nested tables`() throws {
        let diagram = Diagram(try SchemaTests.shop(), withSystemTables: false)
        #expect(
            DBMLDiagram.text(diagram).contains(
                "\"orders__lines__sub\".\"_dlt_parent_id\" > \"orders__lines\".\"_dlt_id\""))
        #expect(DotDiagram.text(diagram).contains("\"orders__tags\":\"c__dlt_root_id\" -> \"orders\":\"c__dlt_id\""))
    }

    @Test func `completes a sketch`() throws {
        let schema = try SchemaTests.sketch(
            """
            tables:
              users:
                primary_key: id
                write_disposition: {disposition: merge, strategy: upsert}
                columns:
                - {name: id, data_type: bigint}
                - {name: email, data_type: text}
              users__tags: {parent: users, columns: {value: text}}
            """)
        #expect(schema.name == "shop")
        #expect(schema[table: SystemTables.loadsName] != nil)
        let users = try #require(schema[table: "users"])
        #expect(users.columns(with: "primary_key").map(\.name) == ["id"])
        #expect(users[column: "id"]?.isNullable == false)
        #expect(users.writeDisposition == .merge)
        #expect(users.mergeStrategy == "upsert")
        #expect(users.resource == "users")
        let tags = try #require(schema[table: "users__tags"])
        #expect(tags.resource == nil)
        #expect(tags[column: "value"]?.dataType == .text)
        #expect(schema.settings["default_hints"]?["not_null"] != nil)
    }

    @Test(arguments: ["", "{}", "tables:\n", "tables: {t: }", "tables: {t: {columns: {a: }}}", "name: x"])
    func `makes a schema of next to nothing`(text: String) throws {
        #expect(try SchemaTests.sketch(text)[table: SystemTables.versionName] != nil)
    }

    @Test func `an edited document is a new version`() throws {
        let text = try Fixture.text("shop.schema.yaml").replacing("data_type: double", with: "data_type: decimal")
        let schema = try SchemaTests.sketch(text)
        #expect(schema.version == 3)
        #expect(schema.previousHashes.first == SchemaTests.shopHash)
    }

    // MARK: Differences

    @Test func `nothing differs from itself`() throws {
        #expect(SchemaDiff(try SchemaTests.shop(), try SchemaTests.shop(), includesAll: true).differences.isEmpty)
    }

    @Test func `tells tables, columns and hints apart`() throws {
        let old = try SchemaTests.shop()
        var new = old
        new.remove(table: "orders__tags")
        new.put(Table(properties: ["name": "extra"], columns: [Column(name: "a", .text)]))
        new.update(table: "orders") { table in
            table.remove(column: "price")
            table.put(Column(name: "total", .decimal, nullable: true))
            var column = table[column: "at"] ?? Column(name: "at")
            column.dataType = .date
            table.put(column)
        }
        let text = SchemaDiff(old, new, includesAll: false).text()
        #expect(text.contains("~ orders\n"))
        #expect(text.contains("    ~ at  data_type: timestamp -> date\n"))
        #expect(text.contains("    - price  double\n"))
        #expect(text.contains("    + total  decimal\n"))
        #expect(text.contains("- orders__tags"))
        #expect(text.contains("+ extra"))
    }

    @Test func `a default is the same written or not`() throws {
        let old = try SchemaTests.sketch(
            "tables: {t: {columns: {a: {data_type: text, nullable: true, unique: false}}}}")
        let new = try SchemaTests.sketch("tables: {t: {columns: {a: {data_type: text}}}}")
        #expect(SchemaDiff(old, new, includesAll: false).differences.isEmpty)
        let required = try SchemaTests.sketch("tables: {t: {columns: {a: {data_type: text, nullable: false}}}}")
        #expect(SchemaDiff(old, required, includesAll: false).differences.count == 1)
    }

    // MARK: Checks

    @Test func `a schema of dlt's has no errors`() throws {
        #expect(SchemaCheck(try SchemaTests.shop()).problems.filter(\.isError).isEmpty)
    }

    @Test(arguments: [
        ("tables: {t: {columns: {a: {data_type: text, nulable: true}}}}", "tables.t.columns.a.nulable"),
        ("tables: {t: {columns: {a: {nullable: maybe}}}}", "tables.t.columns.a.nullable"),
        ("tables: {t: {write_disposition: marge}}", "tables.t.write_disposition"),
        ("tables: {t__c: {parent: t}}", "tables.t__c.parent"),
        ("tables: {a: {parent: b}, b: {parent: a}}", "tables.a.parent"),
        ("settings: {default_hints: {not_null: ['re:(']}}", "settings.default_hints.not_null"),
        ("settings: {schema_contract: {columns: frozen}}", "settings.schema_contract.columns"),
        ("normalizers: {names: camel}", "normalizers.names"),
        (
            "tables: {t: {references: [{referenced_table: u, columns: [x], referenced_columns: [id]}]}}",
            "tables.t.references[0]"
        ),
    ])
    func `finds what is wrong and where`(text: String, place: String) throws {
        let problems = SchemaCheck(try SchemaTests.sketch(text)).problems.filter(\.isError)
        #expect(problems.map(\.place).contains(place))
    }
}
