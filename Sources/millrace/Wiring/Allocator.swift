internal import CMimalloc

/// The memory allocator of the process: mimalloc, which takes the place of the C library's for all
/// libraries as soon as it is linked.
///
/// librdkafka allocates each record in one thread and frees it in another, which costs the C
/// library's allocator a lock each time.
enum Allocator {
    /// For instance `mimalloc 2.0.9`. Asking for it keeps the linker from leaving the library out.
    static var name: String {
        let version = mi_version()
        return "mimalloc \(version / 100).\(version / 10 % 10).\(version % 10)"
    }
}
