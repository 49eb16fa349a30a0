import AWS
import DateTimes
import ObjectStores

/// A page of a bucket's listing.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
struct S3Listing {
    let objects: [StoredObject]
    /// Asks for the page after this one; nil: this is the last.
    let continuation: String?

    /// Nil if the answer is not such a page.
    init?(_ body: [UInt8], bucket: String) {
        guard let page = XMLElement(parsing: body), page.name == "ListBucketResult" else { return nil }
        var objects: [StoredObject] = []
        for entry in page.all("Contents") {
            guard let key = entry["Key"]?.text, let size = entry["Size"].flatMap({ Int64($0.text) }), size >= 0 else {
                return nil
            }
            let tag = entry["ETag"]?.text
            let modified = entry["LastModified"].flatMap { Self.time($0.text) }
            objects.append(
                StoredObject(
                    url: "s3://\(bucket)/\(key)", key: key, size: size, modified: modified.map { $0 * 1000 },
                    tag: tag.map { $0.hasPrefix("\"") ? $0 : "\"\($0)\"" }))
        }
        self.objects = objects
        let more = page["NextContinuationToken"]?.text
        let isTruncated = page["IsTruncated"]?.text == "true"
        if isTruncated, more?.isEmpty ?? true { return nil }
        continuation = isTruncated ? more : nil
    }

    private static func time(_ text: String) -> Int64? {
        Array(text.utf8).withUnsafeBufferPointer { TemporalCoercion.timestamp(text: $0) }
    }
}
