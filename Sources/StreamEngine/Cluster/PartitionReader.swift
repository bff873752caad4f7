public import Events
public import StreamCore

/// Reads committed records of single partitions, outside of any group: for changelogs. Used by one
/// thread.
public protocol PartitionReader: AnyObject {
    /// Starts to read partitions, each at an offset. A partition that is read already goes on there.
    func start(_ positions: [TopicPartition: Int64]) throws(ClusterError)

    func stop(_ partitions: [TopicPartition]) throws(ClusterError)

    /// Waits until a partition has records, or reached its end, or `timeout` is over.
    func wait(timeout: Duration) throws(ClusterError)

    /// Replaces the content of `batch` with the records that have come for a partition, without
    /// waiting; see ``Consumer/fetch(_:into:recordLimit:byteLimit:)``. The bytes may be the client
    /// library's, lent until the next call. The position passes over
    /// control records, records of aborted transactions and what compaction left out.
    ///
    /// - Throws: A ``ClusterError`` whose code is `_AUTO_OFFSET_RESET` when the offset to read at is
    ///   gone.
    func fetch(
        _ partition: TopicPartition, into batch: RecordBatch, recordLimit: Int, byteLimit: Int
    ) throws(ClusterError) -> FetchStatus

    /// From the first offset that is there to the one behind everything that was written, records of
    /// undecided transactions included; asked from the broker.
    func writtenRange(_ partition: TopicPartition) throws(ClusterError) -> Range<Int64>

    func close()
}
