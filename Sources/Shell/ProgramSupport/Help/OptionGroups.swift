/// The arguments of a command in groups, in the order in which help and manual show them.
package struct OptionGroups {
    package struct Group {
        /// nil: operands, or options that no group names.
        package let title: String?
        package fileprivate(set) var arguments: [ArgumentDescription] = []
    }

    package let groups: [Group]

    /// - Parameter titles: the groups that the command itself names, in their order.
    package init(_ arguments: [ArgumentDescription], _ titles: [OptionGroupTitle]) {
        var rest = arguments
        func take(_ title: String?, _ isMember: (ArgumentDescription) -> Bool) -> Group {
            let members = rest.filter(isMember)
            rest.removeAll(where: isMember)
            return Group(title: title, arguments: members)
        }
        func named(_ group: OptionGroupTitle) -> Group {
            var found = take(group.title) { argument in
                group.names.isEmpty
                    ? argument.section == group.title : argument.names.contains(where: group.names.contains)
            }
            func place(_ argument: ArgumentDescription) -> Int {
                group.names.firstIndex { argument.names.contains($0) } ?? .max
            }
            if !group.names.isEmpty { found.arguments.sort { place($0) < place($1) } }
            return found
        }
        let operands = take(nil) { $0.kind == .positional }
        let first = titles.map(named)
        let common = named(.common)
        let others = take(nil) { $0.section == nil }
        var sections: [Group] = []
        while let section = rest.first?.section { sections.append(take(section) { $0.section == section }) }
        // If a command names no groups, its own options come first.
        groups = ([operands] + first + [others] + sections + [common]).filter { !$0.arguments.isEmpty }
    }
}
