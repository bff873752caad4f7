/// How a registry is reached.
public struct RegistrySettings: Sendable, Hashable {
    public enum Authentication: Sendable, Hashable {
        case none
        case basic(user: String, password: String)
        case bearer(token: String)
    }

    /// Where requests go, with a path in front of `/schemas` if there is one.
    public var url: String
    public var authentication = Authentication.none
    /// Certificates in PEM: of who signs the registry's, and our own.
    public var caFile: String?
    public var certificateFile: String?
    public var keyFile: String?
    public var keyPassword: String?
    /// Whether the registry's certificate is checked.
    public var verifiesPeer = true
    /// How long one request may take.
    public var timeout = Duration.seconds(5)
    /// How often a request that failed is repeated.
    public var retries = 5
    /// How long to wait before the first repetition; each later one waits twice as long.
    public var backoff = Duration.milliseconds(200)
    /// Where answers are kept, so that a start without the registry goes on; `nil` keeps none.
    public var cacheDirectory: String?
    /// A folder of schemas by id that is looked at first.
    public var folder: String?

    public init(url: String) { self.url = url }
}
