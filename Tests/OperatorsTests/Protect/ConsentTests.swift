import Operators
import StreamCore
import Testing

/// Consent of people, as `protect` looks at it.
@Suite("Consent")
struct ConsentTests {
    /// Noon of a day, in milliseconds since 1970.
    private static let noon: Int64 = 1_700_000_000_000

    private func outcome(_ consent: String, version: Int64? = nil) throws -> String {
        let purpose: Setting = version.map { ["version": .integer($0)] } ?? .map([])
        let rig = try OperatorRig(
            ProtectOperator.spec, ["consent": ["purposes": ["ads": purpose]]])
        let records = try rig.run(#"{"consent":\#(consent)}"#, timestamp: Self.noon)
        let record = try #require(records.first)
        return record.topic == "out" ? "allowed" : record.headers["millrace.withheld"] ?? "none"
    }

    @Test(
        "consent counts from when it is given until it is withdrawn or ends",
        arguments: [
            (#"{"ads":true}"#, "allowed"), (#"{"ads":false}"#, "ads: not_given"),
            (#"{"ads":null}"#, "ads: not_given"), (#"{}"#, "ads: not_given"),
            ("null", "ads: not_given"), ("7", "ads: not_given"),
            (#"{"ads":"yes"}"#, "ads: unreadable"), (#"{"ads":{}}"#, "ads: not_given"),
            (#"{"ads":{"granted":true}}"#, "allowed"),
            (#"{"ads":{"granted":"true"}}"#, "ads: unreadable"),
            (#"{"ads":{"granted":false}}"#, "ads: not_given"),
            (#"{"ads":{"granted":true,"granted_at":1700000000000}}"#, "allowed"),
            (#"{"ads":{"granted":true,"granted_at":1700000000001}}"#, "ads: not_yet_given"),
            (#"{"ads":{"granted":true,"withdrawn_at":1700000000000}}"#, "ads: withdrawn"),
            (#"{"ads":{"granted":true,"withdrawn_at":1700000000001}}"#, "allowed"),
            (#"{"ads":{"granted":true,"expires_at":"2023-11-14T22:13:20Z"}}"#, "ads: expired"),
            (#"{"ads":{"granted":true,"expires_at":"2023-11-14T22:13:21Z"}}"#, "allowed"),
            (#"{"ads":{"granted":true,"expires_at":"soon"}}"#, "ads: unreadable"),
            (#"{"ads":{"granted":true,"expires_at":null}}"#, "allowed"),
        ])
    func validity(consent: String, expected: String) throws {
        #expect(try outcome(consent) == expected)
    }

    @Test("an older version of the terms is not enough")
    func version() throws {
        #expect(try outcome(#"{"ads":{"granted":true,"version":3}}"#, version: 3) == "allowed")
        #expect(
            try outcome(#"{"ads":{"granted":true,"version":2}}"#, version: 3) == "ads: old_version")
        #expect(try outcome(#"{"ads":{"granted":true}}"#, version: 3) == "ads: old_version")
        #expect(try outcome(#"{"ads":true}"#, version: 3) == "ads: old_version")
        #expect(
            try outcome(#"{"ads":{"granted":true,"version":"x"}}"#, version: 3) == "ads: unreadable"
        )
    }

    @Test("a late event of a time before the withdrawal is withheld after it")
    func late() throws {
        let rig = try OperatorRig(
            ProtectOperator.spec, ["consent": ["purposes": ["ads": .map([])]]])
        let json =
            #"{"consent":{"ads":{"granted":true,"withdrawn_at":1700000005000}},"n":1}"#
        #expect(try rig.run(json, timestamp: Self.noon)[0].topic == "out")
        #expect(try rig.run(json, timestamp: Self.noon + 5000)[0].topic == "withheld")
        #expect(try rig.run(json, timestamp: Self.noon + 1)[0].topic == "withheld")
    }

    @Test("a purpose with fields of its own loses them, and the event goes on")
    func removal() throws {
        let rig = try OperatorRig(
            ProtectOperator.spec,
            [
                "consent": [
                    "field": "user.consent",
                    "purposes": [
                        "ads": ["remove": ["interests", "user.segment"]], "stats": .map([]),
                    ],
                ]
            ])
        #expect(
            try rig.values(
                #"{"user":{"consent":{"stats":true},"segment":"a","id":1},"interests":[1]}"#)
                == [#"out {"user":{"consent":{"stats":true},"id":1}}"#])
        let allowed = #"{"user":{"consent":{"stats":true,"ads":true},"segment":"a"}}"#
        #expect(try rig.values(allowed) == ["out \(allowed)"])
    }

    @Test("a withheld event is protected as the others are")
    func withheldIsProtected() throws {
        let rig = try OperatorRig(
            ProtectOperator.spec,
            ["mask": ["email": "email"], "consent": ["purposes": ["ads": .map([])]]])
        #expect(
            try rig.values(#"{"email":"ada@x.de"}"#) == [#"withheld {"email":"a***@x.de"}"#])
    }

    @Test("consent may lie in a field that is protected: it is read before that is hidden")
    func protectedConsent() throws {
        let rig = try OperatorRig(
            ProtectOperator.spec,
            ["mask": ["consent": "drop"], "consent": ["purposes": ["ads": .map([])]]])
        #expect(try rig.values(#"{"consent":{"ads":true},"n":1}"#) == [#"out {"n":1}"#])
    }
}
