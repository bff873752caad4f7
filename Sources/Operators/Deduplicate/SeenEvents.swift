internal import Events
internal import Sketches
internal import StreamCore

/// The first events of a task's ids, for as long as they are remembered.
///
/// They are divided into slices of event time, so that what is written lies together in the file,
/// and what is forgotten is forgotten together. In a slice an id has its place in a tree of pages:
/// in the first that is not full, of the pages whose names are the first bytes of its hash, from
/// none on. A full page stays as it is. So there are no rows of single ids as long as many come,
/// nothing is moved, and a page is small where it is written.
///
/// A slice has one timer, for the moment from which on none of its ids counts. It then goes piece
/// by piece, a 256th at a time, and waits in between, so that no event waits for all of it.
///
/// In memory each slice has a filter, which says of most ids that are new that the slice does not
/// have them. Filters are made of the store at the first event; they decide nothing.
struct SeenEvents: ~Copyable {
    private struct Slice {
        let start: Int64
        var filter = MembershipFilter()
        /// Which of the first page and the 256 below it are full: they say nothing of an id that is
        /// new.
        var fullPages = InlineArray<5, UInt64>(repeating: 0)

        /// The place of a page among those; `nil` for one that is deeper.
        private static func place(ofPage path: UnsafeRawBufferPointer) -> Int? {
            path.count > 1 ? nil : unsafe path.first.map { Int($0) + 1 } ?? 0
        }

        mutating func note(page path: UnsafeRawBufferPointer, isFull: Bool) {
            guard let place = unsafe Self.place(ofPage: path) else { return }
            let bit: UInt64 = 1 << UInt64(place % 64)
            if isFull { fullPages[place / 64] |= bit } else { fullPages[place / 64] &= ~bit }
        }

        func isFull(page path: UnsafeRawBufferPointer) -> Bool {
            guard let place = unsafe Self.place(ofPage: path) else { return false }
            return fullPages[place / 64] >> UInt64(place % 64) & 1 == 1
        }
    }

    private let storeName: String
    private let within: Int64
    private let sliceLength: Int64
    private let filterByteLimit: Int

    /// In the order of their starts; `nil` before the store was looked at.
    private var slices: [Slice]?

    // Scratch, reused from event to event.
    private var stored: [UInt8] = []
    private var page = ByteBuffer(capacity: 1024)
    private var pageName = ByteBuffer(capacity: 32)
    private var timerKey: [UInt8] = []
    private var names = KeyList()
    /// How deep the page was that was written last: that of the next is mostly as deep.
    private var lastDepth = 0

    init(_ settings: DeduplicateSettings) {
        storeName = settings.storeName
        within = settings.within
        sliceLength = settings.sliceLength
        filterByteLimit = settings.filterByteLimit
    }

    // MARK: Looking up and adding

    /// Says that these are looked up next, in the order of the list: brings the filters and the pages
    /// near in which they most likely are.
    mutating func prefetch(_ events: [SeenEvent?], from store: any KeyValueStore) {
        names.removeAll()
        for case let event? in events {
            let start = sliceStart(of: event.time)
            if let index = index(ofSliceAt: start) {
                slices![index].filter.prefetch(event.id.high)
            }
            name(start)
            for depth in 0..<lastDepth { pageName.append(Self.step(depth, of: event.id)) }
            unsafe names.append(pageName.bytes)
        }
        names.prefetch(in: store)
    }

    /// The event that is remembered under an id.
    ///
    /// `time`: that of the event that asks; the slice that it belongs to is looked at first.
    mutating func find(
        _ id: Murmur3, near time: Int64, at streamTime: Timestamp, in store: any KeyValueStore
    ) throws(StoreError) -> SeenEvent? {
        try loadFilters(from: store)
        guard let count = slices?.count else { return nil }
        let near = index(ofSliceAt: sliceStart(of: time))
        if let near, let found = try find(id, inSlice: near, streamTime, store) { return found }
        for index in (0..<count).reversed() where index != near {
            if let found = try find(id, inSlice: index, streamTime, store) { return found }
        }
        return nil
    }

    private mutating func find(
        _ id: Murmur3, inSlice index: Int, _ streamTime: Timestamp, _ store: any KeyValueStore
    ) throws(StoreError) -> SeenEvent? {
        guard let slice = slices?[index], slice.filter.mayContain(id.high) else { return nil }
        name(slice.start)
        for depth in 0... {
            guard let found = try read(slice.start, store) else { return nil }
            if let index = found.index(of: id) {
                let event = found[index]
                return event.isRemembered(at: streamTime, within: within) ? event : nil
            }
            guard found.isFull, depth < Self.mostDepth else { return nil }
            pageName.append(Self.step(depth, of: id))
        }
        return nil
    }

    /// Remembers an event whose id is not remembered.
    mutating func add(
        _ event: SeenEvent, to store: any KeyValueStore, _ timers: any TimerStore
    ) throws(StoreError) {
        try loadFilters(from: store)
        let start = sliceStart(of: event.time)
        name(start)
        // Full pages of a slice that does not have the id need not be looked into.
        let slice = index(ofSliceAt: start)
        let mayBeThere = slice.map { slices![$0].filter.mayContain(event.id.high) } ?? false
        for depth in 0... {
            if let slice, !mayBeThere, unsafe slices![slice].isFull(page: pagePath) {
                pageName.append(Self.step(depth, of: event.id))
                continue
            }
            guard try unsafe store.get(pageName.bytes, into: &stored) else {
                if depth == 0 { try setTimer(ofSliceAt: start, timers) }
                return try write(event, at: nil, sliceStart: start, store)
            }
            if !mayBeThere, depth < Self.mostDepth, SeenPage.isFull(byteCount: stored.count) {
                pageName.append(Self.step(depth, of: event.id))
                continue
            }
            let found = try storedPage(start)
            // One that is no longer remembered gives its place to the new one, so that no page
            // has an id twice.
            if let index = found.index(of: event.id) {
                return try write(event, at: index, sliceStart: start, store)
            }
            guard found.isFull, depth < Self.mostDepth else {
                return try write(event, at: found.count, sliceStart: start, store)
            }
            pageName.append(Self.step(depth, of: event.id))
        }
    }

    /// A path is at most all of the hash; a page that deep takes what comes.
    private static let mostDepth = 16

    /// The byte of a hash that names the page below one of that depth.
    private static func step(_ depth: Int, of id: Murmur3) -> UInt8 {
        let word = depth < 8 ? id.low : id.high
        return UInt8(truncatingIfNeeded: word >> UInt64(depth % 8 * 8))
    }

    /// Writes an entry of the page that was read last; at `nil`, to a new page.
    private mutating func write(
        _ event: SeenEvent, at index: Int?, sliceStart: Int64, _ store: any KeyValueStore
    ) throws(StoreError) {
        if let index {
            let rest = SeenPage.offset(of: index + 1)
            if rest < page.count {
                replace(event, at: index, sliceStart: sliceStart)
            } else {
                page.truncate(to: SeenPage.offset(of: index))
                SeenPage.append(event, sliceStart: sliceStart, to: &page)
            }
        } else {
            page.removeAll()
            SeenPage.begin(&page)
            SeenPage.append(event, sliceStart: sliceStart, to: &page)
        }
        lastDepth = pageName.count - TimerEntryKey.timeByteCount
        try unsafe store.put(pageName.bytes, page.bytes)
        note(event.id, inSliceAt: sliceStart)
        notePage(byteCount: page.count, sliceStart)
    }

    private mutating func replace(_ event: SeenEvent, at index: Int, sliceStart: Int64) {
        var changed = ByteBuffer(capacity: page.count)
        let (offset, rest) = (SeenPage.offset(of: index), SeenPage.offset(of: index + 1))
        unsafe changed.append(UnsafeRawBufferPointer(rebasing: page.bytes[..<offset]))
        SeenPage.append(event, sliceStart: sliceStart, to: &changed)
        unsafe changed.append(UnsafeRawBufferPointer(rebasing: page.bytes[rest...]))
        page = changed
    }

    // MARK: Pages

    private func sliceStart(of time: Int64) -> Int64 {
        let rest = time % sliceLength
        return time &- (rest < 0 ? rest + sliceLength : rest)
    }

    /// What the name of a page has behind the slice.
    private var pagePath: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: pageName.bytes[TimerEntryKey.timeByteCount...])
    }

    /// Notes how full the page is that `pageName` names.
    private mutating func notePage(byteCount: Int, _ sliceStart: Int64) {
        guard let index = index(ofSliceAt: sliceStart) else { return }
        unsafe slices![index].note(page: pagePath, isFull: SeenPage.isFull(byteCount: byteCount))
    }

    /// Begins the name of a page: that of the first of a slice.
    private mutating func name(_ sliceStart: Int64) {
        pageName.removeAll()
        pageName.append(littleEndian: TimerEntryKey.ordered(sliceStart).byteSwapped)
    }

    /// Reads the page that `pageName` names; it is valid until the next is read or written.
    private mutating func read(
        _ sliceStart: Int64, _ store: any KeyValueStore
    ) throws(StoreError) -> SeenPage? {
        guard try unsafe store.get(pageName.bytes, into: &stored) else { return nil }
        return try storedPage(sliceStart)
    }

    /// The page that was got last.
    private mutating func storedPage(_ sliceStart: Int64) throws(StoreError) -> SeenPage {
        page.removeAll()
        let stored = stored
        page.append(unsafe stored.span.bytes)
        do {
            return try unsafe SeenPage(page.bytes, sliceStart: sliceStart)
        } catch {
            throw .damaged(storeName, error)
        }
    }

    // MARK: Filters

    /// Makes the filters of what the store holds, once.
    private mutating func loadFilters(from store: any KeyValueStore) throws(StoreError) {
        guard slices == nil else { return }
        slices = []
        var damage: SketchError?
        try unsafe store.forEach { name, bytes in
            guard let (start, path) = unsafe TimerEntryKey.parts(name) else {
                damage = SketchError("a page of ids has no name")
                return
            }
            do throws(SketchError) {
                let found = try unsafe SeenPage(bytes, sliceStart: start.milliseconds)
                for index in 0..<found.count {
                    note(found[index].id, inSliceAt: start.milliseconds)
                }
                if let index = index(ofSliceAt: start.milliseconds) {
                    unsafe slices![index].note(page: path, isFull: found.isFull)
                }
            } catch {
                damage = error
            }
        }
        if let damage { throw .damaged(storeName, damage) }
    }

    private mutating func note(_ id: Murmur3, inSliceAt start: Int64) {
        var index = slices?.count ?? 0
        while index > 0, slices![index - 1].start > start { index -= 1 }
        if index == 0 || slices![index - 1].start != start {
            slices!.insert(Slice(start: start), at: index)
        } else {
            index -= 1
        }
        // Each slice may have its share; one that has more asks the store more often.
        slices![index].filter.insert(id.high, byteLimit: filterByteLimit / 16)
    }

    private func index(ofSliceAt start: Int64) -> Int? {
        guard let slices else { return nil }
        for index in slices.indices.reversed() where slices[index].start <= start {
            return slices[index].start == start ? index : nil
        }
        return nil
    }

    // MARK: Forgetting

    private mutating func setTimer(
        ofSliceAt start: Int64, _ timers: any TimerStore
    ) throws(StoreError) {
        try setTimer(ofSliceAt: start, step: 0, at: end(ofSliceAt: start), timers)
    }

    /// From when on none of the ids of a slice counts.
    private func end(ofSliceAt start: Int64) -> Timestamp {
        Timestamp(milliseconds: start).adding(milliseconds: sliceLength)
            .adding(milliseconds: within)
    }

    private mutating func setTimer(
        ofSliceAt start: Int64, step: UInt8, at due: Timestamp, _ timers: any TimerStore
    ) throws(StoreError) {
        var key = ByteBuffer(capacity: 16)
        key.append(littleEndian: TimerEntryKey.ordered(start).byteSwapped)
        key.append(step)
        try unsafe timers.set(key.bytes, at: due)
    }

    /// Forgets what is due at `streamTime`.
    mutating func advance(
        to streamTime: Timestamp, _ store: any KeyValueStore, _ timers: any TimerStore
    ) throws(StoreError) {
        while let due = try timers.takeDue(at: streamTime, into: &pageName, scratch: &timerKey) {
            guard let (start, rest) = unsafe TimerEntryKey.parts(pageName.bytes), rest.count == 1
            else { throw .damaged(storeName, SketchError("a timer has no slice")) }
            let step = unsafe rest[0]
            try forget(sliceAt: start.milliseconds, step: step, dueAt: due, store, timers)
        }
    }

    private mutating func forget(
        sliceAt start: Int64, step: UInt8, dueAt due: Timestamp, _ store: any KeyValueStore,
        _ timers: any TimerStore
    ) throws(StoreError) {
        if step == 0, due < end(ofSliceAt: start) {
            // It was set when ids were remembered for less long.
            return try setTimer(ofSliceAt: start, timers)
        }
        name(start)
        let isFull = try read(start, store)?.isFull ?? false
        if isFull {
            pageName.append(step)
            try forgetPages(of: start, store)
            if step < .max {
                let pause = max(1, sliceLength / 256)
                return try setTimer(
                    ofSliceAt: start, step: step + 1, at: due.adding(milliseconds: pause), timers)
            }
        }
        name(start)
        try unsafe store.delete(pageName.bytes)
        slices?.removeAll { $0.start == start }
    }

    /// Deletes the page that `pageName` names, and those below it.
    private mutating func forgetPages(
        of start: Int64, _ store: any KeyValueStore
    ) throws(StoreError) {
        guard let isFull = try read(start, store)?.isFull else { return }
        let length = pageName.count
        if isFull, length - TimerEntryKey.timeByteCount < Self.mostDepth {
            for step in 0...UInt8.max {
                pageName.append(step)
                try forgetPages(of: start, store)
                pageName.truncate(to: length)
            }
        }
        try unsafe store.delete(pageName.bytes)
        notePage(byteCount: 0, start)
    }
}
