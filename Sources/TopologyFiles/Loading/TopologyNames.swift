/// What Kafka takes as the name of a topic.
enum TopicName {
    static let maximumLength = 249
    /// Internal topics are named after the application and an operator, which must leave room for
    /// each other.
    static let maximumPartLength = 100

    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= maximumLength && name != "." && name != ".."
            && name.utf8.allSatisfy(isAllowed)
    }

    fileprivate static func isAllowed(_ byte: UInt8) -> Bool {
        NodeName.isAllowed(byte) || byte == UInt8(ascii: ".")
    }
}

/// The name of a source or an operator. A dot would be taken for an output's.
enum NodeName {
    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= TopicName.maximumPartLength
            && name.utf8.allSatisfy(isAllowed)
    }

    fileprivate static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
