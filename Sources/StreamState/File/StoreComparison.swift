internal import StreamCore

/// The stores of a file beside those that the topology needs.
struct StoreComparison {
    let found: [StoreSpec]
    let wanted: [StoreSpec]

    /// What keeps the topology from using the file. Stores that are new to it do not: they begin
    /// empty.
    var differences: [String] {
        found.sorted { $0.name < $1.name }.compactMap { store in
            guard let now = wanted.first(where: { $0.name == store.name }) else {
                return "'\(store.name)' is not in this one"
            }
            if now.kind != store.kind {
                return "'\(store.name)' is of kind \(store.kind.rawValue), not \(now.kind.rawValue)"
            }
            if now.layoutVersion != store.layoutVersion {
                return "'\(store.name)' has layout \(store.layoutVersion), not \(now.layoutVersion)"
            }
            return nil
        }
    }

    /// - Throws: `StoreError.foreign` with the list of differences.
    func check(_ path: String) throws(StoreError) {
        let differences = differences
        guard !differences.isEmpty else { return }
        throw .foreign(
            path: path,
            found: "a topology with other stores (\(differences.joined(separator: "; ")))",
            expected: "this topology",
            remedy: "run the topology that wrote it, give this one another 'application', or start "
                + "from nothing: \(StoreError.setAside(path))")
    }
}
