import Operators
import StreamCore
import Testing

/// `protect` against Python's `hmac` and the package `cryptography`: `scripts/protect-reference.py`
/// prints the table.
@Suite("protect and another implementation")
struct ProtectReferenceTests {
    private struct Row {
        let text: String
        let pseudonym: String
        let sealed: String
    }

    private static let table = [
        Row(
            text: "", pseudonym: "k1:6e6f9fefab87df85aa52fed50eff210c",
            sealed: "k1:QgqAWLfcblB/7KB39AsLANSe2LZu9TVFJ6QYRpnD"),
        Row(
            text: "ada@example.com", pseudonym: "k1:c544377f7702944bf89f13b922f265e0",
            sealed: "k1:3NMyYnepKlQ6V3/aoC8w3k3doeigGVsrAPJau2dpvhH3BDF1KChbZN79c9Gf"),
        Row(
            text: "Ünïcödé 😀", pseudonym: "k1:5fbc2261822d23b1b09f3d1866fba22c",
            sealed: "k1:aLuctUZkjKMpHzophqzgJfdhtFTTIO8pp2/fNMqeztp07qiKKkZtWNxqzgRGrw=="),
        Row(
            text: String(repeating: "x", count: 200),
            pseudonym: "k1:0c49aaf5654d44a04ccea43f670fd31f",
            sealed: "k1:+vDssU8oAC0gW1cqXrN85VFYmKpmZK/zgHbl3oj5xlgSQ3ku7hNvhY451YGqX2u2MBJqrL7Xr"
                + "E0t87HQOUyTEuUs3I/wJ45BQaRI3trXzGrai0gt2AHjzM2RJQMOSAqReOTrEQGm0NQ8QjBLOwIFC"
                + "lcRdATXKvqxHvOIVsunNg+RZrYHY8Eq71QGjjW21ltFOmKYRnhg2RPQrvpewdNhQtWVO0nsIxAL8"
                + "cGhSCWXThFu8LXF5U3HYZ78fgG6hmxZ185JtHl4a0Ao9fk9MRl89xyf4i6UlSwRYszIz/9ZFJ9f6"
                + "BulKSs="),
    ]

    @Test("pseudonyms and encrypted fields are those of another implementation")
    func reference() throws {
        let key: Setting = ["id": "k1", "environment": "KEY_ONE"]
        let hashing = try OperatorRig(
            ProtectOperator.spec, ["key": key, "pseudonyms": ["user.email": "exact"]])
        let sealing = try OperatorRig(
            ProtectOperator.spec, ["key": key, "encrypt": "user.email"])
        for row in Self.table {
            let json = #"{"user":{"email":"\#(row.text)"}}"#
            #expect(
                try hashing.values(json) == [#"out {"user":{"email":"\#(row.pseudonym)"}}"#])
            #expect(try sealing.values(json) == [#"out {"user":{"email":"\#(row.sealed)"}}"#])
        }
    }
}
