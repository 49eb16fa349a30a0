import SystemIO

/// How dlt-load reports to dlt-normalize, which waits for it before publishing, that the pipeline has another home: an
/// empty file among the locks, named after the run.
extension Spool {
    private func refusal(of run: String) -> String? {
        guard !run.isEmpty, run.utf8.count < 64,
            run.utf8.allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x7A ~= $0 || $0 == UInt8(ascii: "-") })
        else { return nil }
        return Paths.join(Paths.join(path, PackageLayout.locks), "refused.\(run)")
    }

    /// A failure here loses nothing: a package that is published anyway is refused on arrival.
    package func refuse(run: String) {
        guard exists, let file = refusal(of: run) else { return }
        try? Files.atomicWrite(file, [UInt8](), mode: 0o600, isLasting: false)
    }

    /// Whether the run was refused; removes the file.
    package func takeRefusal(of run: String) -> Bool {
        guard let file = refusal(of: run), Files.exists(file) else { return false }
        try? Files.remove(file)
        return true
    }
}
