public import StreamCore

extension KafkaSettings {
    /// All that is wrong with the properties, found without connecting.
    ///
    /// librdkafka itself judges names, values and combinations, on clients without a broker; files
    /// that a property names, such as certificates, are opened. `isCopartitioned` says whether the
    /// topology reads topics that must be co-partitioned.
    public func validate(isCopartitioned: Bool = false) -> Diagnostics {
        var diagnostics = Diagnostics(ownDiagnostics(isCopartitioned: isCopartitioned))
        for side in ClientSide.allCases {
            diagnostics.append(contentsOf: Diagnostics(PropertyProbe(self, on: side).diagnostics))
        }
        return Diagnostics(diagnostics.sorted)
    }

    /// What Millrace itself finds wrong, without asking librdkafka.
    func ownDiagnostics(isCopartitioned: Bool) -> [Diagnostic] {
        bootstrapDiagnostics + prefixDiagnostics
            + ClientSide.allCases.flatMap {
                PropertyRules.conflicts(of: properties(of: $0), on: $0)
            }
            + (isCopartitioned
                ? PropertyRules.assignmentConflict(of: properties(of: .consumer)) : [])
    }

    private var bootstrapDiagnostics: [Diagnostic] {
        guard let servers = bootstrapServers else {
            return [
                Diagnostic(
                    "'bootstrap.servers' is missing", at: location,
                    remedy: "name a broker as host:port, or write 'embedded'")
            ]
        }
        if servers.prefixedSide != nil {
            return [
                Diagnostic(
                    "'\(servers.name)' can't be given for one side only", at: servers.location,
                    remedy: "write 'bootstrap.servers'")
            ]
        }
        if isEmbedded { return [] }
        return servers.value.split(separator: ",", omittingEmptySubsequences: false)
            .filter { !BrokerAddress.isValid($0) }
            .map {
                Diagnostic(
                    "'\(servers.name)' names a broker as '\($0)', which is not host:port",
                    at: servers.location, remedy: "write broker-1:9092,broker-2:9092 or 'embedded'")
            }
    }

    private var prefixDiagnostics: [Diagnostic] {
        properties.compactMap { property in
            guard let side = property.prefixedSide,
                PropertyCatalogue.side(of: property.ownName) == side.other
            else { return nil }
            return Diagnostic(
                "'\(property.ownName)' is a \(side.other.rawValue) property, not one of the "
                    + side.rawValue, at: property.location,
                remedy: "write '\(property.ownName)'")
        }
    }
}

/// How librdkafka writes a broker: `host`, `host:port`, `[::1]:port`, with or without `scheme://`.
enum BrokerAddress {
    static func isValid(_ text: Substring) -> Bool {
        var rest = text.drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
        if rest.first == "[" {
            guard let bracket = rest.firstIndex(of: "]") else { return false }
            rest = "v6" + rest[rest.index(after: bracket)...]
        }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = parts.first, !host.isEmpty, parts.count <= 2,
            !host.contains(where: \.isWhitespace)
        else { return false }
        return parts.count == 1 || (UInt16(parts[1]) ?? 0) > 0
    }
}
