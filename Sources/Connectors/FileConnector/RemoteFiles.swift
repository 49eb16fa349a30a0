import AWS
import ObjectStoreConnector
import ObjectStores
import ProgramSupport
import SystemIO

/// The stores of a run, each with its reader; they are opened when they are needed.
final class RemoteFiles {
    private let options: PlaceOptions
    private var stores: [(place: RemoteAddress.Place, store: any ObjectStore, reader: ObjectReader)] = []

    private var planned: [PlannedFile] = []

    init(_ options: PlaceOptions) { self.options = options }

    /// The files at an address, in the order of their names.
    ///
    /// - Parameter needsVersion: whether it must be known now if they have changed.
    func files(at address: RemoteAddress, needsVersion: Bool) throws -> [PlannedFile] {
        if address.place == .web, !needsVersion { return [PlannedFile(HTTPStore.object(address.text), at: address)] }
        let store = try entry(address.place).store
        var named: [StoredObject] = []
        var found: [StoredObject] = []
        var others = 0
        struct Enough: Error {}
        do {
            try store.list(address.place == .web ? address.text : address.prefix) { page in
                for object in page {
                    switch address.place == .web ? .named : address.match(object.key) {
                    case .named: named.append(object)
                    case .found: found.append(object)
                    case nil: others += 1
                    }
                }
                // It is the first of those with that beginning, which may be very many.
                if !named.isEmpty { throw Enough() }
            }
        } catch is Enough {}
        // An object of that name is not a folder.
        if !named.isEmpty { found = named }
        if found.isEmpty { throw RemoteFiles.nothing(at: address, others: others) }
        return found.map { PlannedFile($0, at: address) }
    }

    private static func nothing(at address: RemoteAddress, others: Int) -> ProgramError {
        if address.isPattern {
            return ProgramError(
                .noInput, "unable to find \(address.shown): no object matches",
                hint: "`*` stands for a part of a name without slashes, `**` for any number of folders")
        }
        if others > 0, address.text.isEmpty || address.text.hasSuffix("/") {
            let names = FileFormat.extensions.map { ".\($0)" }.joined(separator: ", ")
            return ProgramError(
                .noInput, "unable to find data in \(address.shown): no object has a known extension",
                hint:
                    "known extensions are \(names), each also with .gz, .zst, .bz2, .xz or .lz4; name others singly or by a pattern"
            )
        }
        return ProgramError(
            .noInput, "unable to find \(address.shown): there is no such object", hint: "check the name")
    }

    /// Names the files that are going to be opened, in their order.
    func plan(_ files: [PlannedFile]) {
        planned = files
        for (place, _, reader) in stores { reader.plan(objects(of: place)) }
    }

    private func objects(of place: RemoteAddress.Place) -> [StoredObject] {
        planned.filter { $0.address?.place == place }.compactMap(\.remote)
    }

    func open(_ object: StoredObject, at address: RemoteAddress) throws -> ObjectSource {
        try entry(address.place).reader.open(object)
    }

    private func entry(_ place: RemoteAddress.Place) throws -> (store: any ObjectStore, reader: ObjectReader) {
        if let known = stores.first(where: { $0.place == place }) { return (known.store, known.reader) }
        let store: any ObjectStore
        switch place {
        case .web: store = try HTTPStore(options.clientOptions(bucket: false))
        case .bucket(let bucket):
            let client = try options.clientOptions(bucket: true)
            let settings = try AWSSettings(profile: options.profile, variable: Environment.get)
            store = try S3Store(
                bucket: bucket,
                S3Settings(
                    endpoint: options.endpoint, region: options.region, style: options.urlStyle,
                    isAnonymous: options.anonymous, settings),
                AWSCredentialProvider(settings, client, variable: Environment.get), client)
        }
        let reader = ObjectReader(store, jobs: options.jobs)
        reader.plan(objects(of: place))
        stores.append((place, store, reader))
        return (store, reader)
    }
}
