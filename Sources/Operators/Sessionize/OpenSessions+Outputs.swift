internal import Events
internal import StreamCore

extension OpenSessions {
    /// Passes the event on with its session's id, and says how the session has changed.
    mutating func announce(_ event: Event, in context: OperatorContext) {
        let hasUpdates = context.isConnected(Sessionizer.Output.updates)
        let hasMain = context.isConnected(Sessionizer.Output.main)
        guard hasUpdates || hasMain else { return }
        // Read back from what was stored: outputs move the arena, where the event's texts lie.
        let union = unsafe SessionList.session(in: encoded.bytes, at: unionStart)
        sessionID.removeAll()
        unsafe SessionDocument.writeID(of: union, key: key.bytes, to: &sessionID)
        if hasUpdates { announceUpdates(union, event, in: context) }
        guard hasMain else { return }
        var tagged = event
        unsafe context.arena.set(settings.output, of: &tagged, toString: sessionID.bytes)
        context.emit(tagged)
    }

    /// Retracts the sessions whose id is no longer true, then shows the one that is.
    private mutating func announceUpdates(
        _ union: Session, _ event: Event, in context: OperatorContext
    ) {
        let moment = (event.streamTime, event.sequence)
        for index in joined.indices where index != ownIndex && !joined[index].isSame(as: union) {
            document.removeAll()
            unsafe SessionDocument.writeRetraction(
                of: joined[index], replacedBy: sessionID.bytes, key: key.bytes,
                operatorName: settings.name, to: &document)
            emitDocument(
                at: event.timestamp, moment, to: Sessionizer.Output.updates, in: context)
        }
        document.removeAll()
        unsafe SessionDocument.write(
            union, id: sessionID.bytes, key: key.bytes, status: .open, operatorName: settings.name,
            to: &document)
        emitDocument(at: event.timestamp, moment, to: Sessionizer.Output.updates, in: context)
    }

    /// Says that a session has closed, at the moment at which it was due.
    mutating func announceClosed(
        _ session: Session, dueAt due: Timestamp, in context: OperatorContext
    ) {
        guard context.isConnected(Sessionizer.Output.closed) else { return }
        document.removeAll()
        sessionID.removeAll()
        unsafe SessionDocument.writeID(of: session, key: key.bytes, to: &sessionID)
        unsafe SessionDocument.write(
            session, id: sessionID.bytes, key: key.bytes, status: .closed,
            operatorName: settings.name, to: &document)
        emitDocument(
            at: Timestamp(milliseconds: session.end), context.moment(ofTimerDueAt: due),
            to: Sessionizer.Output.closed, in: context)
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
