import SystemIO

/// How dlt-load tells dlt-normalize, which waits for it before it publishes, that the pipeline is at home elsewhere: an empty file
/// among the locks, named by the run.
extension Spool {
    private func refusal(of run: String) -> String? {
        guard !run.isEmpty, run.utf8.allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x7A ~= $0 }) else { return nil }
        return Paths.join(Paths.join(path, PackageLayout.locks), "refused.\(run)")
    }

    /// Nothing is lost where this fails: what is published all the same is refused when it comes.
    package func refuse(run: String) {
        guard exists, let file = refusal(of: run) else { return }
        try? Files.atomicWrite(file, [UInt8](), mode: 0o600, isLasting: false)
    }

    /// Whether the run was refused; forgets it.
    package func takeRefusal(of run: String) -> Bool {
        guard let file = refusal(of: run), Files.exists(file) else { return false }
        try? Files.remove(file)
        return true
    }
}
