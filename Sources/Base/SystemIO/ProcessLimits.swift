import CSystem

package enum ProcessLimits {
    /// Lets this process have as many files open as the system lets it ask for, but no more than some thousands.
    ///
    /// - Returns: how many that are.
    package static func raiseDescriptors() -> Int { Int(csystem_raise_descriptors(8192)) }
}
