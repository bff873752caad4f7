/// Sends one request to a registry and waits for the answer.
package protocol RegistryTransport: Sendable {
    /// `body`: posted when there is one; else the request is a GET.
    func send(path: String, body: [UInt8]?) throws(TransportError) -> RegistryAnswer
}

/// An answer, whatever its status.
package struct RegistryAnswer: Sendable, Equatable {
    package let status: Int
    package let body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// Why there is no answer.
package struct TransportError: Error, Sendable, Equatable {
    package let reason: String
    /// Whether the same request may succeed later.
    package let mayBeRepeated: Bool

    package init(_ reason: String, mayBeRepeated: Bool) {
        self.reason = reason
        self.mayBeRepeated = mayBeRepeated
    }
}
