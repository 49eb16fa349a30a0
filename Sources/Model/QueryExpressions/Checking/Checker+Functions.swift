import Schemas

extension Checker {
    func call(
        _ name: String, _ arguments: [Syntax], isDistinct: Bool, _ place: Int
    ) throws(QueryTextError) -> Expression {
        guard let function = QueryFunction(rawValue: name) else { throw Checker.unknown(function: name, place) }
        if isDistinct, function != .count, function != .sum, function != .avg {
            throw QueryTextError(place, "DISTINCT changes nothing in \(name)()", hint: "leave it out")
        }
        if function.isAggregate { return try aggregate(function, arguments, isDistinct: isDistinct, place) }
        func made(_ arguments: [Expression], _ type: QueryType) -> Expression {
            Expression(kind: .call(function, arguments, isDistinct: false), type: type, place: place)
        }
        func expect(_ counts: ClosedRange<Int>, _ usage: String) throws(QueryTextError) {
            guard counts.contains(arguments.count) else {
                throw QueryTextError(
                    place, "\(name)() does not take \(arguments.count) arguments", hint: "write \(usage)")
            }
        }
        switch function {
        case .coalesce:
            try expect(2...20, "coalesce(a, b)")
            let all = try alike(arguments)
            return made(all, try common(all, place))
        case .nullif:
            try expect(2...2, "nullif(a, b)")
            let all = try alike(arguments)
            return made(all, all[0].type)
        case .lower, .upper, .trim:
            try expect(1...1, "\(name)(text)")
            return made([try text(arguments[0], "\(name)()")], .text)
        case .length:
            try expect(1...1, "length(text)")
            let operand = try check(arguments[0])
            guard [.text, .binary, .null].contains(operand.type) else {
                throw QueryTextError(operand.place, "length() takes text or binary, and this is \(operand.type.words)")
            }
            return made([operand], .bigint)
        case .substr:
            try expect(2...3, "substr(text, start, count)")
            var all = [try text(arguments[0], "substr()")]
            for (index, argument) in arguments.dropFirst().enumerated() {
                let number = try integer(argument, "substr()")
                if case .literal(.number(let digits)) = number.kind, let value = Int64(digits) {
                    guard value >= (index == 0 ? 1 : 0), value <= Int64(Int32.max) else {
                        throw QueryTextError(
                            argument.place, "the first character is number 1, and counts are not negative")
                    }
                } else {
                    throw QueryTextError(
                        argument.place, "substr() takes numbers as they are written",
                        hint: "for example substr(a, 1, 3)")
                }
                all.append(number)
            }
            return made(all, .text)
        case .replace:
            try expect(3...3, "replace(text, 'from', 'to')")
            var all: [Expression] = []
            for argument in arguments { all.append(try text(argument, "replace()")) }
            return made(all, .text)
        case .abs:
            try expect(1...1, "abs(number)")
            let operand = try number(arguments[0])
            return made([operand], operand.type)
        case .floor:
            try expect(1...1, "floor(number)")
            return made([try number(arguments[0])], .bigint)
        case .round:
            try expect(1...2, "round(number, digits)")
            let operand = try number(arguments[0])
            var digits = Expression(kind: .literal(.number("0")), type: .bigint, place: place)
            if arguments.count == 2 {
                digits = try integer(arguments[1], "round()")
                guard case .literal(.number(let text)) = digits.kind, let count = Int(text), (0...15).contains(count)
                else { throw QueryTextError(digits.place, "round() takes 0 to 15 digits, as they are written") }
            }
            return made([operand, digits], operand.type == .wei ? .decimal : operand.type)
        case .year, .quarter, .month, .day, .weekday, .hour, .minute, .second:
            try expect(1...1, "\(name)(time)")
            let isOfDay = [.hour, .minute, .second].contains(function)
            let operand = try temporal(arguments[0], "\(name)()", date: !isOfDay, time: isOfDay)
            return made([operand], .bigint)
        case .dateTrunc:
            try expect(2...2, "date_trunc('month', time)")
            guard case .string(let unit) = arguments[0].kind, TimeUnit(rawValue: unit.lowercased()) != nil else {
                let units = TimeUnit.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
                throw QueryTextError(arguments[0].place, "the unit is one of \(units)")
            }
            let operand = try temporal(arguments[1], "date_trunc()", date: true, time: false)
            if operand.type == .date, [.hour, .minute, .second].contains(TimeUnit(rawValue: unit.lowercased())) {
                throw QueryTextError(arguments[0].place, "a date has no \(unit.lowercased())s")
            }
            let literal = Expression(kind: .literal(.text(unit.lowercased())), type: .text, place: place)
            return made([literal, operand], operand.type)
        case .date:
            try expect(1...1, "date(time)")
            let operand = try temporal(arguments[0], "date()", date: true, time: false)
            return operand.type == .date ? operand : try cast(operand, to: .date, place)
        case .now:
            try expect(0...0, "now()")
            return made([], .timestamp(hasZone: true))
        case .today:
            try expect(0...0, "today()")
            return made([], .date)
        case .daysAgo:
            try expect(1...1, "days_ago(7)")
            let days = try integer(arguments[0], "days_ago()")
            guard case .literal(.number(let digits)) = days.kind, let count = Int(digits),
                (0...1_000_000).contains(count)
            else { throw QueryTextError(days.place, "days_ago() takes a number of days, as it is written") }
            return made([days], .timestamp(hasZone: true))
        case .daysBetween:
            try expect(2...2, "days_between(from, to)")
            return made([try day(arguments[0]), try day(arguments[1])], .bigint)
        case .ageDays:
            try expect(1...1, "age_days(time)")
            return made([try day(arguments[0])], .bigint)
        case .count, .sum, .avg, .min, .max: throw QueryTextError(place, "\(name)() is not expected here")
        }
    }

    private func common(_ all: [Expression], _ place: Int) throws(QueryTextError) -> QueryType {
        var type = QueryType.null
        for expression in all { type = type.joined(expression.type) ?? type }
        return type
    }

    private func integer(_ syntax: Syntax, _ what: String) throws(QueryTextError) -> Expression {
        let expression = try check(syntax)
        guard expression.type == .bigint else {
            throw QueryTextError(syntax.place, "\(what) takes an integer here, and this is \(expression.type.words)")
        }
        return expression
    }

    private func temporal(_ syntax: Syntax, _ what: String, date: Bool, time: Bool) throws(QueryTextError) -> Expression
    {
        let expression = try check(syntax)
        if case .literal(.text) = expression.kind { return try converted(expression, to: .timestamp(hasZone: true)) }
        let fits =
            expression.type.isTimestamp || date && expression.type == .date || time && expression.type == .time
            || expression.type == .null
        guard fits else {
            let wanted = date ? "a timestamp or a date" : "a timestamp or a time"
            throw QueryTextError(syntax.place, "\(what) takes \(wanted), and this is \(expression.type.words)")
        }
        return expression
    }

    /// The day, in UTC, of a time.
    private func day(_ syntax: Syntax) throws(QueryTextError) -> Expression {
        let expression = try temporal(syntax, "a number of days", date: true, time: false)
        return expression.type == .date ? expression : try cast(expression, to: .date, syntax.place)
    }

    private func aggregate(
        _ function: QueryFunction, _ arguments: [Syntax], isDistinct: Bool, _ place: Int
    ) throws(QueryTextError) -> Expression {
        let name = function.rawValue
        guard allowsAggregates else {
            throw QueryTextError(
                place, "\(name)() is about many rows, and this about each",
                hint: "aggregates stand in --agg, --select and --order")
        }
        func made(_ arguments: [Expression], _ type: QueryType) -> Expression {
            Expression(kind: .call(function, arguments, isDistinct: isDistinct), type: type, place: place)
        }
        if function == .count {
            if arguments.isEmpty { return made([], .bigint) }
            if arguments.count == 1, case .all(of: nil) = arguments[0].kind, !isDistinct { return made([], .bigint) }
        }
        guard arguments.count == 1 else {
            throw QueryTextError(
                place, "\(name)() takes one argument", hint: function == .count ? "or *: count(*)" : nil)
        }
        let inner = try Checker(scope).check(arguments[0])
        switch function {
        case .count:
            if isDistinct, inner.type == .json { throw QueryTextError(inner.place, "JSON cannot be compared") }
            return made([inner], .bigint)
        case .sum, .avg:
            guard inner.type.isNumber || inner.type == .null else {
                throw QueryTextError(inner.place, "\(name)() takes numbers, and this is \(inner.type.words)")
            }
            return made([inner], function == .avg ? .double : inner.type == .wei ? .decimal : inner.type)
        default:
            guard inner.type != .json, inner.type != .binary else {
                throw QueryTextError(inner.place, "\(name)() does not take \(inner.type.words)")
            }
            return made([inner], inner.type)
        }
    }

    private static func unknown(function name: String, _ place: Int) -> QueryTextError {
        let names = QueryFunction.allCases.map(\.rawValue)
        if name == "ceil" || name == "ceiling" {
            return QueryTextError(place, "there is no function \(name)()", hint: "write -floor(-x)")
        }
        let near = QueryFunction.otherNames[name] ?? Spelling.nearest(name, in: names)
        return QueryTextError(
            place, "there is no function \(name)()",
            hint: near.map { "did you mean \($0)()?" } ?? "there are \(names.joined(separator: ", "))")
    }
}
