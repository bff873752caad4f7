import Operators
import StreamCore
import Testing

@Suite("sessionize with expressions")
struct SessionizeExpressionTests {
    private static let settings: Setting = [
        "gap": "30m", "views": "event.type == 'view'", "bots": "event.?bot.orValue(false)",
        "keep_alive": ["field": "type", "equals": "ping"],
    ]

    @Test("views, bots and keep_alive take expressions and tests of fields alike")
    func conditions() throws {
        let rig = try OperatorRig(SessionizeOperator.spec, Self.settings)
        func outputs(_ json: String) throws -> [String] {
            try rig.run(json, key: "ann").map(\.topic)
        }
        #expect(try outputs(#"{"type":"view"}"#).contains("out"))
        #expect(try outputs(#"{"type":"view","bot":true}"#) == ["bots"])
        let update = try rig.run(#"{"type":"buy"}"#, key: "ann").first { $0.topic == "updates" }
        let value = try #require(update?.value)
        #expect(value.contains(#""event_count":2"#))
        #expect(value.contains(#""view_count":1"#))
    }

    @Test("an event for which a condition has no value is rejected, with the condition's name")
    func failures() throws {
        let rig = try OperatorRig(SessionizeOperator.spec, Self.settings)
        let noType = try rig.run("{}", key: "ann")[0]
        #expect(noType.topic == "rejected")
        #expect(
            noType.failure.hasPrefix(
                "expression: 'views' can't be decided: 1:7: there is no such field or key: 'type'"))
        let noBool = try rig.run(#"{"type":"view","bot":"no"}"#, key: "ann")[0]
        #expect(noBool.failure.hasPrefix("expression: 'bots' can't be decided: 1:"))
    }
}
