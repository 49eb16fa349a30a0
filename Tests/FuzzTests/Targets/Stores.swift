import ObjectStores

@testable import AWS
@testable import FileConnector
@testable import ObjectStoreConnector

extension FuzzTarget {
    /// What stores of objects answer, the files with their credentials, and addresses.
    static let stores = FuzzTarget(name: "stores") { bytes in
        var input = FuzzInput(bytes)
        switch input.option(below: 4) {
        case 0:
            guard let page = S3Listing(input.bytes, bucket: "b") else { return }
            try require(page.objects.allSatisfy { ($0.size ?? -1) >= 0 }, "an object has no size")
            try require(page.continuation.map { !$0.isEmpty } ?? true, "the next page has no name")
        case 1:
            guard let element = XMLElement(parsing: input.bytes) else { return }
            func count(_ element: XMLElement) -> Int {
                element.text.utf8.count + element.children.reduce(0) { $0 + count($1) }
            }
            // What is not UTF-8 becomes U+FFFD, of three bytes.
            try require(count(element) <= 3 * bytes.count, "the text has grown")
        case 2:
            _ = AWSProfiles(input.text, isConfiguration: true)
            _ = AWSProfiles(input.text, isConfiguration: false)
        default:
            _ = ContentRange(input.text)
            guard let address = try? RemoteAddress("s3://" + input.text) else { return }
            let key = address.prefix + "x.csv"
            _ = address.match(key)
            _ = try? FilePlan.name(of: "s3://" + input.text)
        }
    }
}
