import JSONText
import LoadPackages
import PipelineStates
import RecordStreams
import Schemas

extension FuzzTarget {
    /// The documents of a package and a spool, and the messages between programs: what is accepted is written as it was read.
    static let package = FuzzTarget(name: "package") { bytes in
        var input = FuzzInput(bytes)
        let kind = input.option(below: 4)
        let document = try JSONValue(parsing: input.bytes)
        switch kind {
        case 0:
            let manifest = try Manifest(document: document)
            let again = try Manifest(document: manifest.document)
            try require(again == manifest, "the manifest is another when it was written")
        case 1:
            var schema = try Schema(document: document)
            let hash = schema.contentHash()
            let again = try Schema(document: schema.document())
            try require(again.contentHash() == hash, "the schema's hash changes by writing it")
            for table in schema.tables {
                _ = schema.writeDisposition(of: table.name)
                _ = schema.chain(from: table.name)
                _ = schema.root(of: table.name)
            }
            _ = try? HintRules(settings: schema.settings).preferredType(of: "id")
            _ = schema.bump()
            try require(schema.versionHash == hash, "the schema's hash is not that of its content")
        case 2:
            guard case .object(let object) = document else { return }
            var state = PipelineState(document: object)
            let hash = state.contentHash()
            _ = state.bump()
            let again = PipelineState(document: state.document)
            try require(again.contentHash() == state.contentHash(), "the state's hash changes by writing it")
            let tree = StateTree(sources: object)
            try require(tree.contentHash() == StateTree(sources: object).contentHash(), "the hash is not the content's")
            var committed = StateTree()
            committed.commit(tree.changes(since: committed), removing: tree.removals(since: committed))
            try require(
                committed.changes(since: tree).subtrees.isEmpty, "changes that were committed are changes still")
        default:
            if let header = StreamHeader(message: document) {
                try require(
                    StreamHeader(message: header.message) == header, "the header is another when it was written")
            }
            if let schema = StreamSchema(message: document) {
                try require(
                    StreamSchema(message: schema.message) == schema, "the schema is another when it was written")
            }
            if let end = StreamEnd(message: document) {
                try require(StreamEnd(message: end.message) == end, "the end is another when it was written")
            }
            _ = PackageLine(message: document)
        }
    }
}
