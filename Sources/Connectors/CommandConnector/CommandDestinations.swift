import ArgumentParser
package import DestinationKinds
package import Destinations
import Failures
import SystemIO

/// `singer:'target-x --config c.json'`: a package into a Singer target.
package final class TargetDestination: Destination {
    package static let kind = DestinationKind.singer

    package let location: String
    package let dataset: String
    private let target: DestinationTarget
    private let line: String

    package init(_ target: DestinationTarget, _ options: NoOptions) throws(DestinationError) {
        line = try CommandPlace.line(target)
        location = CommandPlace.location(target)
        dataset = CommandPlace.dataset(target)
        self.target = target
    }

    package func open(_ access: DestinationAccess) throws(DestinationError) -> any DestinationSession {
        try CommandPlace.open(access, target, location, TargetDelivery(line, pipeline: target.pipeline))
    }
}

/// `exec:./send.sh`: the rows of a package to a program of one's own.
package final class CommandDestination: Destination {
    package struct Options: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "What the program reads: rows, one JSON object a line, or files, the paths of the package's job files.",
                valueName: "what"))
        var give = CommandForm.rows

        package init() {}
    }

    package enum CommandForm: String, CaseIterable, ExpressibleByArgument { case rows, files }

    package static let kind = DestinationKind.exec

    package let location: String
    package let dataset: String
    private let target: DestinationTarget
    private let line: String
    private let form: CommandForm

    package init(_ target: DestinationTarget, _ options: Options) throws(DestinationError) {
        line = try CommandPlace.line(target)
        location = CommandPlace.location(target)
        dataset = CommandPlace.dataset(target)
        form = options.give
        self.target = target
    }

    package func open(_ access: DestinationAccess) throws(DestinationError) -> any DestinationSession {
        try CommandPlace.open(access, target, location, CommandDelivery(line, pipeline: target.pipeline, form: form))
    }
}

/// The meaning of a URL that is a command line.
private enum CommandPlace {
    static func line(_ target: DestinationTarget) throws(DestinationError) -> String {
        var line = target.url.rest
        if line.hasPrefix("//") { line = String(line.dropFirst(2)) }
        guard line.contains(where: { $0 != " " }) else {
            throw DestinationError(
                .usage, "unable to load into \(target.url.scheme): it names no program",
                hint:
                    "write for example '\(target.url.scheme == "exec" ? "exec:./send.sh" : "singer:target-x --config c.json")'"
            )
        }
        return line
    }

    /// The command without secrets; the same command is the same place.
    static func location(_ target: DestinationTarget) -> String { target.url.masked }

    static func dataset(_ target: DestinationTarget) -> String { target.dataset ?? target.pipeline }

    static func open(
        _ access: DestinationAccess, _ target: DestinationTarget, _ location: String, _ delivery: any RowDelivery
    ) throws(DestinationError) -> any DestinationSession {
        let folder = target.dataDirectory ?? DataDirectory.resolve(flag: nil)
        func ledger() throws(DestinationError) -> LoadLedger {
            try LoadLedger(dataDirectory: folder, location: location, pipeline: target.pipeline)
        }
        if access == .read { return CommandSession(try ledger(), delivery, nil) }
        let lock = CommandSession.LockHolder(try ledger().lock(seconds: target.lockTimeout))
        // What another load wrote while this one waited.
        return CommandSession(try ledger(), delivery, lock)
    }
}
