internal import SchemaRegistry
internal import StreamCore
internal import TopologyFiles

/// Opens the schema registries of topology files.
enum SchemaRegistries {
    /// For commands that run a topology: over the network.
    static let online: SchemaRegistryOpening = { file in
        guard let url = file.url else { return SchemaFolder(path: file.folder ?? "") }
        var settings = RegistrySettings(url: url)
        settings.folder = file.folder
        settings.cacheDirectory = file.cache
        if let user = file.user {
            settings.authentication = .basic(user: user, password: file.password ?? "")
        } else if let token = file.bearerToken {
            settings.authentication = .bearer(token: token)
        }
        settings.caFile = file.caFile
        settings.certificateFile = file.certificateFile
        settings.keyFile = file.keyFile
        settings.keyPassword = file.keyPassword
        settings.verifiesPeer = file.verifiesPeer
        settings.timeout = file.timeout
        settings.retries = file.retries
        settings.backoff = file.backoff
        return RegistryClient(settings)
    }

    /// For commands that look at a topology or test it: what is in files.
    static let offline: SchemaRegistryOpening = { file in
        guard let folder = file.folder ?? file.cache else { return Unasked(name: file.name) }
        return SchemaFolder(path: folder)
    }

    /// A registry that a command does not ask.
    private struct Unasked: SchemaSource {
        let name: String

        private var error: SchemaSourceError {
            SchemaSourceError(
                "this command asks no registry; give '\(name)' a 'folder' with its schemas")
        }

        func schema(id: Int32) throws(SchemaSourceError) -> RegisteredSchema? { throw error }

        func identifier(
            of schema: RegisteredSchema, subject: String, registers: Bool
        ) throws(SchemaSourceError) -> Int32 { throw error }
    }
}
