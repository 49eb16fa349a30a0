import SystemIO
import TestSupport
import Testing

/// The committed seeds, and every input that once broke something, through the targets of the fuzzer.
@Suite struct SeedTests {
    @Test(arguments: FuzzTarget.all.map(\.name))
    func `no seed breaks its target`(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let folder = Paths.join(Paths.parent(#filePath), "Seeds", name)
        let seeds = try Files.list(folder)
        #expect(!seeds.isEmpty)
        for seed in seeds {
            let bytes = try Seed.bytes(Paths.join(folder, seed))
            let began = Clock.monotonicNanoseconds()
            do { try target.run(bytes) } catch let finding as FuzzTarget.Finding {
                Issue.record("\(name)/\(seed): \(finding)")
            } catch {
                // An error is an answer.
            }
            let seconds = Double(Clock.monotonicNanoseconds() - began) / 1e9
            #expect(seconds < 20, "\(name)/\(seed) took too long")
        }
    }

    @Test func `every folder of seeds has its target`() throws {
        let folders = try Files.list(Paths.join(Paths.parent(#filePath), "Seeds"))
        #expect(Set(folders) == Set(FuzzTarget.all.map(\.name)))
    }
}

/// A seed lies as the text it is, or, ending in `.hex`, as hexadecimal digits.
enum Seed {
    static func bytes(_ path: String) throws -> [UInt8] {
        let bytes = try Files.readAll(path)
        guard path.hasSuffix(".hex") else { return bytes }
        let digits = bytes.filter { $0 > 0x20 }.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
