internal import CKafka
internal import StreamEngine

/// Says in plain words what librdkafka reports, and what to do about it.
enum ErrorWords {
    static func explain(_ text: String, code: Int32, kind: ClusterError.Kind) -> String {
        switch kind {
        case .unreachable: unreachable(text, code: code)
        case .authentication: authentication(text)
        case .unknownTopic: "\(text); create the topic, or check its name"
        case .fenced, .retriable, .abortable, .unknownOutcome, .configuration, .fatal: text
        }
    }

    private static func unreachable(_ text: String, code: Int32) -> String {
        let remedy = "check 'bootstrap.servers' and that the cluster is up"
        if Int(code) == Int(CKAFKA_CODE_ALL_BROKERS_DOWN) {
            return "no broker answers (\(text)); \(remedy)"
        }
        guard let report = ConnectionReport(text) else { return "\(text); \(remedy)" }
        return "no broker answers at \(report.address): \(report.cause); \(remedy)"
    }

    private static func authentication(_ text: String) -> String {
        let remedy = "check 'security.protocol', 'sasl.*' and 'ssl.*', and what the user may do"
        guard let report = ConnectionReport(text) else { return "\(text); \(remedy)" }
        return "\(report.address) refuses the client: \(report.cause); \(remedy)"
    }
}

/// A line of librdkafka about one connection, taken apart.
///
/// `127.0.0.1:9/bootstrap: Connect to ipv4#127.0.0.1:9 failed: Connection refused (after 0ms in
/// state CONNECT)` has the address `127.0.0.1:9` and the cause `Connection refused`.
struct ConnectionReport: Equatable {
    let address: String
    let cause: String

    /// `nil` for a text that doesn't begin with a broker's name.
    init?(_ text: String) {
        guard let colon = text.firstRange(of: ": ") else { return nil }
        let broker = text[..<colon.lowerBound]
        guard let slash = broker.lastIndex(of: "/"), !broker.contains(where: \.isWhitespace) else {
            return nil
        }
        address = String(broker[..<slash])
        cause = Self.cause(in: text[colon.upperBound...])
    }

    private static func cause(in text: Substring) -> String {
        let end = text.firstRange(of: " (after ")?.lowerBound ?? text.endIndex
        let cause = text[..<end]
        guard cause.hasPrefix("Connect to "), let failed = cause.firstRange(of: " failed: ") else {
            return String(cause)
        }
        return String(cause[failed.upperBound...])
    }
}
