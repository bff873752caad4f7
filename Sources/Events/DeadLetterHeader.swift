/// The headers that say why a record was put aside, and where it came from.
///
/// ``EventArena/fail(_:operatorName:error:reason:)`` writes those that an arena knows. The names
/// of the topic and the application, and the attempt, are known to who produces the record.
public enum DeadLetterHeader {
    /// The operator that could not take the record.
    public static let operatorName: StaticString = "millrace.operator"
    /// What is wrong, as a code: `duplicate_key`.
    public static let error: StaticString = "millrace.error"
    /// What is wrong, as a sentence.
    public static let reason: StaticString = "millrace.reason"
    /// The partition that the record came from.
    public static let partition: StaticString = "millrace.partition"
    /// The record's offset there.
    public static let offset: StaticString = "millrace.offset"
    /// The record's own timestamp in milliseconds since 1970.
    public static let timestamp: StaticString = "millrace.timestamp"
    /// The topic that the record came from.
    public static let topic: StaticString = "millrace.topic"
    /// The application that put the record aside.
    public static let application: StaticString = "millrace.application"
    /// How often the record was tried.
    public static let attempt: StaticString = "millrace.attempt"
}
