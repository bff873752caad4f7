extension EntryCache {
    /// Whether an entry of this size can be added without forgetting another.
    func hasRoom(keyCount: Int, valueCount: Int) -> Bool {
        fits(EntryHeader.footprint(keyCount: keyCount, valueCapacity: valueCount))
    }

    private func fits(_ footprint: Int) -> Bool {
        memory.allocatedByteCount + memory.byteCountNeeded(for: footprint)
            + index.byteCount(adding: 1) <= byteLimit
    }

    /// Forgets entries until one more of `footprint` bytes fits. When nearly everything is in use
    /// or unwritten, two rounds over the segments may not be enough; then the cache exceeds its
    /// limit by this entry.
    mutating func makeRoom(_ footprint: Int) {
        var attempts = 2 * memory.segmentCount + 2
        while !fits(footprint), attempts > 0 {
            emptyOldestSegment()
            attempts -= 1
        }
    }

    private mutating func emptyOldestSegment() {
        guard let (segment, used, isOversized) = memory.takeOldest() else { return }
        if isOversized {
            let reference = memory.reference(segment: segment, offset: 0)
            if unsafe isKept(header(reference)) {
                unsafe header(reference).pointee.isReferenced = false
                memory.enqueue(segment)
                return
            }
            forget(reference)
        } else {
            var offset = 0
            while offset < used {
                let reference = memory.reference(segment: segment, offset: offset)
                offset += unsafe header(reference).pointee.footprint
                if unsafe isKept(header(reference)) { move(reference) } else { forget(reference) }
            }
        }
        memory.release(segment)
    }

    private func isKept(_ header: UnsafeMutablePointer<EntryHeader>) -> Bool {
        unsafe header.pointee.isLive && (header.pointee.isDirty || header.pointee.isReferenced)
    }

    private mutating func forget(_ reference: EntryReference) {
        let header = unsafe header(reference)
        guard unsafe header.pointee.isLive else { return }
        unsafe index.remove(reference, hash: header.pointee.hash)
        if unsafe !header.pointee.isAbsent { complete[unsafe Int(header.pointee.store)] = false }
    }

    /// Copies an entry to the newest segment; it must be used again to be kept another time.
    private mutating func move(_ old: EntryReference) {
        let oldHeader = unsafe header(old)
        let footprint = unsafe oldHeader.pointee.footprint
        let new = memory.append(footprint)
        let newHeader = unsafe header(new)
        unsafe UnsafeMutableRawPointer(newHeader).copyMemory(
            from: UnsafeRawPointer(oldHeader), byteCount: footprint)
        unsafe newHeader.pointee.isReferenced = false
        unsafe index.replace(old, with: new, hash: newHeader.pointee.hash)
        if unsafe newHeader.pointee.isDirty {
            dirty[unsafe Int(newHeader.pointee.dirtyIndex)] = new
        }
    }
}
