import HTTP
import JSONText
import ProgramSupport

/// Signs in a page that records are missing although nothing is wrong with it: the user has to know.
struct PageDoubts {
    enum Kind: Hashable { case failures, onlyPage, otherWay, emptyFirstPage, misquoted }

    struct Doubt {
        let kind: Kind
        let message: String
        let hint: String?
    }

    let resource: FetchedResource
    let page: PageReader.Page
    let headers: HTTPHeaders
    let isFirst: Bool
    /// The paginator, already past the page.
    let paginator: Paginator
    let hasNext: Bool

    var all: [Doubt] { [failures, misquoted, onlyPage, otherWay, emptyFirstPage].compactMap(\.self) }

    private var failures: Doubt? {
        page.complaint.map {
            Doubt(
                kind: .failures,
                message: "\(resource.name): a part of the data may be missing: the answer also says \($0)",
                hint: nil)
        }
    }

    private var misquoted: Doubt? {
        paginator.misquoted.map { path in
            let name = path.text.hasPrefix("$.") ? String(path.text.dropFirst(2)) : path.text
            return Doubt(
                kind: .misquoted,
                message:
                    "\(resource.name): `\(path.text)` leads through several names; the member `\(name)` is used instead",
                hint: "quote it on its own: \"\(JSONPath.quoted(name))\"")
        }
    }

    /// Nothing in the page leads to a next page, and nothing says that there is none.
    private var onlyPage: Doubt? {
        guard isFirst, case .auto = resource.paginator, case .singlePage = paginator.rules, page.isList,
            !page.records.isEmpty, !saysThatItIsAll
        else { return nil }
        let signs = members.filter { Self.concernsPaging($0.name) }.map(\.path)
        let seen =
            signs.isEmpty
            ? "" : "the answer has \(signs.prefix(6).joined(separator: ", ")), which may be about paging; "
        return Doubt(
            kind: .onlyPage,
            message: "\(resource.name): the first answer names no next page, so its "
                + "\(NumberText.count(page.records.count, of: "record")) may not be all",
            hint: "\(seen)describe the paging with `paginator`, or set paginator: single_page if this is all")
    }

    /// The configured way leads nowhere from the first page, and another one seems to lead on.
    private var otherWay: Doubt? {
        guard isFirst, !hasNext, !page.records.isEmpty, paginator.misquoted == nil, let written = absentWay else {
            return nil
        }
        let found = PaginatorDetection.detect(headers, page.root)
        switch found["type"]?.stringValue {
        case "header_link"?, "json_link"?, "cursor"?: break
        case "page_number"?:
            let path = found["total_path"]?.stringValue.flatMap { try? JSONPath($0) }
            guard let path, let total = page.root.first(path)?.wholeNumber, total > 1 else { return nil }
        default: return nil
        }
        return Doubt(
            kind: .otherWay,
            message:
                "\(resource.name): the first answer has no \(written), so it is taken for the last; another way seems to "
                + "lead on",
            hint: "paginator: \(JSONValue.object(found).serialized())")
    }

    /// What the paginator looked for in the page and did not find; nil if the page does have a value at that place.
    private var absentWay: String? {
        switch resource.paginator {
        case .jsonLink(let rules) where !rules.flags.areGiven && page.root.first(rules.path) == nil:
            "link at `\(rules.path.text)`"
        case .cursor(let rules) where !rules.flags.areGiven && page.root.first(rules.path) == nil:
            "cursor at `\(rules.path.text)`"
        case .headerLink where headers["Link"] == nil: "Link header"
        case .headerCursor(let header, _) where headers[header] == nil: "header \(header)"
        default: nil
        }
    }

    private var emptyFirstPage: Doubt? {
        guard isFirst, page.records.isEmpty, case .range(let rules) = paginator.rules,
            let total = members.first(where: { Self.isTotal($0.name) && ($0.value.wholeNumber ?? 0) > 0 })
        else { return nil }
        let number = total.value.wholeNumber ?? 0
        let question =
            rules.limit != nil
            ? "does the offset count from 1? (offset: 1)"
            : rules.base == 0 ? "do pages count from 1? (base_page: 1)" : "does the first page have another number?"
        return Doubt(
            kind: .emptyFirstPage,
            message: "\(resource.name): the first page was empty, but the answer mentions \(NumberText.count(number)) "
                + "(\(total.path))", hint: question)
    }

    // MARK: Values beside the records

    private struct Member {
        let path: String
        let name: String
        let value: JSONPlace
    }

    /// The values in the objects around the records, by their paths.
    private var members: [Member] {
        var members: [Member] = []
        func collect(_ place: JSONPlace, _ keys: [String]) {
            for (key, value) in place.members {
                let keys = keys + [key.string ?? ""]
                if value.kind == .object, keys.count < 4 {
                    collect(value, keys)
                } else if value.kind != .array {
                    members.append(
                        Member(path: JSONPath.text(of: keys), name: (keys.last ?? "").lowercased(), value: value))
                }
            }
        }
        collect(page.root, [])
        return members
    }

    /// Whether the page, in other places, points to further pages and then says that there are none.
    private var saysThatItIsAll: Bool {
        if headers["Link"] != nil { return true }
        return members.contains { member in
            let name = Self.plain(member.name)
            if name.hasPrefix("next") || name.hasSuffix("nextlink") { return member.value.isFalsy }
            if ["hasmore", "hasnext", "hasnextpage", "more"].contains(name) { return member.value.isFalsy }
            if ["islast", "islastpage", "last", "done", "endofstream"].contains(name) {
                return member.value.kind == .true
            }
            return Self.isTotal(name) && member.value.wholeNumber == page.records.count
        }
    }

    private static func plain(_ name: String) -> String {
        String(decoding: name.utf8.filter { $0 != 0x5F && $0 != 0x2D }, as: UTF8.self)
    }

    private static func isTotal(_ name: String) -> Bool {
        let name = plain(name)
        return name.contains("total") || name == "count"
    }

    private static func concernsPaging(_ name: String) -> Bool {
        let name = plain(name)
        return ["next", "cursor", "page", "paging", "hasmore", "total", "offset", "token", "after"]
            .contains { name.contains($0) }
    }
}
