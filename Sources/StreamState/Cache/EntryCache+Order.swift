/// An unwritten entry and what decides its place in nearly every comparison, so that the entry
/// itself need not be fetched from memory.
struct OrderedEntry: BitwiseCopyable {
    /// The bytes behind those that all keys of the store share, as a number that compares as they
    /// do; fewer than eight are filled up with zeros.
    var digest: UInt64
    var reference: EntryReference
    var store: UInt16
}

extension EntryCache {
    /// Replaces the content of `references` with the unwritten entries, of one store or of all, in
    /// the order of stores and keys. `isFresh`: only with those that were changed since the last
    /// commit.
    mutating func collectDirty(
        store: Int? = nil, isFresh: Bool = false, into references: inout [EntryReference]
    ) {
        let sharedCounts = sharedPrefixCounts()
        order.removeAll(keepingCapacity: true)
        let unwritten = dirty[(isFresh ? loggedCount : 0)...]
        for reference in unwritten where store == nil || self.store(reference) == store {
            let index = self.store(reference)
            let digest = unsafe key(reference).digest(from: sharedCounts[index])
            order.append(
                OrderedEntry(digest: digest, reference: reference, store: UInt16(index)))
        }
        // Taken out for the time, so that the comparisons may read the cache.
        var taken: [OrderedEntry] = []
        swap(&order, &taken)
        taken.sort { precedes($0, $1) }
        swap(&order, &taken)
        references.removeAll(keepingCapacity: true)
        for entry in order { references.append(entry.reference) }
    }

    /// By store, with how many bytes all keys of unwritten entries begin alike.
    private func sharedPrefixCounts() -> [Int] {
        var samples = Array(repeating: EntryReference.none, count: complete.count)
        var counts = Array(repeating: 0, count: complete.count)
        for reference in dirty {
            let store = store(reference)
            let key = unsafe key(reference)
            if samples[store] == .none {
                samples[store] = reference
                counts[store] = key.count
            } else {
                counts[store] = unsafe key.sharedPrefixCount(
                    with: self.key(samples[store]), limit: counts[store])
            }
        }
        return counts
    }

    private func precedes(_ a: OrderedEntry, _ b: OrderedEntry) -> Bool {
        if a.store != b.store { return a.store < b.store }
        if a.digest != b.digest { return a.digest < b.digest }
        return unsafe key(a.reference).compare(key(b.reference)) < 0
    }
}
