import Authentication

/// The format of the configuration: dlt's `RESTAPIConfig` and our additions.
enum ConfigurationShapes {
    static let document = ObjectShape(
        "a configuration",
        [
            .init("$schema", .text, "URL of the JSON Schema, for editors."),
            .init(
                "name", .text,
                "Name of the source, and of the pipeline when nothing else names it (default: the file's name)."),
            .init("client", .object(client), required: true, "The API: base URL, headers, credentials, paging."),
            .init(
                "resource_defaults", .object(resourceDefaults), "Defaults for all resources."),
            .init(
                "resources", .list(.either([.text, .object(resource)])), required: true,
                "What to fetch; a string is both name and path."),
            .init("max_table_nesting", .integer, "Levels of child tables; deeper values are kept as JSON."),
            .init("schema_contract", .either([.text, .map(.text)]), "How tables, columns and types may change."),
            .init("root_key", .flag, "Whether child tables carry the id of their root row."),
            .init("parallelized", .flag, "Accepted and without effect: resources are always fetched side by side."),
        ])

    static let client = ObjectShape(
        "a client",
        [
            .init("base_url", .text, required: true, "URL that paths are appended to."),
            .init("headers", .map(.either([.scalar, .null])), "Headers of every request."),
            .init("auth", authentication, "Credentials."),
            .init("paginator", paginator, "How to get the next page (default: detected at the first response)."),
            .init("session", .object(session), "Timeouts, retries, proxy, certificates."),
        ])

    static let session = ObjectShape(
        "session options",
        [
            .init("timeout", .number, "Seconds without a byte from the server (60)."),
            .init("connect_timeout", .number, "Seconds to wait for a connection (60)."),
            .init("total_timeout", .number, "Seconds for one attempt; 0 is no limit (600)."),
            .init("max_attempts", .integer, "The most attempts for one request (5)."),
            .init("backoff_factor", .number, "Seconds before the second attempt; doubled before each later one (1)."),
            .init("max_retry_delay", .number, "The longest wait between attempts, in seconds (300)."),
            .init("rate", .number, "Requests per second for each host."),
            .init("proxy", .text, "URL of a proxy (default: https_proxy, http_proxy and no_proxy)."),
            .init("ca_file", .text, "File of certificates to trust instead of the system's."),
            .init("cert_file", .text, "File with the client's certificate, PEM."),
            .init("key_file", .text, "File with the key of that certificate, PEM."),
            .init("verify", .flag, "Whether certificates are checked (true)."),
            .init("user_agent", .text, "The User-Agent header."),
            .init("max_body", .integer, "The largest response, in bytes after decompression (256 MiB)."),
        ])

    // MARK: Resources

    private static let hints: [ObjectShape.Field] = [
        .init("table_name", .text, "Name of the table (default: the resource's)."),
        .init(
            "write_disposition", .either([.text, .map(.anything)]),
            "append, replace, merge, a merge strategy, or dlt's mapping."),
        .init("primary_key", .either([.text, .list(.text)]), "Fields that identify a record."),
        .init("merge_key", .either([.text, .list(.text)]), "Fields by which merge replaces groups of records."),
        .init(
            "columns", .either([.map(.map(.anything)), .list(.map(.anything))]),
            "Hints of columns, by name, or a list with `name`."),
        .init("schema_contract", .either([.text, .map(.text)]), "How table, columns and types may change."),
        .init("max_table_nesting", .integer, "Levels of child tables."),
        .init("table_format", .text, "Kept in the schema; no destination of the toolkit uses it."),
        .init("file_format", .text, "Kept in the schema; packages have one format."),
        .init("references", .list(.map(.anything)), "References to other tables, kept in the schema."),
        .init("nested_hints", .map(.anything), "Refused: give child tables their hints in a schema."),
        .init("incremental", .object(incremental), "Cursor that keeps only new records."),
        .init("selected", .flag, "false: fetched for the resources that depend on it, but not delivered."),
        .init("parallelized", .flag, "Accepted and without effect: children are always fetched side by side."),
    ]

    private static let shared: [ObjectShape.Field] = [
        .init("endpoint", .either([.text, .object(endpoint)]), "A path, or a description of the request."),
        .init("include_from_parent", .list(.text), "Fields of the parent to add to each record, as `_parent_field`."),
        .init("processing_steps", .list(.object(step)), "Filters and changes of records, in order."),
    ]

    static let resource = ObjectShape(
        "a resource", [.init("name", .text, required: true, "its name, and that of its table")] + shared + hints)

    static let resourceDefaults = ObjectShape(
        "resource defaults", [.init("name", .text, "Not used; a resource has its own.")] + shared + hints)

    static let endpoint = ObjectShape(
        "an endpoint",
        [
            .init("path", .text, "Appended to base_url, or a URL (default: the resource's name)."),
            .init("method", .text, "GET, POST, … (GET)."),
            .init("params", .map(parameter), "Query parameters; null leaves one out."),
            .init("json", .either([.map(.anything), .list(.anything)]), "Body, sent as JSON."),
            .init("data", .either([.map(.anything), .text]), "Body, sent as a form, or a text as it is."),
            .init("headers", .map(.either([.scalar, .null])), "Headers beside the client's."),
            .init("paginator", paginator, "How to get the next page."),
            .init("data_selector", .text, "Where in a response the records are, such as `data.items` or `$`."),
            .init(
                "data_selector_required", .flag,
                "false: a response without the selected data, or with null there, is an empty page instead of an error."
            ),
            .init("response_actions", .list(.object(action)), "What to do with certain responses."),
            .init("incremental", .object(incremental), "Cursor, and the parameters that ask for new records."),
            .init("auth", authentication, "Credentials instead of the client's."),
        ])

    static let parameter = Shape.either([
        .scalar, .null, .list(.scalar),
        .tagged(
            TaggedShape(
                name: "a parameter", key: "type", usual: nil,
                cases: [
                    (
                        "resolve",
                        ObjectShape(
                            "a resolve parameter",
                            [
                                .init("resource", .text, required: true, "the parent resource"),
                                .init("field", .text, required: true, "path of the value in the parent's record"),
                            ])
                    ),
                    (
                        "incremental",
                        ObjectShape("an incremental parameter", incremental.fields)
                    ),
                ])),
    ])

    static let incremental = ObjectShape(
        "an incremental cursor",
        [
            .init("cursor_path", .text, required: true, "path of the value in a record, such as updated_at"),
            .init("initial_value", .scalar, "Where the first run begins."),
            .init("end_value", .scalar, "Where this run ends; the state is then left alone."),
            .init("start_param", .text, "Query parameter that gets the start value."),
            .init("end_param", .text, "Query parameter that gets the end value."),
            .init(
                "convert", .choice(IncrementalConversion.allCases.map(\.rawValue)),
                "Form of the values in requests; dlt's Python functions cannot be moved."),
            .init("last_value_func", .choice(["max", "min"]), "Which value is the last (max)."),
            .init("row_order", .choice(["asc", "desc"]), "Order in which the API delivers; lets a run stop early."),
            .init("lag", .number, "How far back to begin again: seconds, or days for dates."),
            .init(
                "on_cursor_value_missing", .choice(["raise", "include", "exclude"]),
                "What to do with records without the value (raise)."),
            .init("range_start", .choice(["closed", "open"]), "Whether the start value itself is wanted (closed)."),
            .init("range_end", .choice(["closed", "open"]), "Whether the end value itself is wanted (open)."),
            .init("primary_key", .either([.text, .list(.text)]), "Fields that identify records at the boundary."),
            .init("allow_external_schedulers", .flag, "Take the window from DLT_INTERVAL_START and DLT_INTERVAL_END."),
        ])

    static let action = ObjectShape(
        "a response action",
        [
            .init("status_code", .integer, "The status that this applies to."),
            .init("content", .text, "Text in the bodies that this applies to."),
            .init(
                "action", .choice(["ignore", "fail"]), required: true,
                "ignore: the page is dropped and paging ends; fail: an error even if the status is good"),
        ])

    // MARK: Steps

    static let step = ObjectShape(
        "a processing step (filter, map or yield_map)",
        [
            .init(
                "filter", .either([.object(condition), .list(.object(condition))]),
                "Keeps the records that meet all conditions."),
            .init("map", .object(map), "Changes each record."),
            .init("yield_map", .object(expansion), "Makes several records of one."),
        ])

    static let condition = ObjectShape(
        "a condition",
        [
            .init("field", .text, required: true, "path of the value in the record"),
            .init("equals", .either([.scalar, .null]), "The value equals this."),
            .init("not_equals", .either([.scalar, .null]), "The value does not equal this."),
            .init("in", .list(.either([.scalar, .null])), "The value is one of these."),
            .init("not_in", .list(.either([.scalar, .null])), "The value is none of these."),
            .init("contains", .text, "The text, or an element of the list, is or holds this."),
            .init("exists", .flag, "Whether there is a value that is not null."),
            .init("above", .scalar, "The value is greater than this."),
            .init("below", .scalar, "The value is less than this."),
            .init("at_least", .scalar, "The value is this or greater."),
            .init("at_most", .scalar, "The value is this or less."),
        ])

    static let map = ObjectShape(
        "a change of records",
        [
            .init("include", .list(.text), "The only top-level fields to keep."),
            .init("exclude", .list(.text), "Top-level fields to leave out."),
            .init("rename", .map(.text), "New names of top-level fields, by the old ones."),
            .init("set", .map(.anything), "Fields to add, with their values."),
        ])

    static let expansion = ObjectShape(
        "an expansion",
        [
            .init("path", .text, required: true, "path of a list; each element becomes a record"),
            .init("keep", .list(.text), "Top-level fields of the whole record to add to each element."),
        ])

    // MARK: Credentials

    static let authentication = Shape.either([
        .choice(authenticationCases.map(\.tag)),
        .tagged(TaggedShape(name: "credentials", key: "type", usual: "bearer", cases: authenticationCases)),
    ])

    private static let authenticationCases: [(tag: String, shape: ObjectShape)] = [
        ("bearer", ObjectShape("a bearer token", [.init("token", .text, "The token.")])),
        (
            "api_key",
            ObjectShape(
                "an API key",
                [
                    .init("name", .text, "Name of the header, parameter or cookie (Authorization)."),
                    .init("api_key", .scalar, "The key."),
                    .init("location", .choice(["header", "query", "param", "cookie"]), "Where it goes (header)."),
                ])
        ),
        (
            "http_basic",
            ObjectShape(
                "a user and password",
                [.init("username", .scalar, "The user."), .init("password", .scalar, "The password.")])
        ),
        (
            "oauth2_client_credentials",
            ObjectShape(
                "OAuth 2 client credentials",
                [
                    .init("access_token", .text, "A token to begin with."),
                    .init("access_token_url", .text, "URL that issues tokens."),
                    .init("client_id", .scalar, "The client."),
                    .init("client_secret", .scalar, "Its secret."),
                    .init("access_token_request_data", .map(.scalar), "More fields of the request for a token."),
                    .init(
                        "default_token_expiration", .integer,
                        "Lifetime of a token in seconds, if the answer has none (3600)."),
                ])
        ),
        (
            "oauth2_refresh_token",
            ObjectShape(
                "an OAuth 2 refresh token",
                [
                    .init("access_token", .text, "A token to begin with."),
                    .init("access_token_url", .text, "URL that issues tokens."),
                    .init("client_id", .scalar, "The client."),
                    .init("client_secret", .scalar, "Its secret."),
                    .init(
                        "refresh_token", .text, "The first refresh token; a newer one from the server replaces it."),
                    .init("access_token_request_data", .map(.scalar), "More fields of the request for a token."),
                    .init(
                        "default_token_expiration", .integer,
                        "Lifetime of a token in seconds, if the answer has none (3600)."),
                ])
        ),
        (
            "oauth2_jwt",
            ObjectShape(
                "a signed JWT",
                [
                    .init("client_id", .scalar, "Issuer and subject."),
                    .init("private_key", .text, "The key, PEM."),
                    .init("private_key_passphrase", .text, "Its passphrase."),
                    .init("auth_endpoint", .text, "URL that issues tokens, and the audience."),
                    .init("scopes", .either([.text, .list(.text)]), "Scopes to request."),
                    .init("headers", .map(.scalar), "Headers of the request for a token."),
                    .init(
                        "algorithm", .choice(JSONWebToken.Algorithm.allCases.map(\.rawValue)),
                        "Signature algorithm (RS256)."),
                    .init(
                        "default_token_expiration", .integer,
                        "Lifetime of a token in seconds, if the answer has none (3600)."),
                ])
        ),
    ]

    // MARK: Paginators

    static let paginator = Shape.either([
        .choice(paginatorCases.map(\.tag) + ["json_response"]),
        .tagged(
            TaggedShape(
                name: "a paginator", key: "type", usual: "auto", cases: paginatorCases,
                aliases: ["json_response": "json_link"])),
    ])

    private static let hasMore = ObjectShape.Field(
        "has_more_path", .text, "Path of a flag in the response: whether more pages follow.")
    private static let isLast = ObjectShape.Field(
        "is_last_path", .text, "Path of a flag in the response: whether it is the last page.")
    private static func stopAfterEmptyPage(_ usual: String) -> ObjectShape.Field {
        .init("stop_after_empty_page", .flag, "Whether a page without records is the last (\(usual)).")
    }
    private static let samePage = ObjectShape.Field(
        "allow_same_page", .flag, "true: two equal pages in a row are not an error.")

    static let paginatorCases: [(tag: String, shape: ObjectShape)] = [
        ("auto", ObjectShape("an automatic paginator", [])),
        ("single_page", ObjectShape("a single page", [])),
        (
            "header_link",
            ObjectShape("a link in a header", [.init("links_next_key", .text, "The relation of the link (next).")])
        ),
        (
            "json_link",
            ObjectShape(
                "a link in the response",
                [.init("next_url_path", .text, "Path of the link (next)."), hasMore, isLast])
        ),
        (
            "header_cursor",
            ObjectShape(
                "a cursor in a header",
                [
                    .init("cursor_key", .text, "The header (next)."),
                    .init("cursor_param", .text, "Query parameter for the cursor (cursor)."),
                ])
        ),
        (
            "cursor",
            ObjectShape(
                "a cursor",
                [
                    .init("cursor_path", .text, "Path of the cursor in the response (cursors.next)."),
                    .init("cursor_param", .text, "Query parameter for the cursor (cursor)."),
                    .init("cursor_body_path", .text, "Path of the cursor in the JSON body."),
                    stopAfterEmptyPage("false"), hasMore, isLast,
                ])
        ),
        (
            "offset",
            ObjectShape(
                "an offset",
                [
                    .init("limit", .integer, required: true, "records to request per page"),
                    .init("offset", .integer, "Offset to begin at (0)."),
                    .init("offset_param", .text, "Query parameter of the offset (offset)."),
                    .init("offset_body_path", .text, "Path in the JSON body of the offset."),
                    .init("limit_param", .text, "Query parameter of the limit (limit)."),
                    .init("limit_body_path", .text, "Path in the JSON body of the limit."),
                    .init("total_path", .either([.text, .null]), "Path of the total number of records (total)."),
                    .init("maximum_offset", .integer, "Offset to end at."),
                    stopAfterEmptyPage("true"), hasMore, isLast, samePage,
                ])
        ),
        (
            "page_number",
            ObjectShape(
                "a page number",
                [
                    .init("base_page", .integer, "Number of the first page (0)."),
                    .init("page", .integer, "Page to begin at (base_page)."),
                    .init("page_param", .text, "Query parameter of the page (page)."),
                    .init("page_body_path", .text, "Path in the JSON body of the page."),
                    .init("total_path", .either([.text, .null]), "Path of the total number of pages (total)."),
                    .init("maximum_page", .integer, "Page to end at."),
                    stopAfterEmptyPage("true"), hasMore, isLast, samePage,
                ])
        ),
    ]
}
