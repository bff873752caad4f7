/// Elements that never change, behind a plain pointer: reading one touches no reference count,
/// which an array does whenever the compiler can't prove that nobody frees it meanwhile.
///
/// It belongs to the ``SchemaProgram`` that made it, which frees it.
@safe
struct FrozenTable<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    private let elements: UnsafeMutablePointer<Element>
    let count: Int

    /// A copy of `elements`.
    init(_ elements: [Element]) {
        unsafe self.elements = .allocate(capacity: elements.count)
        count = elements.count
        for (index, element) in elements.enumerated() {
            unsafe (self.elements + index).initialize(to: element)
        }
    }

    /// Frees the memory. No copy of the table may be used after.
    func deallocate() {
        unsafe elements.deallocate()
    }

    @inline(__always)
    subscript(index: Int) -> Element { unsafe self.pointer(index).pointee }

    @inline(__always)
    subscript(index: Int32) -> Element { self[Int(index)] }

    /// An element in place, for those that are large and of which little is read.
    @inline(__always)
    func pointer(_ index: Int) -> UnsafePointer<Element> {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
        return unsafe UnsafePointer(elements + index)
    }

    /// The bytes of some elements.
    @inline(__always)
    func bytes(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
        precondition(start >= 0 && count >= 0 && start + count <= self.count, "out of range")
        return unsafe UnsafeRawBufferPointer(start: elements + start, count: count)
    }
}
