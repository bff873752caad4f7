internal import CKafka
internal import Glibc
internal import StreamCore
internal import StreamEngine

/// C copies of Swift strings and lists, for the length of a call.
///
/// ```swift
/// CStrings.with { strings in
///     let list = unsafe strings.properties(properties)
///     ...
/// }
/// ```
@safe
final class CStrings {
    private var memory: [UnsafeMutableRawPointer] = unsafe []

    private init() {}

    deinit {
        for index in unsafe memory.indices { unsafe free(memory[index]) }
    }

    /// Calls `body` with copies to make; what was made is freed when `body` returns.
    static func with<Result, Failure: Error>(
        _ body: (CStrings) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let strings = CStrings()
        defer { withExtendedLifetime(strings) {} }
        return try body(strings)
    }

    func copy(_ string: String) -> UnsafePointer<CChar> {
        guard let copy = unsafe strdup(string) else { fatalError("no memory for a string") }
        unsafe memory.append(copy)
        return unsafe UnsafePointer(copy)
    }

    func list<Element>(_ elements: [Element]) -> UnsafeMutableBufferPointer<Element> {
        let size = MemoryLayout<Element>.stride * max(elements.count, 1)
        guard let block = unsafe malloc(size) else { fatalError("no memory for \(size) bytes") }
        unsafe memory.append(block)
        let list = unsafe UnsafeMutableBufferPointer(
            start: block.bindMemory(to: Element.self, capacity: max(elements.count, 1)),
            count: elements.count)
        _ = unsafe list.initialize(from: elements)
        return unsafe list
    }

    func names(_ names: [String]) -> UnsafeMutableBufferPointer<UnsafePointer<CChar>?> {
        unsafe list(names.map { unsafe copy($0) })
    }

    func properties(
        _ properties: [(name: String, value: String)]
    ) -> UnsafeMutableBufferPointer<ckafka_property> {
        unsafe list(
            properties.map { unsafe ckafka_property(name: copy($0.name), value: copy($0.value)) })
    }

    /// Partitions with what `offset` and `metadata` say of each.
    func partitions(
        _ partitions: [TopicPartition], offset: (TopicPartition) -> Int64 = { _ in 0 },
        metadata: (TopicPartition) -> String? = { _ in nil }
    ) -> UnsafeMutableBufferPointer<ckafka_partition> {
        unsafe list(
            partitions.map { partition in
                unsafe ckafka_partition(
                    topic: copy(partition.topic), partition: partition.partition, code: 0,
                    offset: offset(partition),
                    metadata: metadata(partition).map { unsafe copy($0) })
            })
    }

    /// Committed offsets; empty metadata is none.
    func partitions(
        _ offsets: [TopicPartition: CommittedOffset]
    ) -> UnsafeMutableBufferPointer<ckafka_partition> {
        unsafe list(
            offsets.map { partition, committed in
                unsafe ckafka_partition(
                    topic: copy(partition.topic), partition: partition.partition, code: 0,
                    offset: committed.offset,
                    metadata: committed.metadata.isEmpty ? nil : copy(committed.metadata))
            })
    }
}
