internal import Events

/// A command to forget a profile, as `millrace forget` writes it to the control topic:
///
/// ```json
/// {"command":"forget","id":"5f0c...","profile":"p-17"}
/// ```
struct ForgetCommand {
    private static let command = FieldPath(name: "command")
    private static let id = FieldPath(name: "id")
    private static let profile = FieldPath(name: "profile")

    /// Tells this command from another for the same profile.
    let id: ByteRange
    /// The key that state is kept by.
    let profile: ByteRange

    /// `nil` for what is no such command.
    init?(_ event: Event, in arena: EventArena) {
        guard arena.failure(of: event) == nil else { return nil }
        let name = arena.value(of: event, at: Self.command).text
        guard unsafe arena.bytes(name).elementsEqual("forget".utf8) else { return nil }
        id = arena.value(of: event, at: Self.id).text
        profile = arena.value(of: event, at: Self.profile).text
        guard !id.isAbsent, !profile.isAbsent, profile.count > 0 else { return nil }
    }
}

/// Writes what a task did for a command, keyed by the profile:
///
/// ```json
/// {"command":"forget","id":"5f0c...","profile":"p-17","task":"0_3","erased":{"sessions":1}}
/// ```
struct ReceiptWriter {
    let topic: Int32
    let task: TaskIdentifier

    func write(
        _ command: ForgetCommand, of event: Event, erased: [(name: String, count: Int)],
        in arena: EventArena, to output: OutputBatch
    ) {
        var json = ByteBuffer()
        json.append(#"{"command":"forget","id":"#)
        unsafe json.append(jsonString: arena.bytes(command.id))
        json.append(#","profile":"#)
        unsafe json.append(jsonString: arena.bytes(command.profile))
        json.append(#","task":""#)
        json.append(string: "\(task)")
        json.append(#"","erased":{"#)
        for (index, part) in erased.enumerated() {
            if index > 0 { json.append(",") }
            json.append(jsonString: part.name)
            json.append(":")
            json.append(integer: Int64(part.count))
        }
        json.append("}}")
        let receipt = unsafe arena.addEvent(
            json: json.bytes, key: arena.bytes(command.profile), timestamp: event.timestamp)
        unsafe output.append(receipt, of: arena, topic: topic)
    }
}
