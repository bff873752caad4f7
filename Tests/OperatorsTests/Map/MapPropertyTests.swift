import Foundation
import Operators
import StreamCore
import Testing

/// `map` against a dictionary that the same steps are done to.
@Suite("map, against a dictionary")
struct MapPropertyTests {
    private static let names = ["a", "b", "c", "d", "e"]

    private struct Steps {
        var copies: [(target: String, source: String)] = []
        var renames: [(source: String, target: String)] = []
        var removals: [String] = []
        var constants: [(field: String, value: Int64)] = []
        var conversions: [String] = []

        init(using generator: inout SeededGenerator) {
            func count() -> Int { Int.random(in: 0...2, using: &generator) }
            func name() -> String { names.randomElement(using: &generator)! }
            for _ in 0..<count() { copies.append((name(), name())) }
            for _ in 0..<count() { renames.append((name(), name())) }
            for _ in 0..<count() { removals.append(name()) }
            for _ in 0..<count() {
                constants.append((name(), Int64.random(in: -5...5, using: &generator)))
            }
            for _ in 0..<count() { conversions.append(name()) }
            renames.removeAll { $0.source == $0.target }
        }

        var setting: Setting {
            .map([
                ("copy", .map(copies.map { ($0.target, .string($0.source)) })),
                ("rename", .map(renames.map { ($0.source, .string($0.target)) })),
                ("remove", .list(removals.map { .string($0) })),
                ("set", .map(constants.map { ($0.field, .integer($0.value)) })),
                ("convert", .map(conversions.map { ($0, "string") })),
            ])
        }

        func apply(to event: [String: String]) -> [String: String] {
            var event = event
            for copy in copies { event[copy.target] = event[copy.source] ?? event[copy.target] }
            for rename in renames {
                guard let value = event.removeValue(forKey: rename.source) else { continue }
                event[rename.target] = value
            }
            for field in removals { event[field] = nil }
            for (field, value) in constants { event[field] = "\(value)" }
            for field in conversions {
                guard let value = event[field], !value.hasPrefix("\"") else { continue }
                event[field] = "\"\(value)\""
            }
            return event
        }
    }

    @Test("random steps on random events do what they would do to a dictionary", arguments: 0..<10)
    func dictionary(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<30 {
            let steps = Steps(using: &generator)
            let rig = try OperatorRig(MapOperator.spec, steps.setting)
            for _ in 0..<10 {
                let event = randomEvent(using: &generator)
                let record = try rig.run(json(event))[0]
                let found = try #require(record.value)
                #expect(record.topic == "out", "\(record.failure)")
                #expect(try canonical(found) == canonical(json(steps.apply(to: event))), "\(steps)")
            }
        }
    }

    private func randomEvent(using generator: inout SeededGenerator) -> [String: String] {
        var event: [String: String] = [:]
        for name in Self.names where Bool.random(using: &generator) {
            let number = Int.random(in: 0...9, using: &generator)
            event[name] = Bool.random(using: &generator) ? "\(number)" : "\"\(number)\""
        }
        return event
    }

    private func json(_ event: [String: String]) -> String {
        "{\(event.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ", "))}"
    }

    /// The text with its members in order, so that two texts of one object are equal.
    private func canonical(_ text: String) throws -> Data {
        try JSONSerialization.data(
            withJSONObject: JSONSerialization.jsonObject(with: Data(text.utf8)),
            options: .sortedKeys)
    }
}
