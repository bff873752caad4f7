internal import Events
internal import StreamCore

extension OperatorContext {
    /// Refuses an event whose field can't be set.
    func refuse(
        _ event: Event, unsettable field: FieldPath, to output: Int
    ) throws(OperatorError) {
        try refuse(event, to: output, error: "field_not_settable") {
            "the field '\(field)' can't be set: an array is in the way"
        }
    }

    /// Sends events on, each that has a text with what `make` makes of it, JSON that is read before
    /// the next call, in the field `target`. One whose field can't be set goes to the output `failed`.
    func emit(
        _ events: [Event], tagging text: FieldPath, into target: FieldPath, failed: Int,
        _ make: (_ text: UnsafeRawBufferPointer, _ event: Event) -> UnsafeRawBufferPointer
    ) throws(OperatorError) {
        for event in events {
            let value = arena.value(of: event, at: text)
            // Not every event has a text.
            guard value.kind == .string else {
                emit(event)
                continue
            }
            var tagged = event
            let json = unsafe make(arena.bytes(value.text), event)
            if unsafe arena.set(target, of: &tagged, toJSON: json) {
                emit(tagged)
            } else {
                try refuse(event, unsettable: target, to: failed)
            }
        }
    }
}
