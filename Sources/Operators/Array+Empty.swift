extension Array {
    /// Empties it and keeps the memory. Scratch is mostly empty already, and `removeAll` costs as much
    /// then.
    mutating func empty() {
        if !isEmpty { removeAll(keepingCapacity: true) }
    }
}
