import Destinations
import JSONText
import LoadPackages
import Schemas

/// Consecutive loads that only append, as one: each table gets the rows of all of them in one insertion.
struct SharedAppends {
    /// With the jobs of all of them.
    let load: PackageLoad
    /// How many loads these are.
    let count: Int
    /// The jobs of each table with their loads, in the order of the loads.
    let jobs: [ExactString: [(LoadID, Manifest.Job)]]

    /// The first loads, as many as can share; nil if none or only one can.
    init?(_ loads: ArraySlice<PackageLoad>) {
        var tables: [ExactString: WrittenTable] = [:]
        var jobs: [ExactString: [(LoadID, Manifest.Job)]] = [:]
        var count = 0
        for load in loads {
            let written = load.intents.flatMap(\.appended)
            // One statement has one list of columns.
            let fits = written.allSatisfy { table in
                tables[ExactString(table.name)].map { $0.columns == table.columns } ?? true
            }
            guard fits, load.onlyAppends else { break }
            for table in written {
                tables[ExactString(table.name)] = table
                jobs[ExactString(table.name), default: []] += table.jobs.map { (load.loadID, $0) }
            }
            count += 1
        }
        guard count > 1, let first = loads.first else { return nil }
        let all = tables.map { name, table in
            WrittenTable(
                name: table.name, place: table.place, columns: table.columns, jobs: (jobs[name] ?? []).map(\.1))
        }
        load = PackageLoad(
            loadID: first.loadID, schemaName: first.schemaName, names: first.names,
            intents: [.append(TableChain(all))])
        self.count = count
        self.jobs = jobs
    }
}

extension LoadIntent {
    fileprivate var appended: [WrittenTable] {
        if case .append(let chain) = self { chain.tables } else { [] }
    }
}
