internal import StreamCore

// MARK: - Schema registries

extension TopologyAssembly {
    /// Opens what the file declares, for operators and sinks to use.
    mutating func openRegistries(in root: ConfigurationValue) {
        for entry in root["schema_registries"]?.entries ?? [] {
            checkName(entry, of: "a schema registry")
            let value = entry.value.corrected(as: TopologyFormat.registryFields)
            let registry = registry(entry.key, value, at: entry.keyLocation)
            do {
                registries[entry.key] = try openRegistry(registry)
            } catch {
                report(
                    "the schema registry '\(entry.key)' can't be used: \(error)",
                    at: entry.keyLocation)
                registries[entry.key] = UnopenedRegistry()
            }
        }
    }

    private mutating func registry(
        _ name: String, _ value: ConfigurationValue, at location: SourceLocation
    ) -> SchemaRegistryFile {
        var from = settings(name, in: value)
        let registry = SchemaRegistryFile(
            name: name, url: from.string("url"),
            folder: from.string("folder").map(folder.resolve), cache: from.string("cache"),
            user: from.string("user"), password: from.string("password"),
            bearerToken: from.string("bearer_token"), caFile: from.string("ca_file"),
            certificateFile: from.string("certificate_file"), keyFile: from.string("key_file"),
            keyPassword: from.string("key_password"),
            verifiesPeer: from.boolean("verify", default: true),
            timeout: from.duration("timeout", default: .seconds(5)),
            retries: Int(from.integer("retries", default: 5)),
            backoff: from.duration("backoff", default: .milliseconds(200)), location: location)
        if registry.url == nil, registry.folder == nil {
            report(
                "the schema registry '\(name)' has neither 'url' nor 'folder'", at: location,
                remedy: "write 'url: http://HOST:8081', or 'folder: schemas/registry'")
        }
        if let url = registry.url, !url.hasPrefix("http://"), !url.hasPrefix("https://") {
            report(
                "'url' is no address of a registry", at: value["url"]?.location ?? location,
                remedy: "write one that begins with http:// or https://")
        }
        if registry.user != nil, registry.bearerToken != nil {
            report(
                "the schema registry '\(name)' has both 'user' and 'bearer_token'", at: location,
                remedy: "keep one")
        }
        if registry.password != nil, registry.user == nil, let place = value["password"]?.location {
            report("'password' goes with 'user'", at: place, remedy: "add 'user'")
        }
        return registry
    }

    /// What a sink says of events that do not fit its format.
    mutating func errorPolicy(
        of sink: ConfigurationValue, topics: [String: ConfigurationValue]
    ) -> SinkErrorPolicy {
        let word = sink["on_error"]?.text
        guard let target = sink["dead_letter"] else {
            if word == "dead_letter", let place = sink["on_error"]?.location {
                report(
                    "'on_error: dead_letter' needs 'dead_letter'", at: place,
                    remedy: "name the topic of another sink under 'dead_letter'")
            }
            return word == "drop" ? .drop : .fail
        }
        if let word, word != "dead_letter" {
            report(
                "'dead_letter' has no meaning with 'on_error: \(word)'", at: target.location,
                remedy: "remove one of them")
        }
        guard let other = topics[target.text] else {
            report(
                "no sink has the topic '\(target.text)'", at: target.location,
                remedy: "name the topic of another sink")
            return .fail
        }
        if other["format"] != nil || other["framing"] != nil {
            report(
                "'\(target.text)' has a format, and dead letters are written as they came",
                at: target.location, remedy: "name a sink without one")
        }
        return .deadLetter(topic: target.text)
    }
}
