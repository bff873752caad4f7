/// The stores that a state has beside those that the topology needs.
package struct StoreComparison {
    package let found: [StoreSpec]
    package let wanted: [StoreSpec]

    package init(found: [StoreSpec], wanted: [StoreSpec]) {
        self.found = found
        self.wanted = wanted
    }

    /// Every store of either, by name, and what becomes of it.
    ///
    /// The stores of an operator go together: a timer whose entry is gone, or an entry without its
    /// timer, is no state that the operator ever had. So when one of them changed, all of them did.
    package var changes: [StoreChange] {
        let names = Set(found.map(\.name)).union(wanted.map(\.name))
        let changes = names.sorted().map { name in
            StoreChange(
                store: name,
                kind: Self.change(
                    from: found.first { $0.name == name }, to: wanted.first { $0.name == name }))
        }
        var changed: [Substring: String] = [:]
        for change in changes {
            guard case .changed = change.kind else { continue }
            changed[Self.operatorName(change.store)] = change.store
        }
        return changes.map { change in
            guard change.kind == .kept, let other = changed[Self.operatorName(change.store)]
            else { return change }
            return StoreChange(store: change.store, kind: .changed("goes with '\(other)'"))
        }
    }

    /// Whether the topology can use the state as it is.
    package var fits: Bool { changes.allSatisfy { $0.difference == nil } }

    private static func change(from old: StoreSpec?, to new: StoreSpec?) -> StoreChange.Kind {
        guard let new else { return .dropped }
        guard let old else { return .new }
        if new.kind != old.kind {
            return .changed("is of kind \(old.kind.rawValue), not \(new.kind.rawValue)")
        }
        if new.layoutVersion != old.layoutVersion {
            return .changed("has layout \(old.layoutVersion), not \(new.layoutVersion)")
        }
        // What an earlier version wrote does not say.
        if !old.definition.isEmpty, !new.definition.isEmpty, new.definition != old.definition {
            return .changed("was kept \(old.definition), not \(new.definition)")
        }
        return .kept
    }

    private static func operatorName(_ store: String) -> Substring {
        store.lastIndex(of: ".").map { store[..<$0] } ?? store[...]
    }

    /// The stores of the topology that nothing is written of, or less than is known.
    package var unrecorded: [StoreSpec] {
        wanted.filter { store in
            guard let old = found.first(where: { $0.name == store.name }) else { return true }
            return old.definition.isEmpty && !store.definition.isEmpty
        }
    }
}

extension StoreSpec {
    /// Everything but the name, for what is written beside a state: `key-value 1 by user.id`.
    package var text: String {
        "\(kind.rawValue) \(layoutVersion)" + (definition.isEmpty ? "" : " \(definition)")
    }

    /// Reads `text`; `nil` for anything else.
    package init?(name: String, text: String) {
        // The definition is the rest; what earlier versions wrote has none.
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, let kind = Kind(rawValue: String(words[0])),
            let layoutVersion = Int(words[1])
        else { return nil }
        self.init(
            name: name, kind: kind, layoutVersion: layoutVersion,
            definition: words.count == 3 ? String(words[2]) : "")
    }
}
