internal import Events
internal import StreamCore

extension Sessionizer {
    /// Passes the event on with its session's id, and says how the session has changed.
    func announce(_ event: Event, in context: OperatorContext) {
        // Read back from what was stored: outputs move the arena, where the event's texts lie.
        let union = unsafe SessionList.session(in: encoded.bytes, at: unionStart)
        if context.isConnected(Output.updates) { announceUpdates(union, event, in: context) }
        guard context.isConnected(Output.main) else { return }
        var tagged = event
        if let output = settings.output {
            document.removeAll()
            unsafe SessionDocument.writeID(of: union, key: key.bytes, to: &document)
            unsafe context.arena.set(output, of: &tagged, toString: document.bytes)
        }
        context.emit(tagged)
    }

    /// Retracts the sessions whose id is no longer true, then shows the one that is.
    private func announceUpdates(_ union: Session, _ event: Event, in context: OperatorContext) {
        let moment = (event.streamTime, event.sequence)
        for (index, old) in joined.enumerated() where index != ownIndex && !old.isSame(as: union) {
            document.removeAll()
            unsafe SessionDocument.writeRetraction(
                of: old, replacedBy: union, key: key.bytes, operatorName: settings.name,
                to: &document)
            emitDocument(at: event.timestamp, moment, to: Output.updates, in: context)
        }
        document.removeAll()
        unsafe SessionDocument.write(
            union, key: key.bytes, status: .open, operatorName: settings.name, to: &document)
        emitDocument(at: event.timestamp, moment, to: Output.updates, in: context)
    }

    func announceClosed(_ session: Session, dueAt due: Timestamp, in context: OperatorContext) {
        guard context.isConnected(Output.closed) else { return }
        document.removeAll()
        unsafe SessionDocument.write(
            session, key: key.bytes, status: .closed, operatorName: settings.name, to: &document)
        emitDocument(
            at: Timestamp(milliseconds: session.end), context.moment(ofTimerDueAt: due),
            to: Output.closed, in: context)
    }

    private func emitDocument(
        at time: Timestamp, _ moment: (streamTime: Timestamp, sequence: Int64), to output: Int,
        in context: OperatorContext
    ) {
        var event = unsafe context.arena.addEvent(
            json: document.bytes, key: key.bytes, timestamp: time)
        (event.streamTime, event.sequence) = moment
        context.emit(event, to: output)
    }
}
