import Destinations
import LoadPackages

/// What is said when a package is to be loaded where its pipeline is not at home.
struct HomeWords {
    private let home: String
    private let pipeline: String
    private let here: String
    private let commands: NextCommands

    init(_ home: PipelineHome, _ pipeline: String, _ destination: any Destination, _ commands: NextCommands) {
        // The dataset tells two homes apart where the place does not.
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

    /// For a run that brought nothing.
    var absence: String { "unable to find anything of pipeline \(pipeline) in \(here): it is at home in \(home)" }

    func warning(of id: LoadID) -> String {
        "package \(id) went into \(here), and stays for its home: \(isAtHome)"
    }

    /// Of a pipeline that has its name from a file or table.
    var unnamedHint: String {
        "the pipeline's name was taken from what is read: if this is another one, give it a name of its own with --pipeline "
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
