/// Names of the columns that the normalizer adds; every naming convention leaves them unchanged.
package enum SystemColumns {
    package static let id = "_dlt_id"
    package static let loadID = "_dlt_load_id"
    package static let parentID = "_dlt_parent_id"
    package static let listIndex = "_dlt_list_idx"
    package static let rootID = "_dlt_root_id"
    /// Column of a value that is not an object: an element of a list, or an item.
    package static let value = "value"
    /// Key of a list inside a list.
    package static let list = "list"
    /// Replaces a key without visible characters.
    package static let blankKey = "_empty"
}
