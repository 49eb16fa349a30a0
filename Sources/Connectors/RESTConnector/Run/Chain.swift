import JSONText
import RecordSources

/// The pages of one resource for one record of its parent; for a resource without a parent, all its pages.
final class Chain {
    let resource: FetchedResource
    let tree: ResourceTree
    let bindings: Bindings
    var paginator: Paginator
    /// Detected at the first page if none is configured.
    var selector: JSONPath?
    /// The number of records of the next page that were delivered before.
    var skip = 0
    var pages = 0
    /// The sink's memory of the order of this chain's records.
    let sequence = RecordSequence()

    init(_ resource: FetchedResource, _ tree: ResourceTree, _ bindings: Bindings) {
        self.resource = resource
        self.tree = tree
        self.bindings = bindings
        paginator = Paginator(resource.paginator)
    }

    /// What a later run needs to continue here.
    var memory: JSONValue {
        var memory: JSONObject = ["resource": .string(resource.name)]
        if !bindings.values.isEmpty { memory["values"] = .object(bindings.values) }
        if !bindings.included.isEmpty { memory["include"] = .object(bindings.included) }
        let place = paginator.place
        if !place.isEmpty { memory["place"] = .object(place) }
        if let selector { memory["select"] = .string(selector.text) }
        if skip > 0 { memory["skip"] = .integer(skip) }
        return .object(memory)
    }

    /// nil when the memory belongs to a resource that no longer exists.
    convenience init?(memory: JSONValue, in tree: ResourceTree) {
        guard let name = memory["resource"]?.stringValue,
            let resource = tree.resources.first(where: { $0.name == name })
        else { return nil }
        self.init(
            resource, tree,
            Bindings(values: memory["values"]?.objectValue ?? [:], included: memory["include"]?.objectValue ?? [:]))
        if let place = memory["place"]?.objectValue { paginator.resume(at: place) }
        selector = memory["select"]?.stringValue.flatMap { try? JSONPath($0) }
        skip = memory["skip"]?.intValue ?? 0
    }
}

/// A resource during a run.
final class FetchedResource {
    let configuration: ResourceConfiguration
    let paginator: PaginatorRules
    let depth: Int
    let isDelivered: Bool
    let parentPaths: [JSONPath]
    let pipeline: RecordPipeline
    var children: [FetchedResource] = []
    /// Its handle at the sink, after the announcement.
    var handle: Int?
    var builder: RequestBuilder
    /// Its limit is reached.
    var isFull = false
    /// It has more pages than the user allowed.
    var isCapped = false
    var hasFailed = false
    var pages = 0
    var records = 0
    /// What was already reported about it.
    var doubts: Set<PageDoubts.Kind> = []

    var name: String { configuration.name }

    init(
        _ configuration: ResourceConfiguration, paginator: PaginatorRules, depth: Int, isDelivered: Bool,
        builder: RequestBuilder
    ) {
        self.configuration = configuration
        self.paginator = paginator
        self.depth = depth
        self.isDelivered = isDelivered
        self.builder = builder
        // They were parsed when the configuration was read.
        parentPaths = RequestBuilder.parentPaths(of: configuration).compactMap { try? JSONPath($0) }
        pipeline = RecordPipeline(configuration.steps)
    }

    /// The values that a record of the parent provides for this resource.
    func bindings(from record: JSONPlace) -> Bindings {
        var bindings = Bindings()
        for path in parentPaths {
            if let found = record.first(path) { bindings.values[path.text] = found.value }
            if bindings.values[path.text].map(\.isNull) ?? true {
                let names = record.members.compactMap(\.key.string)
                bindings.fields = names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", …" : "")
            }
        }
        let parent = configuration.parent ?? ""
        for field in configuration.includeFromParent {
            if let found = record.member(Array(field.utf8)) { bindings.included["_\(parent)_\(field)"] = found.value }
        }
        return bindings
    }

    /// A field that `include_from_parent` names and a record lacks.
    func missingField(in record: JSONPlace) -> String? {
        configuration.includeFromParent.first { record.member(Array($0.utf8)) == nil }
    }
}

/// A resource without a parent, with all that depend on it. Its memory is kept as a whole.
final class ResourceTree {
    enum Memory {
        /// Where each chain continues.
        case places
        /// The cursor of its only resource, which delivers in the order of the cursor.
        case cursor
        /// Nothing before the end: replaced resources, and those with an unordered cursor.
        case whole
    }

    let resources: [FetchedResource]
    var memory = Memory.places
    /// Unfinished chains, in the order of their creation.
    private(set) var chains: [ObjectIdentifier: (order: Int, chain: Chain)] = [:]
    private var nextOrder = 0
    /// Holds records until all have arrived; nil when they are delivered at once.
    var held: HeldRecords?

    var root: FetchedResource { resources[0] }
    var hasFailed: Bool { resources.contains(where: \.hasFailed) }

    init(_ resources: [FetchedResource]) { self.resources = resources }

    func add(_ chain: Chain) {
        chains[ObjectIdentifier(chain)] = (nextOrder, chain)
        nextOrder += 1
    }

    func remove(_ chain: Chain) { chains[ObjectIdentifier(chain)] = nil }

    func removeChains(of resource: FetchedResource) {
        chains = chains.filter { $0.value.chain.resource !== resource }
    }

    /// Identifies the description of these resources.
    var fingerprint: String {
        resources.map { "\($0.name)=\($0.configuration.fingerprint)" }.joined(separator: " ")
    }

    /// What the pipeline should remember.
    ///
    /// - Parameter runHasEnded: the work of this run is complete. Otherwise a complete tree is marked as such, and the
    /// next run, which continues this one, leaves it out.
    func memory(in before: JSONObject, _ concealment: Concealment, runHasEnded: Bool) -> JSONObject {
        var state = before
        state["rest"] = nil
        guard memory == .places else { return state }
        var rest: JSONObject = ["fingerprint": .string(fingerprint)]
        if !chains.isEmpty {
            let waiting = chains.values.sorted { $0.order < $1.order }.map { concealment.conceal($0.chain.memory) }
            rest["chains"] = .array(waiting)
        } else if !runHasEnded {
            rest["whole"] = true
        } else {
            return state
        }
        state["rest"] = .object(rest)
        return state
    }

    /// The chains that an earlier run left, none if it had the whole; nil when there was no such run, or it had another
    /// description.
    func remembered(in state: JSONObject, _ concealment: Concealment) -> [Chain]? {
        guard memory == .places, let rest = state["rest"], rest["fingerprint"]?.stringValue == fingerprint else {
            return nil
        }
        if rest["whole"]?.boolValue == true { return [] }
        guard let waiting = rest["chains"]?.arrayValue, !waiting.isEmpty else { return nil }
        let chains = waiting.compactMap { Chain(memory: concealment.reveal($0), in: self) }
        return chains.count == waiting.count ? chains : nil
    }
}
