import CEL
import Testing

@Suite("Reading expressions")
struct ParserTests {
    private let rig = EventRig()

    @Test(
        "operators bind as the specification says",
        arguments: [
            ("1 + 2 * 3 == 7", true), ("-2 * -3 == 6", true), ("10 - 4 - 3 == 3", true),
            ("true || false && false", true), ("!true || true", true),
            ("1 < 2 == true", true), ("false ? 1 == 1 : 2 == 2", true),
            ("true ? false : true ? true : false", false), ("2 in [1, 2] == true", true),
            ("-1.0 < 0.0", true), ("7 % 4 * 2 == 6", true), ("!!true", true),
        ])
    func precedence(text: String, result: Bool) throws {
        #expect(try rig.value(text) == .boolean(result))
    }

    @Test("comments, line breaks and a comma too many are fine")
    func layout() throws {
        #expect(
            try rig.value("[1, // one\n 2,\t3,] // done\n == [1,2,3] && {'a': 1,} == {'a': 1}")
                == .boolean(true))
    }

    @Test(
        "what is no expression says why and where",
        arguments: [
            ("", "1:1: a value is needed here, not the end of the expression"),
            ("1 +", "1:4: a value is needed here, not the end of the expression"),
            ("a = 1", "1:3: '=' means nothing here; compare with '=='"),
            ("a & b", "1:3: '&' means nothing here; write '&&'"),
            ("(1", "1:3: ')' is needed to close the bracket, not the end of the expression"),
            ("'abc", "1:1: this string has no end; close it with '"),
            ("'a\nb'", "1:1: this string has no end; close it with '"),
            ("1 2", "1:3: the expression goes on with a number where it should have ended"),
            ("1x", "1:1: letters follow this number directly"),
            (
                "9223372036854775808",
                "1:1: this number is larger than an int can be; write it as "
                    + "a uint with a 'u' behind it, or as a double with a point"
            ),
            (
                "99999999999999999999",
                "1:1: this number is not within 64 bits; write it as a "
                    + "double, with a point"
            ),
            (
                #"'\q'"#,
                "1:2: there is no such escape; write '\\\\' for a backslash, or r'...' for "
                    + "a string without escapes"
            ),
            (#"'\ud800'"#, "1:2: this escape names no character"),
            ("[1 2]", "1:4: ',' is needed between two elements of a list, not a number"),
            ("{'a' 1}", "1:6: ':' is needed between a key and its value, not a number"),
            (
                "while == 1",
                "1:1: 'while' is a reserved word; a field of that name is written "
                    + "after a dot, as in event.while"
            ),
            ("has(event)", "1:1: has() asks for a field; write has(event.field)"),
            (
                "[1].all(1, true)",
                "1:9: the name of a variable is needed here; write for example "
                    + "items.exists(item, item.price > 10.0)"
            ),
            (
                "event.`",
                "1:7: this name in backquotes is empty or has no end; close it with a "
                    + "backquote"
            ),
            (
                "true ? 1",
                "1:9: ':' is needed between the two values of a condition, not the end "
                    + "of the expression"
            ),
        ])
    func errors(text: String, message: String) {
        #expect(rig.problems(text) == [message])
    }

    @Test("nesting has a limit, so that no expression exhausts the stack")
    func depth() throws {
        let brackets = { (count: Int) in
            String(repeating: "(", count: count) + "1" + String(repeating: ")", count: count)
        }
        #expect(try rig.value(brackets(150)) == .integer(1))
        #expect(rig.problems(brackets(5_000)).first?.contains("nested deeper than 200") == true)
        let sum = Array(repeating: "1", count: 5_000).joined(separator: "+")
        #expect(rig.problems(sum).first?.contains("nested deeper than 200") == true)
        let negations = String(repeating: "!", count: 5_001) + "true"
        #expect(try rig.value(negations) == .boolean(false))
        let disjunction = Array(repeating: "false", count: 5_000).joined(separator: "||")
        #expect(try rig.value(disjunction) == .boolean(false))
        let chain = "event" + String(repeating: ".a", count: 5_000)
        #expect(rig.problems(chain).first?.contains("nested deeper than 200") == true)
    }

    @Test("the text has a limit, too")
    func size() {
        let text = "'" + String(repeating: "x", count: 70_000) + "'"
        #expect(rig.problems(text) == ["1:1: an expression has at most 65536 bytes"])
    }
}
