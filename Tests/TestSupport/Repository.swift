import SystemIO

/// A file or folder of the repository.
package func repository(_ path: String) -> String {
    Paths.join(Paths.parent(Paths.parent(Paths.parent(#filePath))), path)
}
