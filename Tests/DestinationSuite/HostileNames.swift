/// Names that want to be SQL, paths, or orders to a terminal, and those that only look like others.
enum HostileNames {
    static let quotes = [
        "\"", "a\"b", "\"\"", "'", "it's", "''", "`", "[x]", "]", "“”", "’", "\\", "a\\b", "\\'", "\\\"", "a\"\u{301}b",
        "x'\u{301}y",
    ]
    static let statements = [
        ";", "--", "a--b", "/*", "*/", "/* x */", "); DROP TABLE canary; --", "\"); DROP TABLE canary; --",
        "'); DROP TABLE canary; --", "x\"; DELETE FROM canary; --", "x' OR '1'='1", "$$", "$$; DROP TABLE canary; $$",
        "$1",
        "$tag$", "?", "?1", ":a", "@a", "#", "%s", "%(a)s", "{}", "{0}", "\\!", "\\q", ".quit", "\\.", "\\N",
        "x\n); DROP TABLE canary; --", "x\r\n; DROP TABLE canary;", "U&\"\\0022\"", "E'\\''", "a\u{0}b", "\u{0}",
    ]
    static let paths = ["a.b", "..", ".", "../x", "/etc/passwd", "a/b", "~", "C:\\x", "a:b", "file:x"]
    static let controls = [
        "\t", "a\tb", "a\nb", "a\rb", "a\u{1B}[31mb", "\u{7F}", "\u{85}", "\u{1}", "\u{2028}", "\u{A0}", "\u{FEFF}",
        "\u{FEFF}a",
    ]
    static let lookalikes = [
        "a", "A", "а", "ａ", "á", "a\u{301}", "ﬁ", "fi", "K", "\u{212A}", "ß", "ẞ", "ss", "ı", "i", "I", "İ",
        "a\u{200B}",
        "a\u{200D}b", "\u{202E}abc", "\u{2066}abc", "日本", "😀", "👨‍👩‍👧", "٣", "½", "\u{F026}1.5",
    ]
    static let reserved = [
        "select", "SELECT", "table", "order", "group", "user", "null", "true", "default", "check", "primary", "values",
        "end",
        "rowid", "oid", "_rowid_", "main", "temp", "sqlite_master", "pg_catalog", "public", "information_schema",
        "(position)",
        "(gone)", "(known)", "place", "key", "rank", "s", "d", "n", "k", "latest", "data", "id", "1", "1e3", "-", "+",
        "*", "_",
        "_id", "%2F", "CON", "constructor", "__proto__",
    ]
    static let long = [
        String(repeating: "x", count: 62) + "y", String(repeating: "x", count: 62) + "z",
        String(repeating: "x", count: 300),
        String(repeating: "a\"", count: 200),
    ]

    static let all = quotes + statements + paths + controls + lookalikes + reserved + long
}
