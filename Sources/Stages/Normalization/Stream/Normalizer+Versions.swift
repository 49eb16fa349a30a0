import JSONText
import ProgramSupport

/// Versions of Singer: which records belong to this run, and when they replace all others.
extension Normalizer {
    /// Whether a record of that version belongs to this run.
    func admits(_ version: UnsafeBufferPointer<UInt8>, _ lane: Lane, _ stream: Int, _ line: Int) -> Bool {
        if lane.streams[stream].isDecided { return true }
        if let current = lane.streams[stream].versions.current, current.utf8.elementsEqual(version) { return true }
        let name = lane.streams[stream].text
        let isEmpty = lane.job.tableIsEmpty(stream: name)
        if lane.streams[stream].versions.admits(String(decoding: version, as: UTF8.self), tableIsEmpty: isEmpty) {
            invalidateWorkAhead()
            lane.job.remember(lane.streams[stream].versions, of: name)
            return true
        }
        if !lane.streams[stream].warnedVersion {
            lane.streams[stream].warnedVersion = true
            messages.warning(
                "\(origin.line(line)): skipped records of stream \(name) with version "
                    + "\(String(decoding: version, as: UTF8.self)): this run's is \(lane.streams[stream].versions.current ?? "")"
            )
        }
        return false
    }

    func receiveActivateVersion(_ value: JSONValue, _ line: Int) throws {
        try checkIsOpen(line)
        guard let name = value["stream"]?.stringValue, let version = value["version"]?.versionText else {
            throw misplaced(line, "an ACTIVATE_VERSION needs a stream and a version")
        }
        guard let lane, let stream = lane.place(of: name.utf8) else {
            // Some taps name the version first. It says nothing about rows that have not come yet.
            if kind == .singer { return }
            throw ProgramError(
                .data, "unable to read \(origin.line(line)): an ACTIVATE_VERSION of stream \(name) precedes its SCHEMA",
                hint: "a filter between the programs must let SCHEMA lines pass")
        }
        guard !lane.streams[stream].isDecided else { return }
        let isEmpty = lane.job.tableIsEmpty(stream: name)
        switch lane.streams[stream].versions.activate(version, tableIsEmpty: isEmpty) {
        case .nothing: break
        case .replace: try lane.job.replaceTable(of: name)
        case .other(let current):
            messages.warning(
                "\(origin.line(line)): version \(version) of stream \(name) is not activated: "
                    + "this run's records are of version \(current)")
            return
        case .mixed:
            throw ProgramError(
                .data,
                "unable to activate version \(version) of stream \(name): an earlier run that was interrupted has added a part "
                    + "of it to the rows that it replaces",
                hint: "have the tap send the whole table again (`dlt-state reset`), or keep all rows with "
                    + "--write-disposition append")
        }
        lane.job.remember(lane.streams[stream].versions, of: name)
        lane.streams[stream].confirmed = lane.streams[stream].uncovered
        // It declares that the earlier records are all there are. If a STATE covered them, they need not wait for
        // another.
        if sawState, lane.streams.allSatisfy({ $0.uncovered == 0 }) { checkpoint(lane) }
    }
}
