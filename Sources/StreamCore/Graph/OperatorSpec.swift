/// The description of an operator: its settings, its outputs and how it is made from them.
///
/// One value per operator, kept in the operator's folder and listed once in `OperatorRegistry`.
/// The loader, `millrace schema` and the reference pages read nothing else.
public struct OperatorSpec: Sendable {
    public struct Output: Sendable {
        public let name: String
        public let summary: String
        /// Whether records that the operator can't take come out here, so that the topology must
        /// either read this output or set another `on_error`.
        public let isForFailures: Bool

        public init(_ name: String, _ summary: String, isForFailures: Bool = false) {
            self.name = name
            self.summary = summary
            self.isForFailures = isForFailures
        }
    }

    /// A stream that the operator reads besides those of `from`.
    public struct Input: Sendable {
        public let name: String
        public let summary: String
        public let isRequired: Bool
        /// Whether every task has to see all of it, so that it must come from a broadcast source.
        public let isBroadcast: Bool

        public init(
            _ name: String, _ summary: String, required: Bool = false, broadcast: Bool = false
        ) {
            self.name = name
            self.summary = summary
            isRequired = required
            isBroadcast = broadcast
        }
    }

    /// What an operator's settings say of the events that it sends on.
    public enum EventSchema: Sendable {
        /// Nothing.
        case unknown
        /// They are as they came, on all outputs.
        case unchanged
        /// Those of the main output fit the schema of a file that the settings name.
        case file(@Sendable (_ settings: ConfigurationValue) -> String?)
    }

    public let name: String
    public let summary: String
    public let fields: [FieldSpec]
    /// Side outputs; the main output has no name and is always output 0. Side output `i` of this
    /// list is output `i + 1`.
    public let sideOutputs: [Output]
    /// Streams that a topology names under `with`; ``OperatorContext/input`` is 0 for `from` and
    /// `i + 1` for input `i` of this list.
    public let namedInputs: [Input]
    /// By which schema the events of its outputs are, for expressions behind it.
    public let eventSchema: EventSchema
    /// A complete YAML example of the operator's settings.
    public let example: String
    /// Makes the configured operator; adds what is wrong to the configuration's diagnostics and
    /// returns `nil` when it cannot be made.
    public let make: @Sendable (inout Configuration) -> (any OperatorDefinition)?

    public init(
        name: String, summary: String, fields: [FieldSpec], sideOutputs: [Output] = [],
        namedInputs: [Input] = [], eventSchema: EventSchema = .unknown, example: String,
        make: @escaping @Sendable (inout Configuration) -> (any OperatorDefinition)?
    ) {
        self.name = name
        self.summary = summary
        self.fields = fields
        self.sideOutputs = sideOutputs
        self.namedInputs = namedInputs
        self.eventSchema = eventSchema
        self.example = example
        self.make = make
    }

    /// The index of a named side output, or 0 for `nil`, or `nil` when there is none of that name.
    public func outputIndex(_ name: String?) -> Int? {
        guard let name else { return 0 }
        return sideOutputs.firstIndex { $0.name == name }.map { $0 + 1 }
    }
}
