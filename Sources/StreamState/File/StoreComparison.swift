internal import StreamCore

/// The stores of a file beside those that the topology needs.
struct StoreComparison {
    let found: [StoreSpec]
    let wanted: [StoreSpec]

    /// Every store of either, by name, and what becomes of it.
    var changes: [StoreChange] {
        let names = Set(found.map(\.name)).union(wanted.map(\.name))
        return names.sorted().map { name in
            StoreChange(
                store: name,
                kind: Self.change(
                    from: found.first { $0.name == name }, to: wanted.first { $0.name == name }))
        }
    }

    private static func change(from old: StoreSpec?, to new: StoreSpec?) -> StoreChange.Kind {
        guard let new else { return .dropped }
        guard let old else { return .new }
        if new.kind != old.kind {
            return .changed("is of kind \(old.kind.rawValue), not \(new.kind.rawValue)")
        }
        if new.layoutVersion != old.layoutVersion {
            return .changed("has layout \(old.layoutVersion), not \(new.layoutVersion)")
        }
        // A file of an earlier version does not say.
        if !old.definition.isEmpty, !new.definition.isEmpty, new.definition != old.definition {
            return .changed("was kept \(old.definition), not \(new.definition)")
        }
        return .kept
    }

    /// The stores of the topology that a file has no row for, or one that says less than is known.
    var unrecorded: [StoreSpec] {
        wanted.filter { store in
            guard let old = found.first(where: { $0.name == store.name }) else { return true }
            return old.definition.isEmpty && !store.definition.isEmpty
        }
    }

    /// Stores that are new to a file do not keep the topology from using it: they begin empty.
    ///
    /// - Throws: `StoreError.foreign` with the list of all stores, when some are dropped or changed.
    func check(_ path: String) throws(StoreError) {
        let changes = changes
        let differences = changes.compactMap(\.difference)
        guard !differences.isEmpty else { return }
        var list = differences.joined(separator: "; ")
        let kept = changes.filter { $0.kind == .kept }.map { "'\($0.store)'" }
        if !kept.isEmpty { list += "; kept: \(kept.joined(separator: ", "))" }
        let new = changes.filter { $0.kind == .new }.map { "'\($0.store)'" }
        if !new.isEmpty { list += "; new: \(new.joined(separator: ", "))" }
        throw .foreign(
            path: path, found: "a topology with other stores (\(list))",
            expected: "this topology",
            remedy: "run the topology that wrote it, give this one another 'application', or start "
                + "from nothing: \(StoreError.setAside(path))")
    }
}
