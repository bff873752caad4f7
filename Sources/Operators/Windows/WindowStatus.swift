/// What a document says of the session or window that it is of.
enum WindowStatus {
    case open
    case closed
    /// It is no longer true: a late event made another of it.
    case retracted

    var text: StaticString {
        switch self {
        case .open: "open"
        case .closed: "closed"
        case .retracted: "retracted"
        }
    }
}
