import Destinations
import LoadPackages

/// Messages about a package that is to be loaded into another place than its pipeline's home.
struct HomeWords {
    private let home: String
    private let pipeline: String
    private let here: String
    private let commands: NextCommands

    init(_ home: PipelineHome, _ pipeline: String, _ destination: any Destination, _ commands: NextCommands) {
        // The dataset distinguishes two homes in the same place.
        let isSamePlace = home.destination == destination.location
        let dataset = isSamePlace ? " (dataset \(home.dataset ?? ""))" : ""
        self.home = (home.destination ?? "another destination") + dataset
        here = destination.location + (isSamePlace ? " (dataset \(destination.dataset))" : "")
        self.pipeline = pipeline
        self.commands = commands
    }

    private var isAtHome: String { "pipeline \(pipeline) is at home in \(home)" }

    func refusal(of id: LoadID) -> String { "unable to load package \(id) into \(here): \(isAtHome)" }

    var refusalOfRun: String {
        "unable to load a package of pipeline \(pipeline) into \(here): it is at home in \(home)"
    }

    /// For a run without packages.
    var absence: String { "unable to find anything of pipeline \(pipeline) in \(here): it is at home in \(home)" }

    func warning(of id: LoadID) -> String {
        "package \(id) was loaded into \(here), and still waits for its home: \(isAtHome)"
    }

    /// For a pipeline whose name comes from a file or table.
    var unnamedHint: String {
        "the pipeline's name comes from its source: if this is another pipeline, give it another name with --pipeline "
            + "(or DLT_PIPELINE); if it has moved, \(commands.move(pipeline)). Then run the whole pipe again"
    }

    var movingHint: String { "to move it here: \(commands.move(pipeline)); then run the whole pipe again" }

    var waitingHint: String {
        "the package waits for its home, where `dlt-load URL --pending` loads it; to move the pipeline here: "
            + "\(commands.move(pipeline)) && \(commands.load(pipeline))"
    }

    var warningHint: String {
        "to move the pipeline here: \(commands.move(pipeline)) && \(commands.load(pipeline))"
    }
}
