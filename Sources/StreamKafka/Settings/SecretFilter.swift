/// Takes the values of secret properties out of texts.
///
/// librdkafka redacts what it knows to be secret. This is the second lock on the door: it also
/// covers properties that librdkafka prints, such as `sasl.oauthbearer.client.secret`.
struct SecretFilter: Sendable {
    static let mask = "***"

    /// Longest first, so that a secret that contains another is taken out whole.
    private let secrets: [String]

    init(_ properties: some Sequence<KafkaProperty>) {
        secrets = Set(properties.filter(\.isSecret).map(\.value)).filter { !$0.isEmpty }
            .sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    }

    /// `text` without secrets. What is cut off may end in the middle of one.
    func redact(_ text: String, isCutOff: Bool = false) -> String {
        var result = text
        for secret in secrets { result.replace(secret, with: Self.mask) }
        return isCutOff ? maskEnd(of: result) : result
    }

    private func maskEnd(of text: String) -> String {
        for secret in secrets {
            for length in stride(from: secret.count - 1, to: 0, by: -1)
            where text.hasSuffix(secret.prefix(length)) {
                return text.dropLast(length) + Self.mask
            }
        }
        return text
    }
}
