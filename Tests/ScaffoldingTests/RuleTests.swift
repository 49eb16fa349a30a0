import OpenAPI
import Testing

@testable import Scaffolding

struct RuleTests {
    // MARK: Pages

    private static let cursor =
        "[{name: cursor, in: query, schema: {type: string}}, {name: limit, in: query, schema: {type: integer, maximum: 100}}]"
    private static let offset =
        "[{name: offset, in: query, schema: {type: integer}}, {name: limit, in: query, schema: {type: integer, default: 20, maximum: 100}}]"

    @Test func `a link in the answer is followed`() throws {
        #expect(
            try Sketch.paginator(
                parameters: Self.offset, others: "links: {properties: {next: {type: string, format: uri}}}")
                == "json_link next_url_path=links.next")
        #expect(
            try Sketch.paginator(parameters: "[]", others: "'@odata.nextLink': {type: string}")
                == "json_link next_url_path=\"$['@odata.nextLink']\"")
        #expect(
            try Sketch.paginator(
                parameters: "[]", others: "_links: {properties: {next: {properties: {href: {type: string}}}}}")
                == "json_link next_url_path=\"_links.next.href\"")
    }

    @Test func `a cursor comes from the property of the same stem`() throws {
        #expect(
            try Sketch.paginator(
                parameters: Self.cursor,
                others: "prev_cursor: {type: string}, meta: {properties: {next_cursor: {type: string}}}")
                == "cursor cursor_path=meta.next_cursor cursor_param=cursor")
        #expect(
            try Sketch.paginator(
                parameters: "[{name: page_token, in: query, schema: {type: string}}]",
                others: "nextPageToken: {type: string}")
                == "cursor cursor_path=nextPageToken cursor_param=page_token")
    }

    @Test func `an offset that is a text is a cursor, and its echo is not`() throws {
        let text =
            "[{name: offset, in: query, schema: {type: string}}, {name: limit, in: query, schema: {type: integer}}]"
        #expect(
            try Sketch.paginator(parameters: text, others: "next_page: {properties: {offset: {type: string}}}")
                == "cursor cursor_path=next_page.offset cursor_param=offset")
        #expect(
            try Sketch.paginator(parameters: Self.offset, others: "offset: {type: integer}, total: {type: integer}")
                == "offset limit=100 offset_param=offset limit_param=limit total_path=total")
    }

    @Test func `the key of the last record is the cursor if nothing else is`() throws {
        #expect(
            try Sketch.paginator(
                parameters: "[{name: starting_after, in: query, schema: {type: string}}]",
                others: "has_more: {type: boolean}")
                == "cursor cursor_path=\"data[-1].id\" cursor_param=starting_after has_more_path=has_more")
    }

    @Test(arguments: [
        ("{type: integer, minimum: 0}", "", "0"), ("{type: integer, default: 1}", "", "1"),
        ("{type: integer}", "Zero-based number of the page", "0"), ("{type: integer}", "", "1"),
    ])
    func `the first page has the number that the description says`(schema: String, text: String, first: String) throws {
        #expect(
            try Sketch.paginator(
                parameters: "[{name: page, in: query, description: '\(text)', schema: \(schema)}]",
                others: "total_pages: {type: integer}")
                == "page_number base_page=\(first) page_param=page total_path=total_pages")
    }

    @Test func `no maximum is made up, and an unknown end is a page without records`() throws {
        let paginator = try Sketch.paginator(parameters: Self.offset)
        #expect(paginator == "offset limit=100 offset_param=offset limit_param=limit total_path=null")
    }

    @Test func `a limit alone leaves a doubt`() throws {
        let scaffold = try Sketch.scaffold(
            Sketch.list(parameters: "[{name: limit, in: query, schema: {type: integer}}]", schema: Sketch.answer()))
        #expect(scaffold.endpoints[0].paginator?.value.type == "auto")
        #expect(scaffold.endpoints[0].doubts.count == 1)
    }

    @Test func `a header is used where nothing else says how to go on`() throws {
        #expect(
            try Sketch.paginator(parameters: "[]", extras: "headers: {Link: {schema: {type: string}}},")
                == "header_link")
        #expect(try Sketch.paginator(parameters: "[]") == "single_page")
    }

    @Test func `filters by time are not cursors`() throws {
        #expect(
            try Sketch.paginator(parameters: "[{name: after, in: query, schema: {type: string, format: date-time}}]")
                == "single_page")
    }

    // MARK: Records

    @Test(arguments: [
        ("{type: array, items: {type: object}}", "$"),
        (
            "{properties: {errors: {type: array, items: {type: object}}, things: {type: array, items: {type: object}}}}",
            "things"
        ),
        ("{properties: {data: {properties: {results: {type: array, items: {type: object}}}}}}", "data.results"),
        ("{properties: {'odd.name': {type: array, items: {type: object}}}}", "$['odd.name']"),
        (
            "{properties: {tags: {type: array, items: {type: string}}, rows: {type: array, items: {type: object}}}}",
            "rows"
        ),
    ])
    func `records are found by name and structure`(schema: String, selector: String) throws {
        let text = try Sketch.configuration(Sketch.list(schema: schema))
        #expect(
            text.contains(
                "data_selector: \(selector == "$" || selector.contains("[") ? "\"\(selector)\"" : selector)\n"),
            "\(text)")
    }

    @Test func `one record with lists in it is not a list`() throws {
        let scaffold = try Sketch.scaffold(
            Sketch.list(
                schema:
                    "{properties: {id: {type: string}, name: {type: string}, parts: {type: array, items: {type: object}}}}"
            ))
        #expect(scaffold.endpoints.map(\.kind) == [.single])
        #expect(scaffold.written.isEmpty)
    }

    // MARK: Keys

    @Test(arguments: [
        ("id: {type: integer}", "id"), ("thing_id: {type: string}", "thing_id"),
        ("thingUuid: {type: string}", "thingUuid"),
        ("name: {type: string}", nil), ("id: {type: integer, nullable: true}", nil), ("id: {type: boolean}", nil),
        ("owner_id: {type: string}", nil), ("id: {type: array, items: {type: string}}", nil),
    ])
    func `only a sure key is one`(record: String, key: String?) throws {
        let scaffold = try Sketch.scaffold(Sketch.list(schema: Sketch.answer(record: record)))
        #expect(scaffold.endpoints[0].key?.value.first == key)
    }

    @Test func `the path of one record shows the key of a list`() throws {
        let scaffold = try Sketch.scaffold(
            Sketch.list(
                schema: Sketch.answer(record: "code: {type: string}"), more: "  /things/{code}: {get: {responses: {}}}")
        )
        #expect(scaffold.endpoints[0].key?.value == ["code"])
    }

    // MARK: Parents

    private static let tree = """
        openapi: 3.0.3
        info: {title: Shop API, version: '1'}
        servers: [{url: https://shop.example.com}]
        paths:
          /lines/{account}/entries: {get: {responses: {'200': {$ref: '#/components/responses/R'}}}}
          /orders: {get: {responses: {'200': {$ref: '#/components/responses/R'}}}}
          /orders/{order_id}/lines: {get: {responses: {'200': {$ref: '#/components/responses/R'}}}}
          /orders/{orderId}/lines/{line}/notes: {get: {responses: {'200': {$ref: '#/components/responses/R'}}}}
        components:
          responses:
            R: {description: ok, content: {application/json: {schema: {type: array, items: {properties: {id: {type: string}}}}}}}
        """

    @Test func `variables take fields of the list before them, through several levels`() throws {
        let text = try Sketch.configuration(Self.tree)
        #expect(text.contains("path: orders\n"))
        #expect(text.contains("path: \"orders/{resources.orders.id}/lines\"\n"), "\(text)")
        #expect(
            text.contains("path: \"orders/{resources.lines._orders_id}/lines/{resources.lines.id}/notes\"\n"), "\(text)"
        )
        #expect(text.contains("path: \"lines/${SHOP_ACCOUNT}/entries\"\n"), "\(text)")
        #expect(text.contains("# SHOP_ACCOUNT: "))
    }

    @Test func `a selected child brings its parents, which are not loaded`() throws {
        let scaffold = try Sketch.scaffold(Self.tree, ScaffoldOptions(selections: ["notes"]))
        #expect(scaffold.written.map { scaffold.endpoints[$0].name } == ["orders", "lines", "notes"])
        #expect(scaffold.unselected.count == 2)
    }

    @Test(arguments: [
        ("has_more: {type: boolean}", "auto"), ("next_cursor: {type: string}", "auto"),
        ("meta: {properties: {total_pages: {type: integer}}}", "auto"), ("total: {type: integer}", "single_page"),
    ])
    func `an answer with pages is not taken for a whole one`(others: String, paginator: String) throws {
        #expect(try Sketch.paginator(parameters: "[]", others: others) == paginator)
    }

    @Test(arguments: [
        ("updated_since", "", false), ("updated_at", "", true), ("last_modified", "Filter by time", true),
        ("updated_at", "changed after this time", false),
    ])
    func `a filter by one exact time asks for nothing new`(name: String, text: String, isDoubtful: Bool) throws {
        let scaffold = try Sketch.scaffold(
            Sketch.list(
                parameters: "[{name: \(name), in: query, description: '\(text)', schema: {type: string}}]",
                schema: Sketch.answer(
                    record:
                        "id: {type: integer}, updated_at: {type: string, format: date-time}, modified_at: {type: string, format: date-time}"
                )))
        #expect(scaffold.endpoints.first?.cursor?.isDoubtful == isDoubtful)
    }

    @Test func `names do not depend on the order of the paths`() throws {
        let paths = ["/a/things", "/b/things", "/things", "/x/{id}/things", "/a/other"].map { EndpointPath($0) }
        let names = EndpointNames.names(of: paths)
        #expect(
            Dictionary(uniqueKeysWithValues: zip(paths, names))
                == Dictionary(
                    uniqueKeysWithValues: zip(paths.reversed(), EndpointNames.names(of: paths.reversed()))))
        #expect(Set(names).count == 5)
        #expect(names[2] == "things")
    }

    @Test(arguments: [
        ("/a/*", "/a/b", true), ("/a/*", "/a/b/c", false), ("/a/**", "/a/b/c", true), ("*", "/a", false),
        ("**", "/a", true),
    ])
    func `patterns of paths match whole segments`(pattern: String, path: String, matches: Bool) {
        #expect(PathPattern(pattern).matches(path) == matches)
    }
}
