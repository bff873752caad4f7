extension UnsafeBufferPointer where Element: BitwiseCopyable {
    /// Memory of a plan's own with these elements; the plan deallocates it.
    init(copying elements: [Element]) {
        let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
        _ = unsafe memory.initialize(fromContentsOf: elements)
        self.init(memory)
    }
}
