/// Where a customer and the company meet.
public enum SampleChannel: UInt8, Sendable, CaseIterable, CustomStringConvertible {
    case web
    case mobile
    /// Point of sale: the tills of the stores.
    case pos
    case support

    /// The channel as the events name it.
    public var name: StaticString {
        switch self {
        case .web: "web"
        case .mobile: "mobile"
        case .pos: "pos"
        case .support: "support"
        }
    }

    /// The topic to which the channel's system writes.
    public var topic: String { "events.\(name)" }

    public var description: String { "\(name)" }
}
