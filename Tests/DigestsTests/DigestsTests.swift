import Digests
import Testing

/// Bytes that do not repeat before 256, for vectors around block boundaries.
private func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
}

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// Vectors made with Python's hashlib from `pattern`, around both rates (136 and 168 bytes).
@Suite struct KeccakTests {
    static let vectors: [(Int, String, String)] = [
        (0, "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a", "7f9c2ba4e88f827d616045507605853e"),
        (1, "e3ed56bd086d8958483a12734fa0ae7f5c8bb160ef9092c67e82ed9b19e4c7b2", "776915233d1e79097718e09db209efa4"),
        (3, "fffadd0ae913c0947143ac7c6bf1d512c1b265db8ac52100614bd022ae2412d4", "cf0bd6b206ac4e35ebd4ccce5e014b95"),
        (135, "d9dcf1f98e49a79b0643a9e68fef48079ff8777c5e7e7f93469ded65f192ac71", "c46af4f9a43a25a3f21d90f6a131ff3e"),
        (136, "743bd32e775ac7387a57d4d574c89ddef5ebcb08bb5cc6b88c55a27b5035cc45", "c9b065cf999862c0c15d02ffa9450e5b"),
        (137, "01d47e8d6dce6e3dcbf1baa6f845b6ace4ef74bd17da8176ecc49bc35dbe5d21", "4bd0a672017e58746a1d4c98e2474ce0"),
        (167, "684bf83317ea400f033de352516c168261086092de3a12b6478a20f870a18096", "bb961bb015521037905f9baf69ce60dd"),
        (168, "a5a267be792383677005e1628c1c16a64e0c4e2c9ce096287d389c58706a86d1", "d4f73f3b6c4b72d05f45ed1f80b57744"),
        (169, "f7a2c4983e6cf26809daea869b625a0748da650270acad5d223be730bb700954", "30454dd0f630ab1bb8fada554060d540"),
        (272, "ddeb5151c079739970e780e6257d0c4d52d83bf82c6aa8d47d5195530b5d5f4b", "227c2d5657571be5962e47d968f741a9"),
        (500, "00feda856f27ffba753868e7cf5aa894d13043e8db549eb94dff21cd61de7714", "bbc1fdc161528541eb49e76d887618b5"),
    ]

    @Test(arguments: vectors)
    func `digests at block boundaries`(count: Int, sha3: String, shake: String) {
        pattern(count).withUnsafeBytes { bytes in
            #expect(hex(SHA3.digest256(bytes)) == sha3)
            #expect(hex(SHAKE128.digest(bytes, count: 16)) == shake)
        }
    }

    @Test(arguments: [1, 3, 8, 135, 136, 200])
    func `pieces hash like the whole`(size: Int) {
        let bytes = pattern(500)
        var hasher = SHA3Hasher()
        for start in stride(from: 0, to: bytes.count, by: size) {
            bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { hasher.update($0) }
        }
        #expect(hasher.finalize() == bytes.withUnsafeBytes { SHA3.digest256($0) })
    }

    @Test func `text is hashed as UTF-8`() {
        var hasher = SHA3Hasher()
        hasher.update("a")
        hasher.update("é")
        #expect(hasher.finalize() == SHA3.digest256("aé"))
        #expect(hex(SHA3.digest256("abc")) == "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532")
    }

    @Test func `squeezing goes on beyond one block`() {
        let digest = SHAKE128.digest("abc", count: 400)
        #expect(hex(Array(digest[384...])) == "6ee173e30bd4d08f2bc59c6114bdd745")
    }

    @Test(arguments: [
        ("RANDOMID_tab__l_0", "fA/1/mtTM3/SDQ"), ("RANDOMID_tab__l_1", "4ec0Q4apUfn3vw"),
        ("4ec0Q4apUfn3vw_tab__l__list_0", "V5sMkU/p+nVEiQ"), (#"{"a":"x","b":1}"#, "t8htE3Gr5XylGw"),
    ])
    func `row ids are dlt's`(text: String, id: String) {
        #expect(digest128(text, bytes: 10) == id)
    }
}

@Suite struct Base64Tests {
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")])
    func `padded text goes both ways`(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8), padding: true) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test func `padding can be left out`() {
        #expect(Base64.encode([0xFF, 0xEF], padding: false) == "/+8")
        #expect(Array("/+8".utf8).withUnsafeBytes { Base64.decode(unpadded: $0) } == [0xFF, 0xEF])
        #expect(Array("/+8=".utf8).withUnsafeBytes { Base64.decode(unpadded: $0) } == nil)
    }

    @Test func `the alphabet is the standard one`() {
        let all = [UInt8](0...255)
        let text = Base64.encode(all, padding: true)
        #expect(
            text.hasPrefix("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0"))
        #expect(Base64.decode(text) == all)
    }

    @Test(arguments: [
        "A", "AA", "AA=", "AA=A", "A===", "====", "AA==AA==", "AA== ", "AA==\n", " AA==", "A A==", "AAAAA", "AA===",
        "AAA==", "=", "-_--", "AAA=AAAA", "AAAA=",
    ])
    func `what is not strictly Base64 is refused`(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func `a text is canonical if its bytes are written as the same text`() {
        let characters = Array("AQZgw09+/=-".utf8)
        var state: UInt64 = 5
        func random(below count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        for _ in 0..<20_000 {
            let text = (0..<random(below: 10)).map { _ in characters[random(below: characters.count)] }
            let again = text.withUnsafeBytes { Base64.decode($0) }.map { Array(Base64.encode($0, padding: true).utf8) }
            #expect(text.withUnsafeBufferPointer { Base64.isCanonical($0) } == (again == text))
        }
    }

    @Test func `bits too many in the last character are ignored`() {
        #expect(Base64.decode("AB==") == [0])
    }
}

/// Vectors made with the reference implementation (PyPI `xxhash`) from `pattern`.
@Suite struct XXH64Tests {
    @Test(
        arguments: [
            (0, 0xEF46DB3751D8E999, 0xAC75FDA2929B17EF),
            (1, 0x1F25C8D0BC1F4BB6, 0x79CF94F5ACE37FE1),
            (3, 0x31D2363F52E564C9, 0x96D2A5E583DDD738),
            (4, 0x9BB64B7D66EE9FDA, 0x4A862FBB4B73776E),
            (7, 0x9A7B149959CE60D8, 0xDDC5CF71D37A6368),
            (8, 0xDAB99D95C6F90092, 0xC6E75E2CBD8E07EE),
            (12, 0xD52E407833AF5133, 0x79B0B158FAB0E5D6),
            (31, 0xA2AA5F33CC4A6119, 0x381822F33376D6B6),
            (32, 0x23C3C17EF790FD97, 0x9ABD315470AC276A),
            (33, 0x50A7CFC7BA588784, 0x72CDD3262F467933),
            (63, 0x5E3E54B431C7493C, 0x634DA7D265979E61),
            (64, 0x0EB64B3EF6EEB01F, 0xBCB3847D70525180),
            (100, 0xA61F8D4C170FE531, 0x86F549EDE5AC87E2),
            (1000, 0x5F235FA033F1A3FB, 0x83080310EE83CC20),
        ] as [(Int, UInt64, UInt64)])
    func `digests agree with the reference`(count: Int, unseeded: UInt64, seeded: UInt64) {
        let bytes = pattern(count)
        for (seed, expected) in [(UInt64(0), unseeded), (2_654_435_761, seeded)] {
            for size in [1, 5, 31, 32, 33, 1000] {
                var hasher = XXH64(seed: seed)
                for start in stride(from: 0, to: count, by: size) {
                    bytes[start..<min(start + size, count)].withUnsafeBytes { hasher.update($0) }
                }
                #expect(hasher.digest() == expected)
            }
        }
    }

    @Test func `hexadecimal digests have sixteen digits`() {
        #expect(XXH64.hex(0xABC) == "0000000000000abc")
        #expect(XXH64().hexDigest() == "ef46db3751d8e999")
    }
}
