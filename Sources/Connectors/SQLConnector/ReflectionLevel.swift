import ArgumentParser

/// How much of the catalog decides about the tables at the destination: dlt's levels.
enum ReflectionLevel: String, CaseIterable, ExpressibleByArgument {
    /// Names, nullability and keys; the values decide about types.
    case minimal
    /// Types, too.
    case full
    /// The lengths of texts and the sizes of integers, too.
    case fullWithPrecision = "full-with-precision"
}
