import SystemIO
import TestSupport
import Testing

struct SharedLinesTests {
    private let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    private func append(_ lines: String, isRepeated: Bool = false) throws {
        let source = try folder.write("source", "head\n" + lines)
        try SharedLines.append(from: source, at: 5, to: folder.path("target"), isRepeated: isRepeated)
    }

    @Test func `lines follow what is there, each on a line of its own`() throws {
        try append("a\nb\n")
        try append("c\n")
        #expect(try folder.text("target") == "a\nb\nc\n")
        _ = try folder.write("target", "a\ncut off")
        try append("b\n")
        #expect(try folder.text("target") == "a\ncut off\nb\n")
    }

    /// Wherever the first try was cut, and whatever others have appended since.
    @Test func `what is repeated comes once`() throws {
        let lines = "one\ntwo\ntwo\nthree and more\n"
        for length in 0...lines.utf8.count {
            _ = try folder.write("target", "before\n" + String(lines.prefix(length)))
            try append(lines, isRepeated: true)
            #expect(try folder.text("target") == "before\n" + lines, "\(length)")
        }
        _ = try folder.write("target", "one\nother\ntwo\n")
        try append(lines, isRepeated: true)
        #expect(try folder.text("target") == "one\nother\ntwo\ntwo\nthree and more\n")
    }

    @Test func `programs that append at once cut none of each other's lines`() async throws {
        let target = folder.path("target")
        let lines = (0..<8).map { String(repeating: "\($0)", count: 9000) }
        let sources = try lines.enumerated().map { try folder.write("s\($0)", String(repeating: $1 + "\n", count: 20)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for source in sources {
                group.addTask { try SharedLines.append(from: source, at: 0, to: target, isRepeated: false) }
            }
            try await group.waitForAll()
        }
        let found = try folder.text("target").split(separator: "\n").map(String.init)
        #expect(found.count == 160 && Set(found) == Set(lines))
        // Those of one program stand together.
        #expect(stride(from: 0, to: 160, by: 20).allSatisfy { Set(found[$0..<$0 + 20]).count == 1 })
    }
}
