import SQLite

/// Aggregates. NULLs are passed over, and of no rows the result is NULL.
enum AggregateFunctions {
    static func register(in database: Database) throws(SQLiteError) {
        try database.register(
            aggregate: "string_agg", arguments: 2, begin: { Texts() },
            step: { texts, call in
                guard !call.isNull(0) else { return }
                if !texts.isEmpty, !call.isNull(1) { texts.bytes += call.text(1) }
                texts.isEmpty = false
                texts.bytes += call.text(0)
            },
            finish: { texts, call in if !texts.isEmpty { call.give(texts.bytes) } })
        for (name, isAll) in [("bool_and", true), ("every", true), ("bool_or", false)] {
            try database.register(
                aggregate: name, arguments: 1, begin: { Verdict() },
                step: { verdict, call in
                    guard !call.isNull(0) else { return }
                    let value = call.double(0) != 0
                    verdict.value = verdict.value.map { isAll ? $0 && value : $0 || value } ?? value
                },
                finish: { verdict, call in if let value = verdict.value { call.give(value ? Int64(1) : 0) } })
        }
        func spread(_ name: String, isSample: Bool, isRoot: Bool) throws(SQLiteError) {
            try database.register(
                aggregate: name, arguments: 1, begin: { Spread() },
                step: { spread, call in if !call.isNull(0) { spread.add(call.double(0)) } },
                finish: { spread, call in
                    guard let variance = spread.variance(isSample: isSample) else { return }
                    call.give(isRoot ? variance.squareRoot() : variance)
                })
        }
        for (name, isSample) in [("variance", true), ("var_samp", true), ("var_pop", false)] {
            try spread(name, isSample: isSample, isRoot: false)
        }
        for (name, isSample) in [("stddev", true), ("stddev_samp", true), ("stddev_pop", false)] {
            try spread(name, isSample: isSample, isRoot: true)
        }
    }

    private final class Texts {
        var bytes: [UInt8] = []
        var isEmpty = true
    }

    private final class Verdict { var value: Bool? }

    /// By Welford's method, which loses nothing where values are large and near to each other.
    private final class Spread {
        private var count = 0.0
        private var mean = 0.0
        private var squares = 0.0

        func add(_ value: Double) {
            count += 1
            let distance = value - mean
            mean += distance / count
            squares += distance * (value - mean)
        }

        func variance(isSample: Bool) -> Double? {
            let divisor = isSample ? count - 1 : count
            return divisor > 0 ? squares / divisor : nil
        }
    }
}
