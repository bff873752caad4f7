/// Elements without ownership, one after the other, in memory that emptying keeps.
///
/// An array would do the same and pay for a uniqueness check at each write.
@safe
@usableFromInline
package struct Pool<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline private(set) var base: UnsafeMutablePointer<Element>
    @usableFromInline package private(set) var count = 0
    @usableFromInline private(set) var capacity: Int

    @inlinable package var isEmpty: Bool { count == 0 }

    @inlinable
    package init(capacity: Int) {
        unsafe base = UnsafeMutablePointer.allocate(capacity: capacity)
        self.capacity = capacity
    }

    @inlinable
    deinit {
        unsafe base.deallocate()
    }

    @inlinable
    package subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "index out of range")
            return unsafe base[index]
        }
        set {
            precondition(index >= 0 && index < count, "index out of range")
            unsafe base[index] = newValue
        }
    }

    /// An element where it is; until the next one is added.
    @inlinable
    package func pointer(at index: Int) -> UnsafePointer<Element> {
        precondition(index >= 0 && index < count, "index out of range")
        return unsafe UnsafePointer(base + index)
    }

    @inlinable
    package mutating func append(_ element: Element) {
        reserve(1)
        unsafe (base + count).initialize(to: element)
        count += 1
    }

    /// Makes room for `additional` more elements.
    @inlinable
    mutating func reserve(_ additional: Int) {
        if capacity - count < additional { grow(by: additional) }
    }

    /// Counts elements that were written into reserved memory behind the last one.
    mutating func didWrite(_ additional: Int) {
        precondition(additional <= capacity - count, "wrote beyond the reserved memory")
        count += additional
    }

    mutating func reverse() {
        var elements = unsafe UnsafeMutableBufferPointer(start: base, count: count)
        unsafe elements.reverse()
    }

    @inlinable
    package mutating func removeAll() {
        count = 0
    }

    mutating func removeLast(_ removed: Int) {
        precondition(removed <= count, "cannot remove more elements than there are")
        count -= removed
    }

    @usableFromInline
    mutating func grow(by additional: Int) {
        let larger = max(capacity * 2, count + additional)
        let moved = UnsafeMutablePointer<Element>.allocate(capacity: larger)
        unsafe moved.initialize(from: base, count: count)
        unsafe base.deallocate()
        unsafe base = moved
        capacity = larger
    }
}
