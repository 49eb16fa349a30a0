import CSQLite

/// One call of a function that Swift serves. Arguments count from 0.
package struct FunctionCall {
    fileprivate let context: OpaquePointer?
    fileprivate let values: UnsafeMutablePointer<OpaquePointer?>?
    package let count: Int

    fileprivate init(_ context: OpaquePointer?, _ count: Int32, _ values: UnsafeMutablePointer<OpaquePointer?>?) {
        self.context = context
        self.values = values
        self.count = Int(count)
    }

    // MARK: Arguments

    package func type(_ index: Int) -> Statement.ColumnType {
        switch sqlite3_value_type(values?[index]) {
        case SQLITE_INTEGER: .integer
        case SQLITE_FLOAT: .float
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .blob
        default: .null
        }
    }

    package func isNull(_ index: Int) -> Bool { sqlite3_value_type(values?[index]) == SQLITE_NULL }
    package var hasNull: Bool { (0..<count).contains { isNull($0) } }
    package func int64(_ index: Int) -> Int64 { sqlite3_value_int64(values?[index]) }
    package func double(_ index: Int) -> Double { sqlite3_value_double(values?[index]) }

    /// UTF-8, valid during the call, and until the argument is read as another type.
    package func text(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let start = sqlite3_value_text(values?[index])
        return UnsafeBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(values?[index])))
    }

    package func string(_ index: Int) -> String { String(decoding: text(index), as: UTF8.self) }

    /// The bytes of a BLOB, or of anything else as text.
    package func bytes(_ index: Int) -> UnsafeRawBufferPointer {
        let start = sqlite3_value_blob(values?[index])
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(values?[index])))
    }

    // MARK: Results; without one it is NULL

    package func give(_ value: Int64) { sqlite3_result_int64(context, value) }
    package func give(_ value: Double) { sqlite3_result_double(context, value) }
    package func giveNull() { sqlite3_result_null(context) }
    /// An argument as it is.
    package func give(argument index: Int) { sqlite3_result_value(context, values?[index]) }

    package func give(_ text: String) {
        var text = text
        text.withUTF8 { give($0) }
    }

    package func give(_ text: [UInt8]) { text.withUnsafeBufferPointer { give($0) } }

    /// Copies the text.
    package func give(_ text: UnsafeBufferPointer<UInt8>) {
        text.withMemoryRebound(to: CChar.self) { text in
            withUnsafePointer(to: 0 as CChar) { empty in
                sqlite3_result_text64(
                    context, text.baseAddress ?? empty, UInt64(text.count), dlt_sqlite_transient(), UInt8(SQLITE_UTF8))
            }
        }
    }

    /// Ends the statement with an error.
    package func fail(_ message: String) { sqlite3_result_error(context, message, -1) }
}

/// What a function's calls are handed to.
private final class FunctionBody {
    let call: (FunctionCall) -> Void

    init(_ call: @escaping (FunctionCall) -> Void) { self.call = call }

    static func of(_ context: OpaquePointer?) -> FunctionBody? {
        sqlite3_user_data(context).map { Unmanaged<FunctionBody>.fromOpaque($0).takeUnretainedValue() }
    }
}

private final class AggregateBody {
    let begin: () -> AnyObject
    let step: (AnyObject, FunctionCall) -> Void
    let finish: (AnyObject, FunctionCall) -> Void

    init(
        _ begin: @escaping () -> AnyObject, _ step: @escaping (AnyObject, FunctionCall) -> Void,
        _ finish: @escaping (AnyObject, FunctionCall) -> Void
    ) { (self.begin, self.step, self.finish) = (begin, step, finish) }

    static func of(_ context: OpaquePointer?) -> AggregateBody? {
        sqlite3_user_data(context).map { Unmanaged<AggregateBody>.fromOpaque($0).takeUnretainedValue() }
    }
}

private final class CollationBody {
    let compare: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Int

    init(_ compare: @escaping (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Int) { self.compare = compare }
}

extension Database {
    private static func flags(_ isDeterministic: Bool) -> Int32 {
        // Innocuous: a view may use it, too.
        SQLITE_UTF8 | SQLITE_INNOCUOUS | (isDeterministic ? SQLITE_DETERMINISTIC : 0)
    }

    /// Makes a function of SQL, of this connection alone.
    ///
    /// - Parameters:
    ///   - arguments: how many it takes; -1 for any number.
    ///   - isDeterministic: its result depends on its arguments alone.
    package func register(
        function name: String, arguments: Int, isDeterministic: Bool = true, _ call: @escaping (FunctionCall) -> Void
    ) throws(SQLiteError) {
        let result = withHandle { handle in
            sqlite3_create_function_v2(
                handle, name, Int32(arguments), Database.flags(isDeterministic),
                Unmanaged.passRetained(FunctionBody(call)).toOpaque(),
                { context, count, values in
                    FunctionBody.of(context)?.call(FunctionCall(context, count, values))
                }, nil, nil, { body in body.map { Unmanaged<FunctionBody>.fromOpaque($0).release() } })
        }
        try check(result, nil)
    }

    /// Makes an aggregate of SQL, of this connection alone.
    ///
    /// - Parameters:
    ///   - begin: makes what a group is collected in.
    ///   - step: takes a row.
    ///   - finish: gives the result.
    package func register<State: AnyObject>(
        aggregate name: String, arguments: Int, begin: @escaping () -> State,
        step: @escaping (State, FunctionCall) -> Void, finish: @escaping (State, FunctionCall) -> Void
    ) throws(SQLiteError) {
        let body = AggregateBody(
            begin, { state, call in step(unsafeDowncast(state, to: State.self), call) },
            { state, call in finish(unsafeDowncast(state, to: State.self), call) })
        let result = withHandle { handle in
            sqlite3_create_function_v2(
                handle, name, Int32(arguments), Database.flags(true), Unmanaged.passRetained(body).toOpaque(), nil,
                { context, count, values in
                    guard let body = AggregateBody.of(context),
                        let place = sqlite3_aggregate_context(context, Int32(MemoryLayout<UInt>.size))
                    else { return }
                    let group = place.assumingMemoryBound(to: UInt.self)
                    if group.pointee == 0 {
                        group.pointee = UInt(bitPattern: Unmanaged.passRetained(body.begin()).toOpaque())
                    }
                    guard let state = UnsafeRawPointer(bitPattern: group.pointee) else { return }
                    body.step(
                        Unmanaged<AnyObject>.fromOpaque(state).takeUnretainedValue(),
                        FunctionCall(context, count, values))
                },
                { context in
                    guard let body = AggregateBody.of(context) else { return }
                    let call = FunctionCall(context, 0, nil)
                    // No place where there was no row.
                    guard let place = sqlite3_aggregate_context(context, 0),
                        let state = UnsafeRawPointer(bitPattern: place.assumingMemoryBound(to: UInt.self).pointee)
                    else { return body.finish(body.begin(), call) }
                    body.finish(Unmanaged<AnyObject>.fromOpaque(state).takeRetainedValue(), call)
                }, { body in body.map { Unmanaged<AggregateBody>.fromOpaque($0).release() } })
        }
        try check(result, nil)
    }

    /// Makes a collation of SQL, of this connection alone.
    ///
    /// - Parameter compare: less than 0, 0 or more for two texts in UTF-8.
    package func register(
        collation name: String, _ compare: @escaping (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Int
    ) throws(SQLiteError) {
        let result = withHandle { handle in
            sqlite3_create_collation_v2(
                handle, name, SQLITE_UTF8, Unmanaged.passRetained(CollationBody(compare)).toOpaque(),
                { body, leftCount, left, rightCount, right in
                    guard let body else { return 0 }
                    let compare = Unmanaged<CollationBody>.fromOpaque(body).takeUnretainedValue().compare
                    let order = compare(
                        UnsafeRawBufferPointer(start: left, count: Int(leftCount)),
                        UnsafeRawBufferPointer(start: right, count: Int(rightCount)))
                    return Int32(clamping: order)
                }, { body in body.map { Unmanaged<CollationBody>.fromOpaque($0).release() } })
        }
        try check(result, nil)
    }
}
