internal import CKafka
internal import StreamCore

/// Asks librdkafka what it thinks of the properties of one side.
///
/// A client without a broker is made of them. librdkafka names one fault at a time, so the
/// property at fault is taken out and the client made anew until none is left.
struct PropertyProbe {
    let diagnostics: [Diagnostic]

    init(_ settings: KafkaSettings, on side: ClientSide) {
        let translator = ErrorTranslator(settings)
        var properties = Self.properties(of: settings, on: side)
        var found: [Diagnostic] = []
        while let refusal = Self.refusal(of: properties, on: side) {
            let culprit = refusal.culprit(among: properties)
            found.append(
                translator.diagnostic(
                    refusal, culprit: culprit.flatMap { properties.entries[$0].origin },
                    section: settings.location))
            guard let culprit else { break }
            properties.remove(at: culprit)
        }
        diagnostics = found
    }

    /// The client's properties, changed so that nothing goes out into the network: no broker, no
    /// Kerberos login (`:` is the command that does nothing), no request for a token.
    private static func properties(
        of settings: KafkaSettings, on side: ClientSide
    ) -> ClientProperties {
        var properties = ClientProperties(of: settings, on: side)
        properties.remove(KafkaSettings.bootstrapNames)
        if side == .consumer { properties.set("group.id", "validation") }
        let protocolName = properties.value(of: "security.protocol") ?? ""
        guard protocolName.lowercased().hasPrefix("sasl") else { return properties }
        let mechanism =
            properties.value(of: "sasl.mechanisms") ?? properties.value(of: "sasl.mechanism")
        switch (mechanism ?? "GSSAPI").uppercased() {
        case "GSSAPI": properties.set("sasl.kerberos.kinit.cmd", ":")
        case "OAUTHBEARER": properties.set("sasl.oauthbearer.method", "default")
        default: break
        }
        return properties
    }

    private static func refusal(
        of properties: ClientProperties, on side: ClientSide
    ) -> PropertyRefusal? {
        CStrings.with { strings in
            let list = unsafe strings.properties(properties.pairs)
            var error = ckafka_error()
            switch side {
            case .consumer:
                let client = unsafe ckafka_consumer_create(list.baseAddress, list.count, &error)
                guard let client = unsafe client else { return PropertyRefusal(error) }
                unsafe ckafka_consumer_destroy(client)
            case .producer:
                let client = unsafe ckafka_producer_create(list.baseAddress, list.count, &error)
                guard let client = unsafe client else { return PropertyRefusal(error) }
                unsafe ckafka_producer_destroy(client)
            }
            return nil
        }
    }
}

/// librdkafka's refusal of a client's properties.
struct PropertyRefusal {
    private let index: Int
    let reason: String
    let isCutOff: Bool

    init(_ error: ckafka_error) {
        index = Int(error.property_index)
        reason = error.reason
        isCutOff = error.isReasonFull
    }

    /// The index of the user's property that is to blame: the one that was refused, or else, for a
    /// combination that doesn't go together, the one that the reason names.
    func culprit(among properties: ClientProperties) -> Int? {
        let entries = properties.entries
        if entries.indices.contains(index), entries[index].origin != nil { return index }
        return entries.indices
            .filter { entries[$0].origin != nil && reason.contains(entries[$0].name) }
            .max { entries[$0].name.utf8.count < entries[$1].name.utf8.count }
    }
}
