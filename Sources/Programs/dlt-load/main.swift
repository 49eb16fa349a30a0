import ArgumentParser
import Loading
import PostgreSQLConnector
import ProgramSupport
import SQLiteConnector

struct LoadCommand: ParsableCommand {
    static let configuration = LoadOptions.configuration

    @OptionGroup var options: LoadOptions

    func run() throws { try options.run(destinations: [SQLiteDestination.self, PostgreSQLDestination.self]) }
}

Program.run(LoadCommand.self)
