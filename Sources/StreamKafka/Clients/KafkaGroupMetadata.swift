internal import CKafka
internal import StreamEngine

/// librdkafka's group metadata, as of the moment when it was taken.
@safe
final class KafkaGroupMetadata: GroupMetadata {
    let handle: OpaquePointer

    /// Metadata that owns `handle` from now on.
    init(_ handle: OpaquePointer) { unsafe self.handle = handle }

    deinit { unsafe ckafka_group_metadata_destroy(handle) }

    /// The group's generation; -1 when the consumer was no member.
    var generation: Int32 { unsafe ckafka_group_metadata_generation(handle) }
}
