import Operators
import Testing

@Suite("Settings of trigger")
struct TriggerSettingsTests {
    typealias Sample = TriggerSample

    private func problems(_ rule: [(String, Setting)], _ more: [(String, Setting)] = []) -> [String]
    {
        OperatorsTests.problems(
            of: TriggerOperator.spec, Sample.settings([Sample.rule("r", rule)], more))
    }

    @Test("a rule of each kind is taken")
    func kinds() {
        let when = ("when", Setting.string("event.type == 'a'"))
        #expect(problems([when]) == [])
        #expect(problems([when, ("then", ["event.b", "event.c"]), ("within", "1h")]) == [])
        #expect(problems([when, ("unless_followed_by", "event.b"), ("within", "1h")]) == [])
        #expect(problems([("value", "event.x"), ("above", 1.5)]) == [])
        #expect(problems([("value", "event.x + 1"), ("below", 2), ("rearm_above", 3)]) == [])
        #expect(problems([("segment", ["field": "tier", "equals": "gold"])]) == [])
        #expect(
            problems([("schedule", ["every": "week", "at": "09:30", "weekday": "friday"])]) == [])
    }

    @Test("mistakes in rules are told with a remedy")
    func ruleMistakes() {
        let when = ("when", Setting.string("event.type == 'a'"))
        #expect(
            problems([]) == [
                "the rule does not say what must happen; add 'when', 'value', 'segment' or 'schedule'"
            ])
        #expect(
            problems([when, ("then", "event.b")]) == [
                "'within' is missing: say in which time; add 'within: 45m'"
            ])
        #expect(
            problems([when, ("within", "5m")]) == [
                "'within' goes with 'then' or 'unless_followed_by'; take it out"
            ])
        #expect(
            problems([("value", "event.x"), ("segment", "event.y")]) == [
                "'value' and 'segment' are of different kinds of rules; make two rules of it"
            ])
        #expect(
            problems([("value", "event.x"), ("above", 1), ("rearm_below", 1)]) == [
                "'rearm_below' must be on the other side of 'above'"
            ])
        #expect(
            problems([("value", "'text'"), ("above", 1)]) == [
                "'value' must be a number, not string"
            ])
        #expect(
            problems([("value", "event.x")]) == [
                """
                a threshold has 'above' with 'rearm_below', or 'below' with 'rearm_above'; \
                add for example 'above: 0.8' and 'rearm_below: 0.6'
                """
            ])
        #expect(
            problems([("schedule", ["every": "year", "at": "9am"])]) == [
                "'at' is not a time of day: '9am'; write hours and minutes, such as \"08:30\""
            ])
        #expect(
            problems([("schedule", ["every": "year", "at": "09:00"])]) == [
                "'every: year' needs a 'date'; add for example 'date: profile.birthday'"
            ])
        #expect(
            problems([when, ("and", "profile.birthdya == ''")]).first?.contains("birthdya") == true)
        #expect(problems([when, ("and", "event.type == 'a'")]).first?.contains("event") == true)
        #expect(
            problems([when, ("exempt", "consnet")]) == [
                "there is no gate 'consnet'; did you mean 'consent'?"
            ])
        #expect(
            problems([when, ("limit", ["at_most": 1, "every": "500d"])]) == [
                """
                the rule looks back longer than profiles are kept; raise 'retention', or shorten \
                'within', 'stays', 'grace' or 'every'
                """
            ])
    }

    @Test("mistakes in the other settings are told with a remedy")
    func mistakes() {
        let rule: [(String, Setting)] = [("when", "event.type == 'a'")]
        #expect(
            problems(rule, [("quiet_hours", ["from": "08:00", "to": "08:00"])]) == [
                """
                quiet hours that end when they begin are none; take 'quiet_hours' out, or take the \
                consent away
                """
            ])
        #expect(
            problems(rule, [("suppression", ["file": "none.txt"])]) == [
                "'none.txt' can't be read: no such file"
            ])
        #expect(
            problems(rule, [("caps", [["at_most": 1, "every": "401d"]])]) == [
                """
                'retention' is shorter than a cap looks back; a profile that is forgotten has got \
                nothing; raise it
                """
            ])
        let bare: Setting = ["fallback_zone": "Europe/Belrin", "rules": []]
        #expect(
            OperatorsTests.problems(of: TriggerOperator.spec, bare) == [
                """
                'Europe/Belrin' is not a time zone; write a name of the IANA database, such as \
                Europe/Berlin or UTC
                """,
                """
                there are no 'channels'; add for example 'channels: { email: { consent: \
                profile.consent } }'
                """,
            ])
        #expect(
            OperatorsTests.problems(
                of: TriggerOperator.spec,
                Sample.settings([Sample.plain("a", "x"), Sample.plain("a", "y")])) == [
                    "two rules are called 'a'; give one another name"
                ])
    }
}
