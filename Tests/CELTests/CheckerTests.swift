import CEL
import Testing

@Suite("Checking expressions")
struct CheckerTests {
    private let rig = EventRig()

    @Test("a misspelt field is found with line, column and the nearest name")
    func misspeltField() {
        #expect(
            rig.problems("event.amont > 100.0")
                == ["1:7: event has no field 'amont'; did you mean 'amount'?"])
        #expect(
            rig.problems("event.channel == 'web' &&\n  event.page.ulr != ''")
                == ["2:14: event.page has no field 'ulr'; did you mean 'url'?"])
        #expect(
            rig.problems("event['event_typ'] == 'x'")
                == ["1:7: event has no field 'event_typ'; did you mean 'event_type'?"])
    }

    @Test("a misspelt field is found inside has(), a loop and an optional look-up")
    func misspeltFieldElsewhere() {
        #expect(rig.problems("has(event.amont)").count == 1)
        #expect(
            rig.problems("event.items.exists(i, i.prise > 10.0)")
                == ["1:25: event.items[] has no field 'prise'; did you mean 'price'?"])
        #expect(rig.problems("event.?amont.orValue(1.0) > 0.5").count == 1)
    }

    @Test("a record that is open has fields that nobody declared")
    func openRecord() {
        #expect(rig.problems("event.extra.anything == 1") == [])
    }

    @Test("unknown variables and functions are found with the nearest name")
    func unknownNames() {
        #expect(
            rig.problems("evnt.amount > 1.0")
                == ["1:1: nothing is called 'evnt' here; did you mean 'event'?"])
        #expect(
            rig.problems("event.channel.startWith('w')")
                == ["1:15: there is no function 'startWith'; did you mean 'startsWith'?"])
        #expect(
            rig.problems("math.greates(1, 2)")
                == ["1:6: there is no function 'math.greates'; did you mean 'math.greatest'?"])
        #expect(
            rig.problems("size(1)").first?.hasPrefix("1:1: there is no size(int); there is ")
                == true)
    }

    @Test("a function that can't take its arguments says which forms there are")
    func mismatches() {
        #expect(
            rig.problems("event.amount.startsWith('1')")
                == [
                    "1:14: there is no double.startsWith(string); "
                        + "there is string.startsWith(string)"
                ])
        #expect(
            rig.problems("event.amount * 2")
                == [
                    "1:14: '*' can't be applied to double and int; "
                        + "convert one of them with int(...), uint(...) or double(...)"
                ])
        #expect(
            rig.problems("event.occurred_at > '2024-01-01T00:00:00Z'")
                == [
                    "1:19: '>' can't be applied to timestamp and string; "
                        + "convert the string with timestamp(...) or duration(...)"
                ])
    }

    @Test("null is compared only with what may be null")
    func nulls() {
        #expect(rig.problems("event.note == null") == [])
        #expect(rig.problems("event.note == 'x'") == [])
        #expect(
            rig.problems("event.channel == null")
                == [
                    "1:15: '==' can't be applied to string and null; "
                        + "it is never null; ask has(...) whether it is there"
                ])
    }

    @Test("numbers of different types may be compared, not added")
    func numbers() {
        #expect(rig.problems("event.amount > 100 && event.quantity == 3.0") == [])
        #expect(rig.problems("event.amount in [100, 120]") == [])
        #expect(rig.problems("event.amount + event.quantity").count == 1)
    }

    @Test("conditions must be conditions")
    func conditions() {
        #expect(
            rig.problems("event.channel && true")
                == ["1:7: '&&' and '||' join conditions; this is string"])
        #expect(
            rig.problems("event.amount > 1.0 ? 'a' : 1")
                == [
                    "1:28: the two values of a condition have one type, not string and int; "
                        + "wrap one of them in dyn(...)"
                ])
        #expect(rig.problems("event.tags.all(t, size(t))").count == 1)
        #expect(rig.problems("event.channel.exists(c, true)").count == 1)
    }

    @Test("all problems are reported, in the order of the text")
    func severalProblems() {
        let problems = rig.problems("event.amont > 1.0 || event.chanel == 'web' || 1 + 'a' == 2")
        #expect(problems.map { $0.prefix(5) } == ["1:7: ", "1:28:", "1:49:"])
    }

    @Test("constants that can't be converted are found before any event")
    func constants() {
        #expect(
            rig.problems("event.occurred_at > timestamp('yesterday')")
                == [
                    "1:31: 'yesterday' is no timestamp; "
                        + "write it like 2024-03-13T10:21:14Z, between the years 1 and 9999"
                ])
        #expect(rig.problems("event.visit > duration('soon')").count == 1)
        #expect(rig.problems("event.occurred_at.getHours('Mars/Olympus') > 8").count == 1)
        #expect(
            rig.problems("event.channel.matches('a(')")
                == ["1:23: the pattern is not valid: missing closing parenthesis"])
    }

    @Test("columns count characters, not bytes")
    func columns() {
        #expect(rig.problems("'äöü' == evnt").first?.hasPrefix("1:10: ") == true)
    }

    @Test(
        "the type of the result is known",
        arguments: [
            ("event.amount > 1.0", "bool"), ("event.tags", "list(string)"),
            ("event.items.map(i, i.price)", "list(double)"),
            ("event.?page.?url", "optional(string)"), ("[1, 'a']", "list(dyn)"),
            ("{'a': 1u}", "map(string, uint)"), ("event.extra.x", "dyn"),
            ("event.occurred_at - timestamp(0)", "duration"), ("type(1)", "type(int)"),
            ("event.amount > 1.0 ? event.note : null", "string or null"),
            ("event.items[0].sku + 'x'", "string"), ("[]", "list(dyn)"),
        ])
    func resultTypes(text: String, type: String) throws {
        #expect(try rig.compile(text).resultType.description == type)
    }

    @Test("an expression of another type than is needed is refused")
    func neededType() throws {
        _ = try Expression.compile("true", rig.declarations, resultType: .boolean)
        _ = try Expression.compile("event.extra.x", rig.declarations, resultType: .boolean)
        let error = #expect(throws: ExpressionProblems.self) {
            try Expression.compile("event.amount", rig.declarations, resultType: .boolean)
        }
        #expect(error?.description == "1:1: a bool is needed, not double")
    }
}
