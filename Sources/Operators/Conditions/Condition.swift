public import Events
internal import JSONSchema

/// A condition over the fields of an event, as `filter` and other operators take it.
///
/// ```yaml
/// all:
///   - { field: event_type, in: [page_view, screen_view] }
///   - { field: page.url, starts_with: "https://" }
///   - not: { field: user.is_bot, equals: true }
/// ```
///
/// Numbers are compared by value and exactly, however they are written; strings byte for byte. A
/// field that is not there meets no test but `exists: false`, and neither does a value of another
/// type than the one it is compared with, except for `not_equals` and `not_in`.
///
/// It is compiled to a list of tests, each with the test to go on with when it is met and when it
/// is not, so evaluating one is a loop without recursion and without allocation.
public struct Condition: Sendable {
    let steps: [Step]
    let fields: [FieldPath]
    let constants: ConditionConstants

    /// One test of a field.
    struct Step: BitwiseCopyable, Sendable {
        let field: Int
        let test: Test
        /// The steps to go on with; see `accepted` and `rejected`.
        var ifMet: Int
        var ifNot: Int

        /// Marks the end: the condition is met.
        static let accepted = -1
        /// Marks the end: the condition is not met.
        static let rejected = -2
    }

    enum Test: BitwiseCopyable, Sendable {
        case exists(Bool)
        case equals(Int)
        case notEquals(Int)
        case isIn(ConditionConstants.List)
        case isNotIn(ConditionConstants.List)
        case lessThan(Int)
        case atMost(Int)
        case greaterThan(Int)
        case atLeast(Int)
        case contains(Int)
        case startsWith(Int)
        case endsWith(Int)
    }

    /// Whether the event meets the condition.
    public func matches(_ event: Event, in arena: EventArena) -> Bool {
        var position = 0
        var field = -1
        var value = FieldValue.missing
        while position >= 0 {
            let step = steps[position]
            if step.field != field {
                field = step.field
                value = arena.value(of: event, at: fields[field])
            }
            position = isMet(step.test, by: value, in: arena) ? step.ifMet : step.ifNot
        }
        return position == Step.accepted
    }

    private func isMet(_ test: Test, by value: FieldValue, in arena: EventArena) -> Bool {
        if case .exists(let expected) = test { return !value.isMissing == expected }
        if value.isMissing { return false }
        switch test {
        case .exists: return false
        case .equals(let constant): return constants.isEqual(constant, to: value, in: arena)
        case .notEquals(let constant): return !constants.isEqual(constant, to: value, in: arena)
        case .isIn(let list): return constants.contains(value, in: list, of: arena)
        case .isNotIn(let list): return !constants.contains(value, in: list, of: arena)
        case .lessThan(let constant):
            return constants.order(of: value, to: constant, in: arena).map { $0 < 0 } ?? false
        case .atMost(let constant):
            return constants.order(of: value, to: constant, in: arena).map { $0 <= 0 } ?? false
        case .greaterThan(let constant):
            return constants.order(of: value, to: constant, in: arena).map { $0 > 0 } ?? false
        case .atLeast(let constant):
            return constants.order(of: value, to: constant, in: arena).map { $0 >= 0 } ?? false
        case .contains(let constant), .startsWith(let constant), .endsWith(let constant):
            guard value.kind == .string else { return false }
            return unsafe constants.withText(of: constant) {
                unsafe isMet(test, by: arena.bytes(value.text), $0)
            }
        }
    }

    private func isMet(
        _ test: Test, by text: UnsafeRawBufferPointer, _ part: UnsafeRawBufferPointer
    ) -> Bool {
        switch test {
        case .startsWith: unsafe ByteText.starts(text, with: part)
        case .endsWith: unsafe ByteText.ends(text, with: part)
        default: unsafe ByteText.contains(text, part)
        }
    }
}
