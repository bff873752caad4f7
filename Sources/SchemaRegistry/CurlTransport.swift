internal import CCurl
internal import Synchronization

/// Requests over HTTP, one at a time, on a connection that is kept.
final class CurlTransport: RegistryTransport {
    /// Longer answers are no schemas of people.
    private static let answerLimit = 16 << 20

    /// A client of libcurl, which one thread may use at a time.
    @safe
    private struct Client: ~Copyable {
        private let client: OpaquePointer

        init(_ settings: RegistrySettings) {
            var options = unsafe ccurl_options()
            unsafe options.timeout_ms = Self.milliseconds(settings.timeout)
            unsafe options.connect_timeout_ms = Self.milliseconds(settings.timeout)
            unsafe options.answer_limit = CurlTransport.answerLimit
            unsafe options.verifies_peer = settings.verifiesPeer ? 1 : 0
            var user: String?
            var password: String?
            var token: String?
            switch settings.authentication {
            case .none: break
            case .basic(let name, let secret): (user, password) = (name, secret)
            case .bearer(let bearer): token = bearer
            }
            let texts = [
                user, password, token, settings.caFile, settings.certificateFile,
                settings.keyFile, settings.keyPassword,
            ]
            let copies = unsafe texts.map { unsafe $0.map { unsafe Self.copy($0) } }
            unsafe options.user = UnsafePointer(copies[0])
            unsafe options.password = UnsafePointer(copies[1])
            unsafe options.bearer_token = UnsafePointer(copies[2])
            unsafe options.ca_file = UnsafePointer(copies[3])
            unsafe options.certificate_file = UnsafePointer(copies[4])
            unsafe options.key_file = UnsafePointer(copies[5])
            unsafe options.key_password = UnsafePointer(copies[6])
            defer { for index in unsafe copies.indices { unsafe copies[index]?.deallocate() } }
            guard let client = unsafe ccurl_client_create(&options) else {
                fatalError("no memory for an HTTP client")
            }
            unsafe self.client = unsafe client
        }

        deinit { unsafe ccurl_client_destroy(client) }

        private static func milliseconds(_ duration: Duration) -> Int {
            max(Int(clamping: Int64(duration / .milliseconds(1))), 1)
        }

        private static func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
            let units = text.utf8CString
            let memory = UnsafeMutablePointer<CChar>.allocate(capacity: units.count)
            for index in units.indices { unsafe (memory + index).initialize(to: units[index]) }
            return unsafe memory
        }

        mutating func perform(
            _ url: String, _ body: [UInt8]?
        ) throws(TransportError) -> RegistryAnswer {
            var answer = unsafe ccurl_answer()
            if let body {
                unsafe body.withUnsafeBytes { bytes in
                    // An empty body is one, too.
                    let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                    unsafe answer = ccurl_client_perform(client, url, start, bytes.count)
                }
            } else {
                unsafe answer = ccurl_client_perform(client, url, nil, 0)
            }
            guard unsafe answer.status > 0 else {
                let reason = unsafe answer.error.map { unsafe String(cString: $0) }
                throw TransportError(
                    reason ?? "no answer", mayBeRepeated: unsafe answer.may_be_repeated != 0)
            }
            let bytes = unsafe UnsafeRawBufferPointer(start: answer.body, count: answer.size)
            return unsafe RegistryAnswer(status: Int(answer.status), body: Array(bytes))
        }
    }

    private let url: String
    private let client: Mutex<Client>

    init(_ settings: RegistrySettings) {
        var url = settings.url
        while url.hasSuffix("/") { url.removeLast() }
        self.url = url
        client = Mutex(Client(settings))
    }

    func send(path: String, body: [UInt8]?) throws(TransportError) -> RegistryAnswer {
        let result = client.withLock { client in
            do throws(TransportError) {
                return Result<RegistryAnswer, TransportError>.success(
                    try client.perform(url + path, body))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
