/// Timers in order, in pages: a set that gives its earliest member, takes new ones anywhere, and
/// drops its latest ones in whole pages.
@safe struct TimerPages: ~Copyable {
    private static let spareLimit = 2

    private let pageByteCount: Int
    /// Never empty ones, in the order of their timers.
    private var pages: [TimerPage] = []
    private var spares: [TimerPage] = []

    /// The memory of the pages in use.
    private(set) var byteCount = 0
    private(set) var unwrittenCount = 0

    init(pageByteCount: Int) { self.pageByteCount = pageByteCount }

    deinit {
        for page in pages { unsafe page.memory.deallocate() }
        for page in spares { unsafe page.memory.deallocate() }
    }

    /// The earliest timer. Points are valid until the next change.
    var first: TimerPoint? { pages.first?.point(0) }

    /// The earliest timer but one.
    var second: TimerPoint? {
        guard let page = pages.first else { return nil }
        if page.count > 1 { return page.point(1) }
        return pages.count > 1 ? pages[1].point(0) : nil
    }

    /// Whether the timer is here and not written yet.
    func containsUnwritten(_ point: TimerPoint) -> Bool {
        guard !pages.isEmpty else { return false }
        let page = pages[pageIndex(point)]
        let index = page.lowerBound(point)
        return index < page.count && page.point(index).compare(point) == 0
            && page.isUnwritten(index)
    }

    /// Says of a timer, if it is here, that it is not written.
    mutating func markUnwritten(_ point: TimerPoint) {
        guard !pages.isEmpty else { return }
        let page = pages[pageIndex(point)]
        let index = page.lowerBound(point)
        guard index < page.count, page.point(index).compare(point) == 0,
            !page.isUnwritten(index)
        else { return }
        page.markUnwritten(index)
        unwrittenCount += 1
    }

    /// Adds a timer unless it is there.
    mutating func insert(_ point: TimerPoint, isUnwritten: Bool) {
        var page = pageIndex(point)
        var index = 0
        if page < pages.count {
            index = pages[page].lowerBound(point)
            if index < pages[page].count, pages[page].point(index).compare(point) == 0 { return }
        }
        makeRoom(for: point, &page, &index)
        pages[page].insert(point, at: index, isUnwritten: isUnwritten)
        if isUnwritten { unwrittenCount += 1 }
    }

    /// - Precondition: there is a timer.
    mutating func removeFirst() {
        if pages[0].isUnwritten(0) { unwrittenCount -= 1 }
        pages[0].removeFirst()
        if pages[0].count == 0 { release(pages.removeFirst()) }
    }

    /// Removes the timers that do not come before `point`.
    mutating func removeSuffix(_ point: TimerPoint) {
        while let last = pages.last {
            let index = last.lowerBound(point)
            unwrittenCount -= last.unwrittenCount
            last.removeSuffix(index)
            unwrittenCount += last.unwrittenCount
            if index > 0 { return }
            release(pages.removeLast())
        }
    }

    /// The timer in the middle, near enough: half of the memory lies before it. `nil` when there
    /// are less than two.
    var middle: TimerPoint? {
        if pages.count > 1 { return pages[pages.count / 2].point(0) }
        guard let page = pages.first, page.count > 1 else { return nil }
        return page.point(page.count / 2)
    }

    /// Calls `body` with the timers that are not written, in order.
    func forEachUnwritten<Failure>(
        _ body: (TimerPoint) throws(Failure) -> Void
    ) throws(Failure) {
        for page in pages where page.unwrittenCount > 0 {
            for index in 0..<page.count where page.isUnwritten(index) {
                try body(page.point(index))
            }
        }
    }

    mutating func markAllWritten() {
        for page in pages where page.unwrittenCount > 0 { page.markWritten() }
        unwrittenCount = 0
    }

    mutating func removeAll() {
        for page in pages { release(page) }
        pages.removeAll(keepingCapacity: true)
        unwrittenCount = 0
    }

    /// The last page that begins at or before `point`, or the first page.
    private func pageIndex(_ point: TimerPoint) -> Int {
        var (low, high) = (0, pages.count)
        while low < high {
            let middle = (low + high) / 2
            let isBefore = pages[middle].point(0).compare(point) <= 0
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    /// Changes the pages, and the place in them, until the timer fits there.
    private mutating func makeRoom(
        for point: TimerPoint, _ page: inout Int, _ index: inout Int
    ) {
        let keyCount = unsafe point.key.count
        while page == pages.count || !pages[page].hasRoom(keyCount: keyCount) {
            if page == pages.count || index == 0 {
                pages.insert(makePage(TimerPage.capacity(keyCount: keyCount)), at: page)
            } else if pages[page].wouldHaveRoom(keyCount: keyCount) {
                compact(page)
            } else if index == pages[page].count {
                // Most timers come in the order of time: a full page stays full.
                (page, index) = (page + 1, 0)
                pages.insert(makePage(TimerPage.capacity(keyCount: keyCount)), at: page)
            } else {
                let middle = split(page, at: max(1, pages[page].count / 2))
                if index > middle { (page, index) = (page + 1, index - middle) }
            }
        }
    }

    private mutating func compact(_ page: Int) {
        let fresh = makePage(pages[page].capacity)
        pages[page].moveSuffix(0, to: fresh)
        release(pages[page])
        pages[page] = fresh
    }

    /// Moves the timers from `index` on to a new page behind.
    private mutating func split(_ page: Int, at index: Int) -> Int {
        let fresh = makePage(pages[page].capacity)
        pages[page].moveSuffix(index, to: fresh)
        pages.insert(fresh, at: page + 1)
        return index
    }

    private mutating func makePage(_ capacity: Int) -> TimerPage {
        let capacity = max(capacity, pageByteCount)
        byteCount += capacity
        if capacity == pageByteCount, let spare = spares.popLast() {
            return unsafe TimerPage(spare.memory)
        }
        return unsafe TimerPage(.allocate(byteCount: capacity, alignment: 16))
    }

    private mutating func release(_ page: TimerPage) {
        byteCount -= page.capacity
        if page.capacity == pageByteCount, spares.count < Self.spareLimit {
            spares.append(page)
        } else {
            unsafe page.memory.deallocate()
        }
    }
}
