import Identifiers
import Testing

@Suite struct NamingTests {
    @Test(arguments: [
        ("+event-N'", "xevent_nx"), ("HTTPServer", "http_server"), ("fifthHTTPResponse", "fifth_http_response"),
        ("userIDs", "user_i_ds"), ("JSONData2XML", "json_data2_xml"), ("v2Beta", "v2_beta"), ("a1B2", "a1_b2"),
        ("camelCaseABC", "camel_case_abc"), ("ID", "id"), ("1abc", "_1abc"), ("_1", "_1"), ("__a", "_a"),
        ("a__b", "a_b"), ("a___b", "a_b"), ("_a_", "_ax"), ("a_", "ax"), ("a__", "axx"), ("_", "x"), ("__", "xx"),
        ("___", "xxx"), ("É", "x"), ("日本", "x"), ("ünï", "_nx"), ("event😀Name", "event_name"), ("a+", "ax"),
        ("a-", "ax"), ("--", "xx"), ("*", "x"), ("@home", "ahome"), ("a|b", "alb"), ("value$", "valuex"), ("$a", "_a"),
        ("_%", "xx"), ("a-_b", "a_b"), ("dlt__x_", "dlt_xx"), ("Some.Path__toX", "some_path_to_x"),
        ("_dlt_id", "_dlt_id"), ("_empty", "_empty"), ("٣a", "_٣a"), ("\u{3000}x\u{1F}", "x"),
    ])
    func `snake_case identifiers`(input: String, expected: String) throws {
        #expect(try Naming(named: "snake_case").normalizeIdentifier(input) == expected)
    }

    @Test(arguments: [
        ("__a", "a"), ("a__b", "a__b"), ("a___b", "a___b"), ("a__", "a"), ("__", ""), ("___", "x"),
        ("dlt__x_", "dlt__xx"), ("Some.Path__toX", "some_path__to_x"), ("", ""), (" ", ""), ("a__ __b", "a__b"),
    ])
    func `snake_case paths`(input: String, expected: String) throws {
        #expect(try Naming(named: "snake_case").normalizePath(input) == expected)
    }

    @Test(arguments: [
        ("direct", "it's\n\"a\"▶b", "it_s__a__b"), ("duck_case", "a__", "a_"), ("duck_case", "it's 😀", "it's 😀"),
        ("sql_cs_v1", "+event-N'", "_event_N"), ("sql_cs_v1", "HTTPServer", "HTTPServer"), ("sql_cs_v1", "É", "_"),
        ("sql_cs_v1", "__", ""), ("sql_cs_v1", "_%", ""), ("sql_ci_v1", "HTTPServer", "httpserver"),
        ("s3_tables", "_dlt_loads", "_dlt_loads"),
    ])
    func `identifiers of the other conventions`(convention: String, input: String, expected: String) throws {
        #expect(try Naming(named: convention).normalizeIdentifier(input) == expected)
    }

    @Test func `s3_tables takes leading underscores off table names`() throws {
        let naming = try Naming(named: "s3_tables")
        #expect(try naming.normalizeTableIdentifier("_dlt_loads") == "dlt_loads")
        #expect(naming.normalizeTablesPath("_dlt_loads__x") == "dlt_loads__x")
        #expect(naming.maxLength == 255)
    }

    @Test func `long names keep their ends around a tag`() throws {
        let naming = try Naming(named: "snake_case", maxLength: 20)
        #expect(try naming.normalizeIdentifier(String(repeating: "a", count: 20)).count == 20)
        #expect(try naming.normalizeIdentifier(String(repeating: "a", count: 21)) == "aaaaaaaklmhvaaaaaaaa")
        #expect(try naming.normalizeIdentifier("this_is_a_very_long_identifier_name") == "this_is7bcf8wer_name")
        #expect(try naming.normalizeIdentifier("AVeryVeryLongCamelCaseNameHere") == "a_very_mcfaaqme_here")
        #expect(naming.normalizePath("this__is__a__very__long__path__name") == "this__izuwoxah__name")
        #expect(naming.shortenFragments(["parent_long_name", "child_long_name"]) == "parent_9v0jogng_name")
    }

    @Test func `long names at dlt's usual limit`() throws {
        let naming = try Naming(named: "snake_case", maxLength: 63)
        let xs = try naming.normalizeIdentifier(String(repeating: "x", count: 64))
        #expect(xs == String(repeating: "x", count: 29) + "e0hf6w" + String(repeating: "x", count: 28))
        let fragments = ["parent", "child"].map { String(repeating: $0, count: 8) }
        #expect(
            naming.shortenFragments(fragments) == "parentparentparentparentparentsfabwildchildchildchildchildchild")
    }

    @Test func `length is counted in Unicode scalars`() throws {
        let naming = try Naming(named: "direct", maxLength: 6)
        #expect(try naming.normalizeIdentifier("日本日本日本") == "日本日本日本")
        #expect(try naming.normalizeIdentifier("e\u{301}e\u{301}e\u{301}e").unicodeScalars.count == 6)
    }

    @Test func `paths break at separators and lose blank parts`() throws {
        let naming = try Naming(named: "snake_case")
        #expect(naming.breakPath("a____b__ c__ ") == ["a", "b", " c"])
        #expect(naming.makePath(["a", " ", "", "b"]) == "a__b")
        #expect(try Naming(named: "direct").breakPath("a__b▶c") == ["a__b", "c"])
    }

    @Test func `schema names are snake_case of at most 64`() throws {
        #expect(try normalizeSchemaName("My Schema") == "my_schema")
        #expect(
            try normalizeSchemaName(String(repeating: "x", count: 70))
                == String(repeating: "x", count: 29) + "uaqhmq" + String(repeating: "x", count: 29))
    }

    @Test(arguments: ["", " ", "\u{85}\u{1C}\u{3000}"])
    func `blank names are refused`(input: String) throws {
        let naming = try Naming(named: "snake_case")
        #expect(throws: IdentifierError.blank) { try naming.normalizeIdentifier(input) }
        #expect(throws: IdentifierError.blank) { try naming.normalizeTableIdentifier(input) }
    }

    @Test func `an unknown convention is answered with the known ones`() {
        let error = #expect(throws: IdentifierError.self) { try Naming(named: "kebab") }
        #expect(
            error?.description
                == "unknown naming convention 'kebab': known are snake_case, direct, duck_case, sql_cs_v1, sql_ci_v1, s3_tables"
        )
    }

    @Test func `limits without room for the tag or beyond the convention are refused`() throws {
        #expect(throws: IdentifierError.maxLengthTooSmall(5)) { try Naming(named: "direct", maxLength: 5) }
        #expect(throws: IdentifierError.maxLengthTooLarge(256, convention: "s3_tables", largest: 255)) {
            try Naming(named: "s3_tables", maxLength: 256)
        }
        #expect(try Naming(named: "direct", maxLength: 0).maxLength == nil)
    }
}
