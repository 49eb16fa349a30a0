import Destinations
import JSONText
import PipelineStates

@testable import PostgreSQLConnector
@testable import RESTConnector
@testable import StateInspection

extension FuzzTarget {
    /// Small languages of options and configurations: paths, templates, addresses of databases.
    static let paths = FuzzTarget(name: "paths") { bytes in
        var input = FuzzInput(bytes)
        let kind = input.option(below: 4)
        let text = input.text
        switch kind {
        case 0:
            let path = try JSONPath(text)
            try require(path.text == text, "the path forgot its text")
            let keys = text.split(separator: ".").map(String.init)
            try require(
                try JSONPath(JSONPath.text(of: keys)).steps == keys.map { .key(Array($0.utf8)) },
                "the path to \(keys) leads elsewhere")
        case 1:
            let path = try StatePath(text)
            var document: JSONValue = ["a": [1, 2, ["b": 3]]]
            _ = path.value(in: document)
            try path.set("new", in: &document)
            try require(path.value(in: document) == "new", "what was set is not there")
        case 2:
            _ = try Template(text).expressions
        default:
            guard let url = DestinationURL(text) else { return }
            _ = try PostgreSQLLocation(DestinationTarget(url: url, dataset: nil, pipeline: "p"))
        }
    }
}
