// Which entries are not written yet, and which of those are in the log of commits.
extension EntryCache {
    /// Whether anything was changed since the last commit.
    var hasFresh: Bool { loggedCount < dirty.count }

    /// Calls `body` with the entries that were changed since the last commit, in no order.
    func forEachFresh<Failure>(
        _ body: (EntryReference) throws(Failure) -> Void
    ) throws(Failure) {
        for position in loggedCount..<dirty.count { try body(dirty[position]) }
    }

    /// All unwritten entries are in the log as they are.
    mutating func markAllLogged() {
        loggedCount = dirty.count
        freshByteCount = 0
    }

    /// Every unwritten entry was written.
    mutating func markAllClean() {
        for reference in dirty {
            unsafe header(reference).pointee.dirtyIndex = EntryHeader.clean
        }
        forgetAllDirty()
    }

    /// What the log held was written; what was changed since is still unwritten.
    mutating func markLoggedClean() {
        for position in 0..<loggedCount {
            unsafe header(dirty[position]).pointee.dirtyIndex = EntryHeader.clean
        }
        dirty.removeFirst(loggedCount)
        for (position, reference) in dirty.enumerated() {
            unsafe header(reference).pointee.dirtyIndex = UInt32(position)
        }
        loggedCount = 0
        dirtyByteCount = freshByteCount
    }

    /// Forgets what was not written; a store that had such entries is no longer complete.
    mutating func removeDirty() {
        for reference in dirty {
            let header = unsafe header(reference)
            complete[unsafe Int(header.pointee.store)] = false
            unsafe index.remove(reference, hash: header.pointee.hash)
            unsafe header.pointee.isLive = false
            unsafe header.pointee.dirtyIndex = EntryHeader.clean
        }
        forgetAllDirty()
    }

    mutating func forgetAllDirty() {
        dirty.removeAll(keepingCapacity: true)
        (loggedCount, dirtyByteCount, freshByteCount) = (0, 0, 0)
    }

    /// The entry was changed since the last commit.
    mutating func markFresh(_ reference: EntryReference) {
        let header = unsafe header(reference)
        let byteCount = unsafe header.pointee.footprint + Self.indexShare
        if unsafe !header.pointee.isDirty {
            unsafe header.pointee.dirtyIndex = UInt32(dirty.count)
            dirty.append(reference)
            dirtyByteCount += byteCount
        } else if unsafe Int(header.pointee.dirtyIndex) < loggedCount {
            // It changes places with the last one that is in the log, behind which the others are.
            loggedCount -= 1
            exchange(unsafe Int(header.pointee.dirtyIndex), loggedCount)
        } else {
            return
        }
        freshByteCount += byteCount
    }

    /// An unwritten entry gives its place in the list to the one that replaces it.
    mutating func passOn(_ old: EntryReference, to new: EntryReference) {
        let (oldHeader, newHeader) = unsafe (header(old), header(new))
        let position = unsafe oldHeader.pointee.dirtyIndex
        let growth = unsafe newHeader.pointee.footprint - oldHeader.pointee.footprint
        unsafe newHeader.pointee.dirtyIndex = position
        unsafe oldHeader.pointee.dirtyIndex = EntryHeader.clean
        dirty[Int(position)] = new
        dirtyByteCount += growth
        if Int(position) >= loggedCount { freshByteCount += growth }
    }

    private mutating func exchange(_ a: Int, _ b: Int) {
        dirty.swapAt(a, b)
        unsafe header(dirty[a]).pointee.dirtyIndex = UInt32(a)
        unsafe header(dirty[b]).pointee.dirtyIndex = UInt32(b)
    }
}
