import Events
import Operators
import StreamCore
import Testing

@Suite("protect")
struct ProtectOperatorTests {
    private static let key: Setting = ["id": "k1", "environment": "KEY_ONE"]

    private func rig(_ settings: Setting) throws -> OperatorRig {
        try OperatorRig(ProtectOperator.spec, settings)
    }

    private func masked(_ value: String, _ mask: String) throws -> String {
        let value = try rig(["mask": ["v": .string(mask)]]).values(#"{"v":"\#(value)"}"#)[0]
        return String(value.dropFirst(#"out {"v":""#.count).dropLast(2))
    }

    // MARK: Pseudonyms

    @Test("one value has one pseudonym, with the key's id, in every field and as the record key")
    func pseudonymsJoin() throws {
        let rig = try rig([
            "key": Self.key, "record_key": true, "pseudonyms": ["a": "exact", "b.c": "exact"],
        ])
        let record = try rig.run(#"{"a":"u1","b":{"c":"u1"},"n":1}"#, key: "u1")[0]
        let pseudonym = try #require(record.key)
        #expect(pseudonym.hasPrefix("k1:"))
        #expect(pseudonym.count == 35)
        #expect(record.value == #"{"a":"\#(pseudonym)","b":{"c":"\#(pseudonym)"},"n":1}"#)
        #expect(try rig.run(#"{"a":"u2"}"#)[0].value?.contains(pseudonym) == false)
    }

    @Test("'folded' passes over spaces around a value and the case of its letters")
    func folded() throws {
        let rig = try rig(["key": Self.key, "pseudonyms": ["e": "folded"]])
        let expected = try rig.values(#"{"e":"ada@example.com"}"#)
        #expect(try rig.values(#"{"e":" Ada@EXAMPLE.com\t"}"#) == expected)
        let exact = try self.rig(["key": Self.key, "pseudonyms": ["e": "exact"]])
        #expect(try exact.values(#"{"e":"ada@example.com"}"#) == expected)
        #expect(try exact.values(#"{"e":"Ada@example.com"}"#) != expected)
    }

    @Test("a number and the string of its digits have one pseudonym; null and nothing have none")
    func kinds() throws {
        let rig = try rig(["key": Self.key, "pseudonyms": ["v": "exact"]])
        #expect(try rig.values(#"{"v":17}"#) == rig.values(#"{"v":"17"}"#))
        #expect(try rig.values(#"{"v":null}"#) == [#"out {"v":null}"#])
        #expect(try rig.values(#"{"w":1}"#) == [#"out {"w":1}"#])
    }

    @Test("while a key is rotated the pseudonym of the key before stands beside the new one")
    func rotation() throws {
        let old = try rig(["key": Self.key, "pseudonyms": ["u.e": "folded"]])
        let before = try old.values(#"{"u":{"e":"A"}}"#)[0]
        let new: Setting = ["id": "k2", "environment": "KEY_TWO"]
        let both = try rig([
            "key": new, "previous_key": Self.key, "pseudonyms": ["u.e": "folded"],
        ])
        let during = try both.run(#"{"u":{"e":"a"}}"#)[0].value ?? ""
        let pseudonym = before.split(separator: "\"")[5]
        #expect(during.hasPrefix(#"{"u":{"e":"k2:"#))
        #expect(during.hasSuffix(#","e_previous":"\#(pseudonym)"}}"#))
        let after = try rig(["key": new, "pseudonyms": ["u.e": "exact"]])
        #expect(try after.run(#"{"u":{"e":"a"}}"#)[0].value?.prefix(40) == during.prefix(40))
    }

    // MARK: Masks

    @Test(
        "a mask leaves what it says and no more",
        arguments: [
            ("email", "ada@example.com", "a***@example.com"), ("email", "é@x.de", "***@x.de"),
            ("email", "éa@x.de", "é***@x.de"), ("email", "nobody", "***"), ("email", "@x", "***"),
            ("email", "a@b@c.de", "***"), ("email", "a@", "***"),
            ("email", "ada@x.de, Berta Klein 0421 5550101", "***"),
            ("email", "mail folgt @Berta-Klein", "***"), ("email", "a d@x.de", "***"),
            ("phone", "+49 151 2345678", "********5678"), ("phone", "110", "***"),
            ("phone", "none", "***"),
            ("card", "4111 1111 1111 1111", "************1111"), ("fixed", "anything", "***"),
        ])
    func masks(mask: String, value: String, expected: String) throws {
        #expect(try masked(value, mask) == expected)
    }

    @Test(
        "free text loses addresses and numbers",
        arguments: [
            ("write to ada.l+x@example.co.uk.", "write to [email]."),
            ("o'brien1234567@x.de,a@b.c", "[email],[email]"),
            (#"is \"ada b\"@x.com hers?"#, "is [email] hers?"),
            ("ada@@x.de a@b@c.de", "[email] [email]"),
            ("ada@[192.0.2.1]!", "[email]!"), (#"\"@ nothing"#, #"\"@ nothing"#),
            ("call +49 (151) 234-5678 now", "call [phone] now"),
            ("4111 1111 1111 1111", "[card]"), ("4111111111111111 12/27", "[card]"),
            ("card 4111-1111-1111-1112", "card [number]"),
            ("x4111111111111111y", "x[card]y"), ("378282246310005", "[card]"),
            ("13 4111 1111 1111 1111 1234 5678", "[number]"),
            ("order 123456 of 2 items", "order 123456 of 2 items"), ("5 @ 3", "5 @ 3"),
            ("DE14 5001 0517 5407 3249 31", "DE[number]"), ("+", "+"), ("", ""),
            ("größer 😀", "größer 😀"),
        ])
    func freeText(value: String, expected: String) throws {
        #expect(try masked(value, "text") == expected)
    }

    @Test("masks hide values of every kind, and 'drop' removes the field")
    func maskKinds() throws {
        let rig = try rig(["mask": ["a": "fixed", "b": "phone", "c": "email", "d": "drop"]])
        #expect(
            try rig.values(#"{"a":true,"b":49151234567,"c":{"x":"secret"},"d":[1],"e":1}"#)
                == [#"out {"a":"***","b":"*******4567","c":"***","e":1}"#])
        #expect(try rig.values(#"{"a":null,"e":1}"#) == [#"out {"a":null,"e":1}"#])
    }

    // MARK: What is behind it

    @Test("a dead letter of an operator behind it holds what was protected, value and key")
    func deadLetters() throws {
        let protect = try makeDefinition(
            ProtectOperator.spec,
            [
                "key": Self.key, "record_key": true, "pseudonyms": ["email": "exact"],
                "encrypt": "address", "mask": ["phone": "phone", "note": "drop"],
            ])
        let validate = try makeDefinition(
            ValidateOperator.spec, ["schema": "s.json"],
            files: ["s.json": #"{"required":["missing"]}"#])
        let map = try makeDefinition(MapOperator.spec, ["set": ["later": 1]])
        let rig = try OperatorRig([
            Topology.Node(
                name: "hidden", spec: ProtectOperator.spec, definition: protect, inputs: []),
            Topology.Node(name: "more", spec: MapOperator.spec, definition: map, inputs: []),
            Topology.Node(
                name: "valid", spec: ValidateOperator.spec, definition: validate, inputs: []),
        ])
        let json =
            #"{"email":"ada@example.com","address":"Secret Road 1","phone":"+4915123456","#
            + #""note":"secret note"}"#
        let records = try rig.run(json, key: "ada@example.com")
        #expect(records.map(\.topic) == ["rejected"])
        let record = records[0]
        let shown = "\(record.value ?? "") \(record.key ?? "") \(record.headers)"
        for secret in ["ada", "example.com", "Secret", "secret", "15123"] {
            #expect(!shown.contains(secret), "\(secret) is shown")
        }
        let key = try #require(record.key)
        #expect(record.value?.hasPrefix(#"{"email":"\#(key)","address":"k1:"#) == true)
        // What came later than protect is not in the dead letter, as always.
        #expect(record.value?.contains("later") == false)
    }

    // MARK: Settings

    @Test("what is wrong with the settings is told, and a secret never")
    func diagnostics() {
        func told(_ settings: Setting, files: [String: String] = [:]) -> [String] {
            problems(of: ProtectOperator.spec, settings, files: files)
        }
        #expect(
            told([:]) == [
                "'protect' has nothing to do; add one of pseudonyms, encrypt, mask, record_key, "
                    + "consent"
            ])
        #expect(
            told(["record_key": true]) == [
                "'protect' makes pseudonyms or encrypts, and has no key; "
                    + "add 'key: { id: k1, environment: NAME }'"
            ])
        #expect(
            told(["record_key": true, "key": ["id": "k1", "environment": "NOT_SET"]]) == [
                "the environment variable 'NOT_SET' with the secret of key 'k1' is not set; set it, "
                    + "for example to the output of: openssl rand -base64 32"
            ])
        let short = told(["record_key": true, "key": ["id": "k1", "environment": "KEY_SHORT"]])
        #expect(
            short == [
                "the secret of key 'k1' has 9 bytes; 16 are the fewest; make one with: "
                    + "openssl rand -base64 32"
            ])
        #expect(!short[0].contains("too short"))
        #expect(
            told(["encrypt": "a.b", "mask": ["a": "fixed"], "key": Self.key]) == [
                "'a' and 'a.b' are both protected, and one contains the other; name one of them once"
            ])
        #expect(
            told(["mask": ["a[0]": "drop"]]) == [
                "'a[0]' is an element of an array and can't be removed; remove the array, or hide "
                    + "the element with 'fixed'"
            ])
        #expect(
            told(["record_key": true, "key": Self.key, "previous_key": Self.key]) == [
                "'key' and 'previous_key' have the same id 'k1'; give each secret an id of its own"
            ])
    }

    @Test("a secret from a file is the same without the line feed at its end")
    func secretFile() throws {
        let file = "0123456789abcdef0123456789abcdef\n"
        let settings: Setting = [
            "key": ["id": "k1", "file": "secret.key"], "pseudonyms": ["a": "exact"],
        ]
        let rig = try OperatorRig(ProtectOperator.spec, settings, files: ["secret.key": file])
        let other = try self.rig(["key": Self.key, "pseudonyms": ["a": "exact"]])
        #expect(try rig.values(#"{"a":"x"}"#) == other.values(#"{"a":"x"}"#))
    }
}
