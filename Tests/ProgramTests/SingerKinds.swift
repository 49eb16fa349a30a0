/// A kind of stream that taps send, and what has to be in the database afterwards: each row with its columns and values, without
/// nulls and without dlt's own columns.
struct SingerKind: CustomStringConvertible {
    /// The name of its stream too, unless the lines have others.
    let name: String
    let lines: [String]
    /// What tables have, by name; tables that are not named here must not exist.
    let tables: [String: [String]]

    init(_ name: String, _ lines: [String], _ tables: [String: [String]] = [:]) {
        self.name = name
        self.lines = lines
        self.tables = tables
    }

    var description: String { name }

    static func schema(_ stream: String, _ properties: String, key: String = #"["id"]"#, more: String = "") -> String {
        #"{"type":"SCHEMA","stream":"\#(stream)","key_properties":\#(key),"schema":{"type":"object","properties":{\#(properties)}\#(more)}}"#
    }

    static func record(_ stream: String, _ text: String, version: Int? = nil) -> String {
        #"{"type":"RECORD","stream":"\#(stream)","record":\#(text)"#
            + (version.map { #","version":\#($0),"time_extracted":"2026-01-01T00:00:00.000000Z""# } ?? "") + "}"
    }

    static func activate(_ stream: String, _ version: Int) -> String {
        #"{"type":"ACTIVATE_VERSION","stream":"\#(stream)","version":\#(version)}"#
    }

    static func state(_ text: String = #"{"bookmarks":{}}"#) -> String { #"{"type":"STATE","value":\#(text)}"# }
}

extension SingerKind {
    private static let id = #""id":{"type":"integer"}"#

    /// Streams that load as they are, all of them in one run.
    static let accepted: [SingerKind] = values + shapes + schemas + orders

    private static let values = [
        SingerKind(
            "texts",
            [
                schema("texts", id + #","info":{"type":"string"}"#),
                record("texts", #"{"id":1,"info":"\u00e9\u4e2d \ud83d\ude00"}"#),
                record("texts", #"{"id":2,"info":"a \" \\ \/ \n b"}"#),
                record("texts", #"{"id":3,"info":"\\u0041 stays"}"#), record("texts", #"{"id":4,"info":""}"#),
            ], ["texts": ["id=1 info=é中 😀", "id=2 info=a \" \\ / \n b", #"id=3 info=\u0041 stays"#, "id=4 info="]]),
        SingerKind(
            "control characters",
            [
                schema("controls", id + #","info":{"type":"string"}"#),
                record("controls", #"{"id":1,"info":"<\u0001\u001f>"}"#),
            ], ["controls": ["id=1 info=<\u{1}\u{1F}>"]]),
        SingerKind(
            "long texts",
            [
                schema("long", id + #","info":{"type":["null","string"],"maxLength":65535}"#),
                record("long", #"{"id":1,"info":"\#(String(repeating: "long ", count: 3000))"}"#),
            ], ["long": ["id=1 info=" + String(repeating: "long ", count: 3000)]]),
        SingerKind(
            "large integers",
            [
                schema("large", id + #","name":{"type":"string"}"#),
                record("large", #"{"id":99999999999999999,"name":"a"}"#),
            ], ["large": ["id=99999999999999999 name=a"]]),
        SingerKind(
            "keys that are numbers",
            [
                schema("numbers", #""id":{"type":"number"},"name":{"type":["string","null"]}"#),
                record("numbers", #"{"id":34639314995,"name":"a"}"#),
                record("numbers", #"{"id":34639314995,"name":"b"}"#),
            ], ["numbers": ["id=34639314995.0 name=b"]]),
        SingerKind(
            "exact decimals",
            [
                schema("exact", id + #","price":{"type":"number","multipleOf":0.01}"#),
                record("exact", #"{"id":1,"price":12.10}"#), record("exact", #"{"id":2,"price":3}"#),
            ], ["exact": ["id=1 price=12.1", "id=2 price=3"]]),
        SingerKind(
            "times with and without zones",
            [
                schema(
                    "times",
                    id
                        + #","at":{"anyOf":[{"type":"string","format":"date-time"},{"type":"null"}]},"day":{"type":"string","format":"date"}"#
                ),
                record("times", #"{"id":1,"at":"2015-09-01T16:34:02","day":"2026-02-03"}"#),
                record("times", #"{"id":2,"at":"2015-09-01T16:34:02.5+02:00"}"#),
                record("times", #"{"id":3,"at":null}"#),
            ],
            [
                "times": [
                    "id=1 at=2015-09-01 16:34:02.000000 day=2026-02-03", "id=2 at=2015-09-01 14:34:02.500000", "id=3",
                ]
            ]),
        SingerKind(
            "an encoding that is declared stays as it is",
            [
                schema(
                    "encoded", #""id":{"type":"string"},"raw":{"type":["string","null"],"contentEncoding":"base16"}"#),
                record("encoded", #"{"id":"a","raw":"0xA1B2"}"#), record("encoded", #"{"id":"b","raw":"0x"}"#),
                record("encoded", #"{"id":"c","raw":"A1B"}"#), record("encoded", #"{"id":"d","raw":null}"#),
            ], ["encoded": ["id=a raw=0xA1B2", "id=b raw=0x", "id=c raw=A1B", "id=d"]]),
        SingerKind(
            "enumerations",
            [
                schema("enums", id + #","chain":{"type":"string","enum":["base","'","\\"]}"#),
                record("enums", #"{"id":1,"chain":"'"}"#), record("enums", #"{"id":2,"chain":"\\"}"#),
            ], ["enums": ["id=1 chain='", #"id=2 chain=\"#]]),
    ]

    private static let shapes = [
        SingerKind(
            "arrays of texts",
            [
                schema("carts", id + #","fruits":{"type":"array","items":{"type":"string"}}"#),
                record("carts", #"{"id":1,"fruits":["apple","pear"]}"#), record("carts", #"{"id":2,"fruits":[]}"#),
                state(),
            ], ["carts": ["id=1", "id=2"], "carts__fruits": ["value=apple", "value=pear"]]),
        SingerKind(
            "arrays of numbers, booleans and times",
            [
                schema(
                    "lists",
                    id
                        + #","n":{"type":"array","items":{"type":"number"}},"b":{"type":["array","null"],"items":{"type":"boolean"}},"t":{"type":"array","items":{"type":"string","format":"date-time"}}"#
                ),
                record("lists", #"{"id":1,"n":[42,84.5],"b":[true,false],"t":["2023-12-13T01:15:02"]}"#),
            ],
            [
                "lists": ["id=1"], "lists__n": ["value=42.0", "value=84.5"], "lists__b": ["value=0", "value=1"],
                "lists__t": ["value=2023-12-13 01:15:02.000000"],
            ]),
        SingerKind(
            "arrays in arrays",
            [
                schema(
                    "nested_lists", id + #","m":{"type":"array","items":{"type":"array","items":{"type":"integer"}}}"#),
                record("nested_lists", #"{"id":1,"m":[[1,2],[3]]}"#),
            ],
            [
                "nested_lists": ["id=1"], "nested_lists__m": ["", ""],
                "nested_lists__m__list": ["value=1", "value=2", "value=3"],
            ]),
        SingerKind(
            "lists of objects",
            [
                schema(
                    "countries",
                    #""code":{"type":"string"},"languages":{"type":["array","null"],"items":{"type":"object","properties":{"name":{"type":["string","null"]}}}}"#,
                    key: #"["code"]"#),
                state(#"{"bookmarks":{"countries":{"starting_replication_value":null}}}"#),
                record("countries", #"{"code":"CH","languages":[{"name":"German"},{"name":"French"}]}"#),
                record("countries", #"{"code":"AQ","languages":null}"#),
            ], ["countries": ["code=AQ", "code=CH"], "countries__languages": ["name=French", "name=German"]]),
        SingerKind(
            "objects in objects",
            [
                schema(
                    "deep",
                    id
                        + #","info":{"type":"object","properties":{"weather":{"type":"string"},"more":{"type":"object","properties":{"mood":{"type":"string"}}}}}"#
                ),
                record("deep", #"{"id":1,"info":{"weather":"rainy","more":{"mood":"good"}}}"#),
            ], ["deep": ["id=1 info__weather=rainy info__more__mood=good"]]),
        SingerKind(
            "an object that is declared without properties",
            [
                schema("open", #""store":{"type":"object"}"#, key: "[]"),
                record("open", #"{"store":{"id":1,"x":"a"}}"#),
                record("open", #"{"store":{"id":2}}"#),
            ], ["open": ["store__id=1 store__x=a", "store__id=2"]]),
        SingerKind(
            "an object with everything",
            [
                schema("mixed", id + #","value":{"type":"object"}"#),
                record("mixed", #"{"id":1,"value":{"s":"foo","i":42,"f":42.5,"b":[true],"o":{"foo":"bar"}}}"#),
            ],
            [
                "mixed": ["id=1 value__s=foo value__i=42 value__f=42.5 value__o__foo=bar"],
                "mixed__value__b": ["value=1"],
            ]),
        SingerKind(
            "a value of any type",
            [
                schema(
                    "any", id + #","data":{"type":["string","number","integer","array","object","boolean","null"]}"#),
                record("any", #"{"id":1,"data":null}"#), record("any", #"{"id":2,"data":{"test":{"name":"v"}}}"#),
                record("any", #"{"id":3,"data":"text"}"#), record("any", #"{"id":4,"data":[1]}"#),
            ],
            [
                "any": ["id=1", "id=2 data__test__name=v", "id=3 data=text", "id=4"],
                "any__data": ["value=1"],
            ]),
        SingerKind(
            "values of several types without a declared one",
            [
                schema("untyped", #""id":{"type":"string"},"old":{},"new":{}"#),
                record("untyped", #"{"id":"a","old":null,"new":10.0}"#),
                record("untyped", #"{"id":"b","old":"2023-07-14","new":"later"}"#),
                record("untyped", #"{"id":"c","old":false,"new":2.5}"#),
            ],
            [
                "untyped": [
                    "id=a new=10.0", "id=b old=2023-07-14 new__v_text=later", "id=c new=2.5 old=False",
                ]
            ]),
        SingerKind(
            "alternatives of types",
            [
                schema(
                    "alternatives",
                    #""id":{"type":"string"},"parents":{"anyOf":[{"type":"array","items":{"type":["null","string"]}},{"type":"string"},{"type":"null"}]},"legacy":{"anyOf":[{"type":"string"},{"type":"integer"},{"type":"null"}]}"#
                ),
                record("alternatives", #"{"id":"a","parents":["x","y"],"legacy":24}"#),
                record("alternatives", #"{"id":"b","legacy":"BR"}"#),
                record("alternatives", #"{"id":"c","parents":"z"}"#),
            ],
            [
                "alternatives": ["id=a legacy=24", "id=b legacy__v_text=BR", "id=c parents=z"],
                "alternatives__parents": ["value=x", "value=y"],
            ]),
    ]

    private static let schemas = [
        SingerKind(
            "names in camel case",
            [
                schema("TestCamelCase", #""Id":{"type":"string"},"clientName":{"type":"string"}"#, key: #"["Id"]"#),
                record("TestCamelCase", #"{"Id":"1","clientName":"a"}"#),
                record("TestCamelCase", #"{"Id":"1","clientName":"b"}"#),
            ], ["test_camel_case": ["id=1 client_name=b"]]),
        SingerKind(
            "names with special characters",
            [
                schema(
                    "test:Special!in?names",
                    #""_id":{"type":"string"},"d":{"type":"object","properties":{"agent:os:version":{"type":"string"},"a b":{"type":"string"}}}"#,
                    key: #"["_id"]"#),
                record("test:Special!in?names", #"{"_id":"a2","d":{"agent:os:version":"10.1","a b":"c"}}"#, version: 7),
            ], ["test_special_in_names": ["_id=a2 d__agent_os_version=10.1 d__a_b=c"]]),
        SingerKind(
            "names that are words of SQL",
            [
                schema(
                    "order",
                    #""id":{"type":"integer"},"SELECT":{"type":"string"},"group":{"type":"integer"},"user":{"type":"string"}"#
                ),
                record("order", #"{"id":1,"SELECT":"a","group":2,"user":"b"}"#),
            ], ["order": ["id=1 select=a group=2 user=b"]]),
        SingerKind(
            "a table name with spaces and capitals",
            [
                schema("my_db-Table with Space", id), record("my_db-Table with Space", #"{"id":1}"#),
            ], ["my_db_table_with_space": ["id=1"]]),
        SingerKind(
            "a SCHEMA without properties and without records",
            [
                #"{"type":"SCHEMA","stream":"empty","schema":{"type":"object"},"key_properties":[]}"#
            ]),
        SingerKind(
            "SCHEMAs without records", [schema("nothing", id), schema("nothing", id), state(#"{"nothing":1}"#)]),
        SingerKind(
            "the same SCHEMA again and again",
            [
                schema("repeated", id), schema("repeated", id), record("repeated", #"{"id":1}"#),
                schema("repeated", id),
                record("repeated", #"{"id":2}"#),
            ], ["repeated": ["id=1", "id=2"]]),
        SingerKind(
            "a SCHEMA that grows",
            [
                schema("growing", id), record("growing", #"{"id":1}"#),
                schema("growing", id + #","a3":{"type":"boolean"}"#),
                record("growing", #"{"id":2,"a3":true}"#),
                schema(
                    "growing",
                    id
                        + #","a4":{"type":"object","properties":{"v":{"type":"integer"}}},"a5":{"type":"array","items":{"type":"string"}}"#
                ),
                record("growing", #"{"id":3,"a4":{"v":22},"a5":["x"]}"#), state(),
            ], ["growing": ["id=1", "id=2 a3=1", "id=3 a4__v=22"], "growing__a5": ["value=x"]]),
        SingerKind(
            "an array that only a SCHEMA has",
            [
                schema("new_array", id), record("new_array", #"{"id":1}"#),
                schema("new_array", id + #","arr":{"type":"array"}"#),
            ], ["new_array": ["id=1"]]),
        SingerKind(
            "a column whose type changes on the way",
            [
                schema("Changing", #""Id":{"type":"string"},"clientNumber":{"type":"string"}"#, key: #"["Id"]"#),
                record("Changing", #"{"Id":"1","clientNumber":"a"}"#),
                schema("Changing", #""Id":{"type":"string"},"clientNumber":{"type":"integer"}"#, key: #"["Id"]"#),
                record("Changing", #"{"Id":"2","clientNumber":7}"#),
            ], ["changing": ["id=1 client_number=a", "id=2 client_number=7"]]),
        SingerKind(
            "a key that is declared in the wrong place",
            [
                #"{"type":"SCHEMA","stream":"lost_key","schema":{"properties":{"id":{"type":"integer"}},"key_properties":["id"]}}"#,
                record("lost_key", #"{"id":1}"#), record("lost_key", #"{"id":1}"#),
            ], ["lost_key": ["id=1", "id=1"]]),
        SingerKind(
            "definitions that nothing refers to",
            [
                schema(
                    "defined", id + #","at":{"type":["null","string"],"format":"date-time"}"#,
                    more:
                        ##","definitions":{"r":{"items":{"$ref":"#/definitions/r"},"type":["null","integer","array"]}}"##
                ),
                record("defined", #"{"id":1,"at":null}"#),
            ], ["defined": ["id=1"]]),
    ]

    private static let orders = [
        SingerKind(
            "records of one key",
            [
                schema("twice", id + #","metric":{"type":"integer"}"#), record("twice", #"{"id":1,"metric":1}"#),
                record("twice", #"{"id":2,"metric":2}"#), record("twice", #"{"id":1,"metric":100}"#), state(),
            ], ["twice": ["id=1 metric=100", "id=2 metric=2"]]),
        SingerKind(
            "no key",
            [
                schema("keyless", id, key: "[]"), record("keyless", #"{"id":1}"#), record("keyless", #"{"id":1}"#),
                state(),
            ], ["keyless": ["id=1", "id=1"]]),
        SingerKind(
            "attributes that are absent",
            [
                schema("optional", id + #","o":{"type":"string"}"#, more: #","required":["id"]"#),
                record("optional", #"{"id":1,"o":"here"}"#), record("optional", #"{"id":2}"#), state("{}"),
            ], ["optional": ["id=1 o=here", "id=2"]]),
        SingerKind(
            "a required attribute that is absent and not the key",
            [
                schema("required", id + #","metric":{"type":"integer"}"#, key: "[]", more: #","required":["id"]"#),
                record("required", #"{"metric":3215}"#),
            ], ["required": ["metric=3215"]]),
        SingerKind(
            "several STATEs, and a record after the last",
            [
                schema("states_a", id), schema("states_b", id), record("states_a", #"{"id":1}"#),
                state(#"{"a":1,"b":0}"#),
                record("states_b", #"{"id":1}"#), state(#"{"a":1,"b":1}"#), record("states_a", #"{"id":2}"#),
            ], ["states_a": ["id=1", "id=2"], "states_b": ["id=1"]]),
        SingerKind(
            "streams that refer to one another",
            [
                schema("users", id + #","name":{"type":"string"}"#), record("users", #"{"id":5,"name":"Thomas"}"#),
                schema(
                    "visits",
                    id
                        + #","user_id":{"type":"integer"},"info":{"type":"object","properties":{"mood":{"type":"string"}}}"#
                ),
                record("visits", #"{"id":1,"user_id":5,"info":{"mood":"sad"}}"#),
                record("users", #"{"id":6,"name":"Ann"}"#),
            ], ["users": ["id=5 name=Thomas", "id=6 name=Ann"], "visits": ["id=1 user_id=5 info__mood=sad"]]),
        SingerKind(
            "a version at the beginning and at the end",
            [
                state(#"{"currently_syncing":"versioned"}"#), schema("versioned", id), activate("versioned", 1),
                record("versioned", #"{"id":1}"#, version: 1), state(#"{"bookmarks":{"versioned":{}}}"#),
                activate("versioned", 1), state(#"{"bookmarks":{"versioned":{"complete":true}}}"#),
            ], ["versioned": ["id=1"]]),
        SingerKind(
            "records of another version",
            [
                schema("other_version", id), activate("other_version", 5),
                record("other_version", #"{"id":1}"#, version: 5),
                record("other_version", #"{"id":2}"#, version: 4),
            ], ["other_version": ["id=1"]]),
        SingerKind(
            "a version before the SCHEMA",
            [
                activate("early", 3), state(#"{"currently_syncing":"early"}"#), schema("early", id),
                activate("early", 2),
                record("early", #"{"id":1}"#, version: 2), activate("early", 2), state(),
            ], ["early": ["id=1"]]),
        SingerKind(
            "changes from a log, with their deletions",
            [
                schema(
                    "logged",
                    id
                        + #","v":{"type":["null","string"]},"_sdc_deleted_at":{"type":["null","string"],"format":"date-time"}"#
                ),
                record("logged", #"{"id":1,"v":"inserted","_sdc_deleted_at":null}"#, version: 9), state(#"{"lsn":1}"#),
                record("logged", #"{"id":2,"v":"inserted","_sdc_deleted_at":null}"#, version: 9),
                record("logged", #"{"id":1,"v":"updated","_sdc_deleted_at":null}"#, version: 9),
                record("logged", #"{"id":2,"_sdc_deleted_at":"2019-10-13T14:06:31.838328+00:00"}"#, version: 9),
                state(#"{"lsn":2}"#),
            ], ["logged": ["id=1 v=updated", "id=2 _sdc_deleted_at=2019-10-13 14:06:31.838328"]]),
        SingerKind(
            "messages that are not known",
            [#"{"type":"METRIC","value":1}"#, schema("known", id), record("known", #"{"id":1}"#)], ["known": ["id=1"]]),
    ]

    /// Streams that no target takes either, with what the message says.
    static let refused: [(kind: SingerKind, bare: String, ours: String, reason: String)] = [
        (
            SingerKind("a record before its SCHEMA", [record("t", #"{"id":1}"#), schema("t", id)]), "65 65", "65 65 65",
            "precedes its SCHEMA"
        ),
        (
            SingerKind(
                "a record of another stream, whose SCHEMA never comes",
                [schema("t", id), record("t", #"{"id":1}"#), record("u", #"{"id":2}"#)]), "65 65", "65 65 65",
            "of stream u precedes its SCHEMA"
        ),
        (
            SingerKind(
                "a record without its key", [schema("t", id + #","m":{"type":"integer"}"#), record("t", #"{"m":1}"#)]),
            "0 65", "0 0 65", "NOT NULL constraint failed: t.id"
        ),
        (
            SingerKind(
                "a key of another type", [schema("t", id), record("t", #"{"id":1}"#), record("t", #"{"id":"none"}"#)]),
            "0 65", "0 0 65", "NOT NULL constraint failed: t.id"
        ),
        (
            SingerKind("a line that is not JSON", [schema("t", id), "THIS IS NOT JSON", record("t", #"{"id":1}"#)]),
            "65 65",
            "65 65 65", "unable to read line 2 of"
        ),
        (
            SingerKind("half a message at the end", [schema("t", id), record("t", #"{"id":1}"#), #"{"type":"REC"#]),
            "65 65", "65 65 65", "unable to read line 3 of"
        ),
        (
            SingerKind(
                "an object with more members than a table has columns",
                [
                    schema("t", #""o":{"type":"object"}"#, key: "[]"),
                    record("t", "{\"o\":{" + (1...2100).map { "\"c\($0)\":1" }.joined(separator: ",") + "}}"),
                ]), "0 65", "0 0 65", "it would have 2102 columns, the destination allows 2000"
        ),
    ]

    /// Two runs, one after the other, with the tables after the second.
    static let repeated: [(name: String, first: [String], second: [String], tables: [String: [String]])] = [
        (
            "rows are updated by their key",
            [
                schema("t", id + #","v":{"type":"string"}"#), record("t", #"{"id":1,"v":"a"}"#),
                record("t", #"{"id":2,"v":"a"}"#),
            ],
            [
                schema("t", id + #","v":{"type":"string"}"#), record("t", #"{"id":2,"v":"b"}"#),
                record("t", #"{"id":3,"v":"b"}"#),
            ],
            ["t": ["id=1 v=a", "id=2 v=b", "id=3 v=b"]]
        ),
        (
            "rows without a key are added", [schema("t", id, key: "[]"), record("t", #"{"id":1}"#), state()],
            [schema("t", id, key: "[]"), record("t", #"{"id":1}"#), state()], ["t": ["id=1", "id=1"]]
        ),
        (
            "a new version removes rows that it lacks",
            [
                schema("t", id), activate("t", 1), record("t", #"{"id":1}"#, version: 1),
                record("t", #"{"id":2}"#, version: 1), activate("t", 1),
            ],
            [schema("t", id), activate("t", 2), record("t", #"{"id":2}"#, version: 2), activate("t", 2)],
            ["t": ["id=2"]]
        ),
        (
            "a new version without rows empties the table",
            [schema("t", id), activate("t", 1), record("t", #"{"id":1}"#, version: 1)],
            [schema("t", id), activate("t", 2)],
            ["t": []]
        ),
        (
            "the same version without rows removes none",
            [schema("t", id), activate("t", 1), record("t", #"{"id":1}"#, version: 1)],
            [schema("t", id), activate("t", 1)],
            ["t": ["id=1"]]
        ),
        (
            "a version under a name with capitals",
            [
                schema("Account", #""Code":{"type":"string"}"#, key: #"["Code"]"#),
                record("Account", #"{"Code":"AF"}"#, version: 1), activate("Account", 1),
            ],
            [
                schema("Account", #""Code":{"type":"string"}"#, key: #"["Code"]"#),
                record("Account", #"{"Code":"AN"}"#, version: 2), activate("Account", 2),
            ],
            ["account": ["code=AN"]]
        ),
        (
            "columns come and go",
            [schema("t", id + #","old":{"type":"string"}"#), record("t", #"{"id":1,"old":"x"}"#)],
            [schema("t", id + #","new":{"type":"string"}"#), record("t", #"{"id":2,"new":"y"}"#)],
            ["t": ["id=1 old=x", "id=2 new=y"]]
        ),
        (
            "children of a row are those of its newest version",
            [
                schema("t", id + #","l":{"type":"array","items":{"type":"integer"}}"#),
                record("t", #"{"id":1,"l":[1,2,3]}"#),
            ],
            [
                schema("t", id + #","l":{"type":"array","items":{"type":"integer"}}"#),
                record("t", #"{"id":1,"l":[9]}"#),
            ],
            ["t": ["id=1"], "t__l": ["value=9"]]
        ),
    ]
}
