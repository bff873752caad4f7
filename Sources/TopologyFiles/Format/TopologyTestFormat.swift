internal import StreamCore

/// The settings of a topology file's `tests:`.
enum TopologyTestFormat {
    static let tests = FieldSpec(
        "tests", .list(.object(testFields)),
        "What the topology must do; run by 'millrace test', without a broker.")

    static let testFields = [
        FieldSpec("name", .string, required: true, "What the test shows, as a sentence."),
        FieldSpec(
            "given", .list(.object(stepFields)), required: true,
            "Records that come in, and steps of time between them, in order."),
        FieldSpec(
            "then", .map(key: "sink topic", .json), required: true,
            "What each topic must have got: a list of records, all of them and in this order, or "
                + "'contains' with a list. A topic that is not named is not looked at."),
    ]

    /// A record, or one of `advance` and `end`.
    static let stepFields =
        recordFields + [
            FieldSpec(
                "advance", .duration(allowsZero: false),
                "Stream time goes on by this much without a record."),
            FieldSpec("end", .boolean, "The input ends: everything that is open closes."),
        ]

    static let recordFields = [
        FieldSpec("topic", .string, "The topic that the record comes from."),
        FieldSpec("key", .json, "The record's key, a text; without it the record has none."),
        FieldSpec(
            "value", .json,
            "The record's value: a map or a list is written as JSON, a text is sent as it is, "
                + "and null is a tombstone."),
        FieldSpec(
            "value_base64", .string, "The record's value as bytes in base64, instead of 'value'."),
        FieldSpec(
            "at", .string,
            "The record's timestamp: ISO 8601, or '+30s' after the record before. Without it: "
                + "the event time in the value, else the time of the record before."),
        FieldSpec("headers", .map(key: "header", .string), "The record's headers."),
    ]

    /// The other form of what a topic must have got.
    static let containsFields = [
        FieldSpec(
            "contains", .list(.object(expectedFields)), required: true,
            "Records that must be among those that came, in any order.")
    ]

    static let expectedFields = [
        FieldSpec("key", .json, "The record's key; null when it must have none."),
        FieldSpec(
            "value", .json,
            "Fields that the value must have; others may be there too. '{ absent: true }' says "
                + "that a field must not be there, and a text compares with the whole value."),
        FieldSpec("value_base64", .string, "The whole value as bytes in base64."),
        FieldSpec("at", .string, "The record's timestamp, ISO 8601."),
        FieldSpec("headers", .map(key: "header", .string), "Headers that it must have."),
    ]
}
