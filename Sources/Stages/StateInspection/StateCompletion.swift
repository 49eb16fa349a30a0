import ArgumentParser
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport

/// What shells offer of packages and of state.
enum StateCompletion {
    /// Load ids of packages in these places.
    static func packages(_ places: Spool.Place...) -> CompletionKind {
        ValueCompletion.values { line in
            spools(line).flatMap { spool in
                places.flatMap { (try? spool.packages($0)) ?? [] }.map(\.text)
            }
        }
    }

    /// Names of resources that have state.
    static let resources = ValueCompletion.values { line in subtrees(line).compactMap(\.resource) }

    /// Paths of their state.
    static let paths = ValueCompletion.values { line in
        subtrees(line).map { "sources.\($0.source)" + ($0.resource.map { ".resources.\($0)" } ?? "") }
    }

    private static func subtrees(_ line: CompletionLine) -> [StateTree.Subtree] {
        spools(line).flatMap { spool in
            let sources = (try? spool.state(pending: true).document["sources"]?.objectValue) ?? nil
            return StateTree(sources: sources ?? [:]).subtrees
        }
    }

    /// The pipeline that the line names, or all of them.
    private static func spools(_ line: CompletionLine) -> [Spool] {
        let names = line.pipeline.map { [$0] } ?? ValueCompletion.pipelines(in: line.dataDirectory)
        return names.compactMap { Spool(dataDirectory: line.dataDirectory, pipeline: $0) }
    }
}
