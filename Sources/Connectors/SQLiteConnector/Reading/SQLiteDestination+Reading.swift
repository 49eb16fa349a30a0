package import DatasetReaders
package import Destinations
import Failures
import RelationalSQL
import SQLite
import SystemIO

extension SQLiteDestination: DatasetReading {
    package func read(_ control: QueryControl) throws(DestinationError) -> any ReadingSession {
        guard Files.exists(file) else {
            throw DestinationError(
                .noInput, "unable to read \(url): there is no file \(file)", hint: "check the URL and the dataset")
        }
        let database: Database
        do {
            database = try Database.open(file, flags: .readOnly) { control.isInterrupted }
        } catch { throw DestinationError(error, unableTo: "open \(url)", file: file) }
        return try SQLiteReadingSession(database, control, file: file, lockTimeout: lockTimeout)
    }

    /// The file itself, and the files beside it that are named after it.
    package func datasets(_ control: QueryControl) throws(DestinationError) -> [String] {
        let main = Paths.parent(file)
        let name = location.split(separator: "/").last.map(String.init) ?? ""
        let ending = Paths.fileExtension(name)
        let stem = Paths.withoutExtension(name) + "__"
        var found = Files.exists(Paths.join(main, name)) ? [SQLiteLocation.defaultDataset] : []
        for other in (try? Files.list(main)) ?? [] {
            guard other.hasPrefix(stem), Paths.fileExtension(other) == ending else { continue }
            found.append(String(Paths.withoutExtension(other).dropFirst(stem.count)))
        }
        return found
    }
}
