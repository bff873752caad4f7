public import Events
public import StreamCore

/// One of the `tests:` of a topology file: records that come in, and what must come out.
public struct TopologyTest: Sendable {
    /// What happens, one after the other.
    public enum Step: Sendable {
        case record(Record)
        /// Stream time goes on without a record.
        case advance(Duration)
        /// The input ends: everything that is open closes.
        case end
    }

    /// When a record comes.
    public enum Arrival: Sendable, Hashable {
        case at(Timestamp)
        /// That long after the record before.
        case after(Duration)
        /// When its event happened, if its value says so; else with the record before.
        case unstated
    }

    /// A record that comes in.
    public struct Record: Sendable {
        /// The source topic that it comes from.
        public var topic: String
        /// `nil` when it has none.
        public var key: String?
        /// `nil` for a tombstone.
        public var value: String?
        /// The value as bytes, in place of a text.
        public var bytes: [UInt8]?
        /// When it comes.
        public var arrival: Arrival
        /// Its headers, in the order of the file.
        public var headers: [Header]
        /// Where it stands in the file.
        public var location: SourceLocation
    }

    /// A record header.
    public struct Header: Sendable, Hashable {
        /// The header's name.
        public var name: String
        /// The header's value.
        public var value: String
        /// Where it stands in the file.
        public var location: SourceLocation
    }

    /// What a topic must have got.
    public struct Expectation: Sendable {
        /// How the records that came are compared.
        public enum Mode: Sendable {
            /// These, all of them, in this order.
            case exactly
            /// These among others, in any order.
            case contains
        }

        /// A sink's topic.
        public var topic: String
        /// Whether these are all, or some.
        public var mode: Mode
        /// What must have come.
        public var records: [ExpectedRecord]
        /// Where the topic is named.
        public var location: SourceLocation
    }

    /// A record that must have come; what it leaves out is not looked at.
    public struct ExpectedRecord: Sendable {
        /// A text, or null when the record must have none.
        public var key: ConfigurationValue?
        /// A map of the fields that the value must have, a text for the whole value, or null for a
        /// tombstone.
        public var value: ConfigurationValue?
        /// The whole value as bytes.
        public var bytes: [UInt8]?
        /// The record's timestamp.
        public var timestamp: Timestamp?
        /// Headers that it must have.
        public var headers: [Header]
        /// Where it stands in the file.
        public var location: SourceLocation
    }

    /// What the test shows, as a sentence.
    public var name: String
    /// What is given.
    public var steps: [Step]
    /// What must come of it.
    public var expectations: [Expectation]
    /// Where the test begins.
    public var location: SourceLocation
}
