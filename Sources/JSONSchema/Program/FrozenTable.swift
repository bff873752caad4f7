/// Elements that never change, behind a plain pointer: reading one touches no reference count,
/// which an array does whenever the compiler can't prove that nobody frees it meanwhile.
///
/// It belongs to the ``SchemaProgram`` that made it, which frees it.
@safe
struct FrozenTable<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    private let elements: UnsafeMutableBufferPointer<Element>

    /// A copy of `elements`.
    init(_ elements: [Element]) {
        unsafe self.elements = .allocate(capacity: elements.count)
        _ = unsafe self.elements.initialize(fromContentsOf: elements)
    }

    /// Frees the memory. No copy of the table may be used after.
    func deallocate() {
        unsafe elements.deallocate()
    }

    var count: Int { unsafe elements.count }

    @inline(__always)
    subscript(index: Int) -> Element {
        precondition(index >= 0 && index < count, "index \(index) of a table of \(count)")
        return unsafe elements[index]
    }

    /// The bytes of some elements.
    @inline(__always)
    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: elements[range]))
    }
}
