internal import StreamCore

/// What a topology file, and a rule from a topic, can say.
enum TriggerFields {
    static let quietHours = [
        FieldSpec("from", .string, required: true, "When they begin, such as \"21:00\"."),
        FieldSpec("to", .string, required: true, "When they end; the end is not part of them."),
        FieldSpec(
            "then", .choice(["hold", "drop"]), default: "hold",
            "Send at their end, or do not send."),
        FieldSpec(
            "zone", .expression, "The name of a time zone; else that of the operator's 'zone'."),
    ]

    private static let amount = [
        FieldSpec("at_most", .integer(0...100), required: true, "How many may be sent."),
        FieldSpec(
            "every", .string, required: true,
            "A duration, which rolls, or 'day', a day of the customer's calendar."),
    ]

    static let cap =
        [
            FieldSpec(
                "per", .choice(FrequencyCap.Scope.allCases.map(\.rawValue)), default: "profile",
                "What is counted: all of a profile, or those of a channel or campaign of it."),
            FieldSpec("channel", .string, "Only this channel."),
            FieldSpec("campaign", .string, "Only this campaign."),
        ] + amount

    static let budget = [
        FieldSpec(
            "per", .choice(Budget.Scope.allCases.map(\.rawValue)), default: "all",
            "What is counted: all that is sent, or that of a channel, campaign or rule."),
        FieldSpec("channel", .string, "Only this channel."),
        FieldSpec("campaign", .string, "Only this campaign."),
        FieldSpec(
            "at_most", .integer(0...1_000_000_000_000), required: true,
            "How many a task may send, of all its profiles."),
        FieldSpec(
            "every", .string, required: true,
            "'day' or 'month' of the calendar in 'fallback_zone', or a duration from 1970 on."),
    ]

    static let channel = [
        FieldSpec(
            "consent", .expression, required: true,
            "Whether the customer has agreed, over 'profile' and 'now'."),
        FieldSpec(
            "suppression", .expression, "Whether the address must not be used, over 'profile'."),
        FieldSpec("quiet_hours", .object(quietHours), "Quiet hours of the channel."),
    ]

    static let action = [
        FieldSpec("channel", .string, required: true, "The channel that is tried first."),
        FieldSpec(
            "fallback", .oneOrMore(.string),
            "Channels that are tried when a gate of the one before is closed."),
        FieldSpec("template", .string, required: true, "What to send."),
        FieldSpec(
            "templates", .map(key: "a channel", .string), "Another template for a channel."),
        FieldSpec(
            "data", .map(key: "a name", .expression),
            "Values of the event that the action carries, at most 1,024 bytes of JSON."),
    ]

    static let schedule = [
        FieldSpec(
            "every", .choice(Schedule.Period.allCases.map(\.rawValue)), required: true,
            "The period."),
        FieldSpec("at", .string, required: true, "The time of day, such as \"09:00\"."),
        FieldSpec(
            "date", .expression,
            "A date of the profile, such as profile.birthday, whose day in the period it is."),
        FieldSpec("weekday", .choice(weekdays), default: "monday", "With 'every: week'."),
        FieldSpec("day_of_month", .integer(1...31), default: "1", "With 'every: month'."),
        FieldSpec("days_before", .integer(0...31), default: "0", "So many days earlier."),
        FieldSpec(
            "zone", .expression, "The name of a time zone; else that of the operator's 'zone'."),
    ]

    static let weekdays = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    ]

    private static let happenings = [
        FieldSpec("when", .condition, "The event that the rule is about."),
        FieldSpec(
            "then", .oneOrMore(.condition),
            "What must follow, in this order, 'within' a time of the first."),
        FieldSpec(
            "unless_followed_by", .condition, "What must not follow 'within' a time."),
        FieldSpec("within", .duration(allowsZero: false), "How long."),
        FieldSpec(
            "wait_from", .choice(["last", "first"]), default: "last",
            "With 'unless_followed_by': a further 'when' begins the time anew, or does not."),
        FieldSpec("value", .expression, "A number of the event that is watched."),
        FieldSpec("above", .number(-1e300...1e300), "Fires when the value reaches this."),
        FieldSpec(
            "rearm_below", .number(-1e300...1e300),
            "With 'above': fires again only after the value was as low as this."),
        FieldSpec("below", .number(-1e300...1e300), "Fires when the value is as low as this."),
        FieldSpec(
            "rearm_above", .number(-1e300...1e300),
            "With 'below': fires again only after the value was as high as this."),
        FieldSpec(
            "segment", .condition, "Whether an event says that the profile belongs to it."),
        FieldSpec(
            "stays", .duration(allowsZero: false),
            "How long a profile belongs to a segment behind the last event that says so."),
        FieldSpec(
            "reports", .choice(SegmentChange.allCases.map(\.rawValue)), default: "enter",
            "Which changes of a segment fire."),
        FieldSpec("schedule", .object(schedule), "A time of the calendar."),
    ]

    static let rule =
        [FieldSpec("name", .string, required: true, "The rule's name, unique.")] + happenings + [
            FieldSpec(
                "and", .expression,
                "What must hold at the moment of the decision, over 'profile' and 'now'."),
            FieldSpec(
                "grace", .duration(allowsZero: true),
                "How long the rule waits for late events; else the operator's."),
            FieldSpec(
                "priority", .integer(0...1000), default: "0", "A higher one goes first."),
            FieldSpec("campaign", .string, "For caps and budgets; else the rule's name."),
            FieldSpec(
                "limit",
                .object(
                    [FieldSpec("per", .choice(["profile"]), default: "profile", "The profile.")]
                        + amount),
                "How often the rule may send to a profile."),
            FieldSpec("quiet_hours", .object(quietHours), "Quiet hours of the rule."),
            FieldSpec(
                "transactional", .boolean, default: "false",
                "Exempt from all gates but suppression, and not counted by caps and budgets."),
            FieldSpec(
                "exempt", .oneOrMore(.choice(Gates.names.map(\.name))),
                "Gates that the rule need not pass."),
            FieldSpec("action", .object(action), required: true, "What is sent, and how."),
        ]

    static let suppression = [
        FieldSpec("when", .expression, "Whether the profile must not be written to at all."),
        FieldSpec("file", .file, "Keys of such profiles, one in a line."),
    ]

    static let all = [
        FieldSpec(
            "key", .fieldPath, "The field by whose value profiles are kept; else the record key."),
        FieldSpec(
            "profile", .map(key: "a name in 'profile'", .fieldPath),
            "Fields of the event whose latest values are kept for conditions and gates."),
        FieldSpec("event_id", .fieldPath, "The field that tells events apart; else all of it."),
        FieldSpec("zone", .expression, "The name of the customer's time zone, over 'profile'."),
        FieldSpec(
            "fallback_zone", .string, default: "UTC", "The zone where that gives none."),
        FieldSpec(
            "grace", .duration(allowsZero: true), default: "0",
            "How long rules wait for late events."),
        FieldSpec(
            "retention", .duration(allowsZero: false), default: "400d",
            "How long a profile is kept behind its last event or message."),
        FieldSpec(
            "channels", .map(key: "a channel", .object(channel)), required: true,
            "The channels, each with its consent."),
        FieldSpec("suppression", .object(suppression), "Who must not be written to at all."),
        FieldSpec("quiet_hours", .object(quietHours), "Quiet hours of all channels."),
        FieldSpec("caps", .list(.object(cap)), "How much may be sent to a profile."),
        FieldSpec(
            "priority_window", .duration(allowsZero: true),
            "Behind an action nothing of the same or a lower priority is sent for so long; "
                + "0 for the same moment only."),
        FieldSpec("budgets", .list(.object(budget)), "How much may be sent by a task."),
        FieldSpec("rules", .list(.object(rule)), "The rules, in order."),
    ]
}
