import AWS
import HTTP
import JSONText
import SystemIO
import TestSupport
import Testing

struct SignatureV4Tests {
    @Test func `requests are signed as botocore signs them`() throws {
        // make-signatures.py wrote them.
        let document = try JSONValue(parsing: Files.readAll(repository("Tests/AWSTests/signatures.json")))
        let access = try #require(document["access_key"]?.stringValue)
        let secret = try #require(document["secret_key"]?.stringValue)
        let time = try #require(document["microseconds"]?.intValue)
        let vectors = try #require(document["vectors"]?.arrayValue)
        #expect(vectors.count == 9)
        for vector in vectors {
            let url = try #require(vector["url"]?.stringValue.flatMap { HTTPURL($0) })
            let headers = try #require(vector["headers"]?.arrayValue).map {
                (name: try #require($0.arrayValue?[0].stringValue), value: try #require($0.arrayValue?[1].stringValue))
            }
            let keys = AWSCredentials(
                accessKey: access, secretKey: secret, sessionToken: vector["token"]?.stringValue)
            let signed = try SignatureV4(region: #require(vector["region"]?.stringValue)).headers(
                #require(vector["method"]?.stringValue), url, headers,
                body: Array(#require(vector["body"]?.stringValue).utf8), keys, at: Int64(time))
            #expect(signed.last?.name == "Authorization")
            #expect(signed.last?.value == vector["authorization"]?.stringValue, "\(url)")
        }
    }
}
