import JSONText
import RecordSources

/// The pages of one resource for one record of its parent; of a resource without a parent, all its pages.
final class Chain {
    let resource: FetchedResource
    let tree: ResourceTree
    let bindings: Bindings
    var paginator: Paginator
    /// Found at the first page, where none is written.
    var selector: JSONPath?
    /// Records of the next page that were delivered before.
    var skip = 0
    var pages = 0
    /// What the sink keeps of the order of its records.
    let sequence = RecordSequence()

    init(_ resource: FetchedResource, _ tree: ResourceTree, _ bindings: Bindings) {
        self.resource = resource
        self.tree = tree
        self.bindings = bindings
        paginator = Paginator(resource.paginator)
    }

    /// What a later run needs to go on here.
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

    /// nil when the memory is of a resource that is not there.
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
    /// Its handle at the sink, once it was announced.
    var handle: Int?
    var builder: RequestBuilder
    /// Its limit is reached.
    var isFull = false
    /// Its pages are more than were asked for.
    var isCapped = false
    var hasFailed = false
    var pages = 0
    var records = 0
    /// What people were told of it, once each.
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

    /// What a record of the parent gives to this resource.
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

    /// A field that `include_from_parent` asks for and a record does not have.
    func missingField(in record: JSONPlace) -> String? {
        configuration.includeFromParent.first { record.member(Array($0.utf8)) == nil }
    }
}

/// A resource without a parent, and all that depend on it. What it remembers, it remembers as one.
final class ResourceTree {
    enum Memory {
        /// Where each chain goes on.
        case places
        /// The cursor of its only resource, which delivers in the order of the cursor.
        case cursor
        /// Nothing until all is there: what is replaced, or goes by a cursor in no order.
        case whole
    }

    let resources: [FetchedResource]
    var memory = Memory.places
    /// Chains that are not at their end, in the order in which they came to be.
    private(set) var chains: [ObjectIdentifier: (order: Int, chain: Chain)] = [:]
    private var nextOrder = 0
    /// Records wait here until all are there; nil when they are delivered at once.
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

    /// Belongs to the description of these resources and no other.
    var fingerprint: String {
        resources.map { "\($0.name)=\($0.configuration.fingerprint)" }.joined(separator: " ")
    }

    /// What the pipeline is to remember.
    ///
    /// - Parameter runHasEnded: what this run began is settled; otherwise a tree that came whole says so, and the next run leaves
    ///   it out, because it is the same run going on.
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

    /// The chains that an earlier run left, none when it had the whole; nil when there was no such run, or it was of another
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
