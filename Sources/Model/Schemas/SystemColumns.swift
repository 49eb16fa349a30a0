/// Names of the columns that the normalizer adds; every naming convention leaves them as they are.
package enum SystemColumns {
    package static let id = "_dlt_id"
    package static let loadID = "_dlt_load_id"
    package static let parentID = "_dlt_parent_id"
    package static let listIndex = "_dlt_list_idx"
    package static let rootID = "_dlt_root_id"
    /// Column of what is no object: elements of a list, or an item.
    package static let value = "value"
    /// Key under which a list inside a list hangs.
    package static let list = "list"
    /// Stands for a key without visible characters.
    package static let blankKey = "_empty"
}
