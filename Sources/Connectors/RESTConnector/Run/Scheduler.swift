import Cursors
import HTTP
import JSONText
import ProgramSupport
import RecordSources
import RecordStreams
import Schemas
import SystemIO

/// The work of one run.
final class Scheduler {
    let work: RESTRun
    let sink: any RecordSink
    let client: HTTPClient
    let events = EventLog()
    var trees: [ResourceTree] = []
    /// Chains that may send a request, by the depth of their resource. The deepest come first, so that no level
    /// accumulates.
    private var ready: [Queue] = []
    var underWay: [Int: Chain] = [:]
    private var nextTag = 0
    private let reader = PageReader()
    private let deadline: Int64?

    var failures: [(resource: FetchedResource, error: ProgramError)] = []
    var pages = 0
    var stopped = false
    var capped: [String] = []

    init(_ run: RESTRun, _ sink: any RecordSink) throws {
        work = run
        self.sink = sink
        var options = run.clientOptions
        let events = events
        options.onEvent = { events.add($0) }
        do throws(HTTPFailure) { client = try HTTPClient(options) } catch {
            throw ProgramError(.internalError, error.message)
        }
        deadline = work.options.maximumDuration.map { Clock.monotonicNanoseconds() + $0 }
        try plant()
    }

    // MARK: Trees

    /// Makes the trees of the wanted resources, and of the parents that they need.
    private func plant() throws {
        var needed: Set<String> = []
        for name in work.resources {
            var next: String? = name
            while let name = next, needed.insert(name).inserted { next = work.configuration.resource(name)?.parent }
        }
        var made: [String: FetchedResource] = [:]
        var roots: [[FetchedResource]] = []
        for configuration in work.configuration.resources where needed.contains(configuration.name) {
            let parent = configuration.parent.flatMap { made[$0] }
            let resource = FetchedResource(
                configuration,
                paginator: configuration.endpoint.paginator ?? work.configuration.client.paginator ?? .auto,
                depth: (parent?.depth ?? -1) + 1, isDelivered: work.resources.contains(configuration.name),
                builder: RequestBuilder(
                    client: work.configuration.client, resource: configuration, incremental: IncrementalValues()))
            made[configuration.name] = resource
            if let parent {
                parent.children.append(resource)
                guard let place = roots.firstIndex(where: { $0.contains { $0 === parent } }) else { continue }
                roots[place].append(resource)
            } else {
                roots.append([resource])
            }
        }
        trees = roots.map { ResourceTree($0) }
        ready = Array(repeating: Queue(), count: (made.values.map(\.depth).max() ?? 0) + 1)
    }

    /// How a tree is remembered; its resources are announced now, unless a part of them would do harm.
    private func memory(of tree: ResourceTree) -> ResourceTree.Memory {
        if tree.resources.contains(where: { needsAll($0) }) { return .whole }
        let ranges = tree.resources.compactMap { resource in resource.handle.flatMap { sink.range(of: $0) } }
        guard let range = ranges.first else { return .places }
        return tree.resources.count == 1 && range.rowOrder == .asc && range.startBound == .closed ? .cursor : .whole
    }

    /// Dispositions that would delete or retire records that a part does not contain.
    private func needsAll(_ resource: FetchedResource) -> Bool {
        guard resource.isDelivered else { return false }
        let hints = sink.hints(with: resource.configuration.hints)
        let disposition = hints["write_disposition"]
        let name = disposition?["disposition"]?.stringValue ?? disposition?.stringValue
        let strategy = disposition?["strategy"]?.stringValue ?? disposition?.stringValue
        return name == "replace" || strategy == MergeStrategy.history.rawValue
            || (hints["merge_key"] != nil && name == "merge")
    }

    /// Announces resources, and begins their chains: at the beginning, or where an earlier run stopped.
    private func begin() throws {
        for tree in trees {
            let mayWait = trees.count > 1
            // An announced resource without records would count as empty.
            let comesLate = mayWait && tree.resources.contains { needsAll($0) && $0.configuration.incremental == nil }
            if !comesLate { try announce(tree) }
            tree.memory = memory(of: tree)
            if tree.memory == .whole && mayWait { tree.held = HeldRecords() }
            if tree.memory == .whole && !mayWait && sink.chunk != nil { throw Self.indivisible(tree) }
            let chains = remembered(tree)
            if let chains {
                sink.warn(
                    "\(tree.root.name): an earlier run was not finished; "
                        + (chains.isEmpty
                            ? "it had delivered all of this resource" : "this one goes on where it stopped"),
                    hint: "--no-resume starts over")
            }
            for chain in chains ?? [Chain(tree.root, tree, Bindings())] {
                tree.add(chain)
                ready[chain.resource.depth].append(chain)
            }
        }
    }

    /// A later run could not continue after a part of it, so each run would deliver the same part.
    static func indivisible(_ tree: ResourceTree) -> ProgramError {
        ProgramError(
            .usage,
            "unable to deliver \(tree.root.name) in chunks: it is replaced, has children, or its cursor has no order",
            hint: "leave out --chunk-size; without children, set row_order: asc if the API delivers in that order")
    }

    private func remembered(_ tree: ResourceTree) -> [Chain]? {
        work.options.resumes ? tree.remembered(in: sink.state(of: tree.root.name), work.concealment) : nil
    }

    func announce(_ tree: ResourceTree) throws {
        for resource in tree.resources where resource.isDelivered && resource.handle == nil {
            var hints = resource.configuration.hints
            // A run that continues an earlier one, or stops before the end, has only a part.
            if work.options.maximumPages != nil || remembered(tree) != nil {
                hints["complete"] = false
            }
            let incremental = resource.configuration.incremental
            let handle = try sink.begin(
                resource.name, hints: hints, primaryKey: resource.configuration.primaryKey, cursor: incremental?.cursor)
            resource.handle = handle
            if let incremental { resource.builder.incremental = try values(incremental, sink.range(of: handle)) }
            if let lacking = resource.builder.unboundIncremental {
                throw ProgramError(
                    .configuration, "unable to fetch \(resource.name): \(lacking.reason)", hint: lacking.hint)
            }
        }
        guard memory(of: tree) == .whole else { return }
        for resource in tree.resources { if let handle = resource.handle { sink.settleOnlyAtEnd(handle) } }
    }

    /// The values that requests may use, in the form that the API wants.
    private func values(_ incremental: IncrementalConfiguration, _ range: CursorRange?) throws -> IncrementalValues {
        func value(_ text: String?) throws -> JSONValue? {
            guard let text else { return nil }
            var value = JSONValue.string(text)
            if case .number? = try? JSONValue(parsing: text), incremental.initialValue?.stringValue == nil {
                value = .number(text)
            }
            guard let conversion = incremental.conversion else { return value }
            if let converted = conversion.convert(value) { return converted }
            throw ProgramError(
                .data,
                "unable to convert `\(text)` of \(incremental.cursorPath) to \(conversion.rawValue): it is not a time")
        }
        return IncrementalValues(
            start: try value(range?.start), initial: try value(incremental.initialValue?.plainText),
            last: try value(range?.lastValue ?? range?.start), end: try value(range?.end))
    }

    // MARK: The loop

    func run() throws {
        try begin()
        do { try loop() } catch let error as HTTPFailure {
            guard error.kind == .stopped else { throw ProgramError(.internalError, error.message) }
            stopped = true
        }
        for tree in trees where tree.memory != .places { try finish(tree) }
        let remembering = trees.filter { $0.memory == .places }
        if !remembering.isEmpty {
            try sink.checkpoint(remembering.map { ($0.root.name, memory(of: $0, runHasEnded: !stopped)) })
        }
        try report()
        try refuseUnfinished()
    }

    /// A tree that remembers nothing before its end has to reach it: otherwise the next run would start over.
    private func refuseUnfinished() throws {
        let unfinished = trees.filter { !$0.chains.isEmpty }
        // If others continue, these get more of the time in the next run.
        guard stopped, !StopSignal.requested, !unfinished.isEmpty, unfinished.allSatisfy({ $0.memory == .whole }) else {
            return
        }
        let names = unfinished.map(\.root.name)
        throw ProgramError(
            .temporary, "unable to read \(names.joined(separator: ", ")) to the end in time: nothing is kept",
            hint:
                "allow more time with --max-duration; a resource that is replaced, has children or has a cursor without an "
                + "order is delivered whole or not at all")
    }

    private func loop() throws {
        while !stopped {
            if let deadline, Clock.monotonicNanoseconds() >= deadline, !isExhausted {
                sink.budgetIsSpent()
                stopped = true
                return
            }
            while client.inFlight < work.options.workers, let chain = takeReady() { send(chain) }
            guard client.inFlight > 0 else { return }
            let patience = Clock.monotonicNanoseconds() + 250_000_000
            guard let completion = try client.next(until: min(patience, deadline ?? .max)) else {
                try sink.flush()
                showProgress()
                continue
            }
            guard let chain = underWay.removeValue(forKey: completion.tag) else { continue }
            try take(completion.result, chain)
            showProgress()
        }
    }

    private var isExhausted: Bool { client.inFlight == 0 && ready.allSatisfy(\.isEmpty) }

    private func takeReady() -> Chain? {
        for depth in ready.indices.reversed() {
            while let chain = ready[depth].popFirst() {
                if chain.resource.isFull { continue }
                // A failed resource and those above it stop; their remaining records wait for the next run.
                if isHalted(chain.resource) { continue }
                return chain
            }
        }
        return nil
    }

    private func isHalted(_ resource: FetchedResource) -> Bool {
        resource.hasFailed || resource.children.contains { isHalted($0) }
    }

    private func send(_ chain: Chain) {
        let resource = chain.resource
        do throws(RequestBuilder.Unbound) {
            var draft = try resource.builder.draft(chain.bindings)
            chain.paginator.apply(to: &draft)
            guard var request = draft.request() else {
                return fail(
                    chain, ProgramError(.configuration, "unable to fetch \(resource.name): `\(draft.url)` is not a URL")
                )
            }
            request.authentication = work.authentications.of(resource.name)
            request.allowedHosts = work.options.allowedHosts
            underWay[nextTag] = chain
            client.start(request, tag: nextTag)
            nextTag += 1
        } catch {
            fail(
                chain,
                ProgramError(
                    error.isOfRecord ? .data : .configuration, "unable to fetch \(resource.name): \(error.reason)",
                    hint: error.hint))
        }
    }

    // MARK: Responses

    private func take(_ result: Result<HTTPResponse, HTTPFailure>, _ chain: Chain) throws {
        if chain.resource.isFull { return }
        switch result {
        case .failure(let failure): fail(chain, RESTErrors.failed(failure, chain.resource.name))
        case .success(let response):
            try response.body.withUnsafeBufferPointer { body in try take(response, body, chain) }
        }
    }

    private func take(_ response: HTTPResponse, _ body: UnsafeBufferPointer<UInt8>, _ chain: Chain) throws {
        let resource = chain.resource
        let endpoint = resource.configuration.endpoint
        func refuse(_ refused: PageReader.Refused) {
            fail(chain, RESTErrors.refused(refused, resource.name, response))
        }
        switch reader.action(for: response, endpoint)?.effect {
        case .ignore?: return try end(chain)
        case .fail?:
            return refuse(
                PageReader.Refused(kind: .status(response.status), reason: "a response action makes it an error"))
        case nil: break
        }
        let page: PageReader.Page?
        do throws(PageReader.Refused) {
            page = try reader.page(response, body, endpoint, selector: chain.selector)
        } catch { return refuse(error) }
        guard let page else {
            var paginator = chain.paginator
            let hasNext: Bool
            do throws(Paginator.Failed) {
                hasNext = try paginator.advance(pastNothing: response.headers, from: response.url)
            } catch {
                let reason = "\(error.reason) (status \(response.status))"
                return refuse(PageReader.Refused(kind: .data, reason: reason, hint: error.hint))
            }
            return try goOn(chain, paginator, hasNext: hasNext)
        }

        // The next page first: a page whose link leads nowhere sensible must not be delivered in part.
        var paginator = chain.paginator
        let hasNext: Bool
        do throws(Paginator.Failed) {
            hasNext = try paginator.advance(
                past: Paginator.Page(
                    headers: response.headers, root: page.root, url: response.url, recordCount: page.records.count,
                    countIsPlain: page.countIsPlain))
        } catch { return refuse(PageReader.Refused(kind: .data, reason: error.reason, hint: error.hint)) }

        voice(
            PageDoubts(
                resource: resource, page: page, headers: response.headers,
                isFirst: chain.pages == 0 && chain.paginator.place["url"] == nil && chain.skip == 0,
                paginator: paginator,
                hasNext: hasNext))
        pages += 1
        chain.pages += 1
        resource.pages += 1
        chain.selector = page.selector
        switch try deliver(page, of: HTTPURL.shown(response.url), chain) {
        case .stop:
            stopped = true
            try remember(chain.tree, isLast: true)
            return
        case .resourceIsFull:
            resource.isFull = true
            chain.tree.removeChains(of: resource)
            try remember(chain.tree, isLast: false)
            return
        case .sequenceHasEnded: return try end(chain)
        case .taken, .leftOut: break
        }
        chain.skip = 0
        try goOn(chain, paginator, hasNext: hasNext)
    }

    /// Reports doubts about a page, once for each resource.
    private func voice(_ doubts: PageDoubts) {
        for doubt in doubts.all where doubts.resource.doubts.insert(doubt.kind).inserted {
            sink.warn(doubt.message, hint: doubt.hint)
        }
    }

    /// Continues with the next page, if there is one.
    private func goOn(_ chain: Chain, _ paginator: Paginator, hasNext: Bool) throws {
        let resource = chain.resource
        var hasNext = hasNext
        if let maximum = work.options.maximumPages, hasNext, chain.pages >= maximum {
            hasNext = false
            if !capped.contains(resource.name) { capped.append(resource.name) }
            resource.isCapped = true
        }
        guard hasNext else { return try end(chain) }
        chain.paginator = paginator
        ready[resource.depth].append(chain)
        try remember(chain.tree, isLast: false)
    }

    /// Delivers the records of a page, and begins the chains of the children.
    ///
    /// - Parameter url: without secrets.
    private func deliver(_ page: PageReader.Page, of url: String, _ chain: Chain) throws -> SinkAnswer {
        let resource = chain.resource
        let place = RecordPlace(.page(url: url, number: chain.pages), number: chain.skip + 1)
        if resource.isDelivered {
            if let held = chain.tree.held {
                held.isAt(place, of: index(of: resource, in: chain.tree))
            } else {
                sink.isAt(place, of: resource.handle ?? 0)
            }
        }
        let members = chain.bindings.members
        var answer = SinkAnswer.taken
        var position = 0
        var begun: [Chain] = []
        for record in page.records {
            let wantsMore = try resource.pipeline.process(record, adding: members) { record in
                position += 1
                if position <= chain.skip { return true }
                answer = try hand(record, of: chain)
                if !answer.wantsMore {
                    position -= 1
                    return false
                }
                // The children of a record that is not new are not requested.
                if answer == .leftOut { return true }
                for child in resource.children where !child.isFull {
                    if let field = child.missingField(in: record) {
                        let keys = record.members.compactMap(\.key.string).joined(separator: ", ")
                        throw ProgramError(
                            .data,
                            "unable to include the field `\(field)` of \(resource.name) in \(child.name): a record does not "
                                + "have it",
                            hint: "its fields are \(keys)")
                    }
                    begun.append(Chain(child, chain.tree, child.bindings(from: record)))
                }
                return true
            }
            if !wantsMore { break }
        }
        for child in begun {
            chain.tree.add(child)
            ready[child.resource.depth].append(child)
        }
        if answer == .stop { chain.skip = position }
        return answer.wantsMore ? .taken : answer
    }

    private func index(of resource: FetchedResource, in tree: ResourceTree) -> Int {
        tree.resources.firstIndex { $0 === resource } ?? 0
    }

    private func hand(_ record: JSONPlace, of chain: Chain) throws -> SinkAnswer {
        let (resource, tree) = (chain.resource, chain.tree)
        guard resource.isDelivered else { return StopSignal.requested ? .stop : .taken }
        if let held = tree.held {
            if let limit = sink.limit, resource.records >= limit {
                // One more, so that the sink learns that there are more.
                if resource.records == limit {
                    try held.append(record.bytes, of: index(of: resource, in: tree), in: chain.sequence)
                    resource.records += 1
                }
                return .resourceIsFull
            }
            try held.append(record.bytes, of: index(of: resource, in: tree), in: chain.sequence)
            resource.records += 1
            return StopSignal.requested ? .stop : .taken
        }
        let answer = try sink.take(record.bytes, of: resource.handle ?? 0, in: chain.sequence)
        if answer == .taken { resource.records += 1 }
        return answer
    }

    private func end(_ chain: Chain) throws {
        chain.tree.remove(chain)
        try remember(chain.tree, isLast: false)
    }

    private func fail(_ chain: Chain, _ error: ProgramError) {
        if !chain.resource.hasFailed { failures.append((chain.resource, error)) }
        chain.resource.hasFailed = true
    }
}

/// First in, first out.
private struct Queue {
    private var items: [Chain] = []
    private var start = 0

    var isEmpty: Bool { start == items.count }

    mutating func append(_ chain: Chain) { items.append(chain) }

    mutating func popFirst() -> Chain? {
        guard start < items.count else { return nil }
        let chain = items[start]
        start += 1
        if start > 1024 && start * 2 > items.count {
            items.removeFirst(start)
            start = 0
        }
        return chain
    }
}
