import Events
import StreamCore

/// An operator that erases the profile of each event of the type `erase`, and passes the others on;
/// how many entries went stands on one of its outputs.
struct ErasingDefinition: OperatorDefinition {
    let wrapped: any OperatorDefinition
    /// The output, as `OperatorContext.emit` counts them.
    let report: Int

    var stores: [StoreSpec] { wrapped.stores }
    var stateKey: StateKey? { wrapped.stateKey }

    func makeOperator() -> any Operator { Erasing(wrapped.makeOperator(), report) }

    /// The counts among the values of that output.
    static func counts(in values: [String]) -> [Int] {
        values.filter { $0.hasPrefix("{\"erased\":") }.compactMap { Int($0.filter(\.isNumber)) }
    }

    private final class Erasing: Operator {
        private let wrapped: any Operator
        private let report: Int

        init(_ wrapped: any Operator, _ report: Int) {
            self.wrapped = wrapped
            self.report = report
        }

        func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
            for event in events {
                let type = context.arena.value(of: event, at: FieldPath(name: "type"))
                let name = unsafe String(decoding: context.arena.bytes(type.text), as: UTF8.self)
                guard name == "erase" else {
                    try wrapped.process([event], in: context)
                    continue
                }
                let count = try unsafe wrapped.erase(context.arena.bytes(event.key), in: context)
                var json = ByteBuffer()
                json.append("{\"erased\":")
                json.append(integer: Int64(count))
                json.append("}")
                var status = unsafe context.arena.addEvent(
                    json: json.bytes, key: nil, timestamp: event.timestamp)
                (status.streamTime, status.sequence) = (event.streamTime, event.sequence)
                context.emit(status, to: report)
            }
        }

        func advance(
            to streamTime: Timestamp, in context: OperatorContext
        ) throws(OperatorError) {
            try wrapped.advance(to: streamTime, in: context)
        }
    }
}
