import Foundation
import SchemaRegistry
import StreamCore
import Testing

/// Over HTTP, with the server of `scripts/registry-tests`.
@Suite(
    "A schema registry over HTTP",
    .enabled(
        if: ProcessInfo.processInfo.environment["MILLRACE_REGISTRY_URL"] != nil,
        "scripts/registry-tests runs it"))
struct RegistryServerTests {
    private static let environment = ProcessInfo.processInfo.environment

    private func client(
        _ url: String? = nil, _ change: (inout RegistrySettings) -> Void = { _ in }
    ) -> RegistryClient {
        var settings = RegistrySettings(
            url: url ?? Self.environment["MILLRACE_REGISTRY_URL"] ?? "")
        settings.retries = 3
        settings.backoff = .milliseconds(5)
        change(&settings)
        return RegistryClient(settings)
    }

    private func reason(_ client: RegistryClient, _ id: Int32) -> String {
        do {
            return try client.schema(id: id) == nil ? "missing" : "found"
        } catch {
            return error.reason
        }
    }

    @Test("schemas are found, also after errors that pass; what is not there is missing")
    func answers() {
        let client = client()
        #expect(reason(client, 1) == "found")
        #expect(reason(client, 2) == "found")
        #expect(reason(client, 3) == "missing")
        #expect(reason(client, 5) == "found")
        // The connection is as good as before.
        #expect(reason(client, 12) == "found")
    }

    @Test("an answer that does not come ends the request in time")
    func timeouts() {
        let client = client {
            $0.timeout = .milliseconds(200)
            $0.retries = 1
        }
        let start = ContinuousClock.now
        #expect(reason(client, 4).hasSuffix(", 2 times"))
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("answers of no registry are errors: a page, a redirect, too much, half of one")
    func strangeAnswers() {
        let client = client { $0.retries = 1 }
        #expect(reason(client, 8).contains("something else than JSON of a registry"))
        #expect(reason(client, 9).contains("refused with status 302"))
        #expect(reason(client, 10).contains("the answer is longer than the limit"))
        #expect(reason(client, 11).hasSuffix(", 2 times"))
    }

    @Test("nobody listens")
    func refused() {
        #expect(
            reason(client("http://127.0.0.1:1") { $0.retries = 1 }, 1).hasSuffix(", 2 times"))
    }

    @Test("basic and bearer authentication reach the registry")
    func authentication() {
        #expect(reason(client(), 6).contains("refused with status 401: Unauthorized"))
        let basic = client {
            $0.authentication = .basic(user: "alice", password: "secret")
        }
        #expect(reason(basic, 6) == "found")
        let bearer = client { $0.authentication = .bearer(token: "token-1") }
        #expect(reason(bearer, 7) == "found")
    }

    @Test("schemas are registered and looked up under their subject")
    func subjects() throws {
        let client = client()
        let avro = RegisteredSchema(kind: .avro, text: Array(#""long""#.utf8))
        #expect(try client.identifier(of: avro, subject: "a/b-value", registers: true) == 21)
        let json = RegisteredSchema(kind: .json, text: Array("{}".utf8))
        #expect(try client.identifier(of: json, subject: "json-value", registers: false) == 22)
        let error = #expect(throws: SchemaSourceError.self) {
            try client.identifier(of: avro, subject: "bad-value", registers: true)
        }
        #expect(error?.reason.contains("409: Schema being registered is incompatible") == true)
    }

    @Test(
        "a certificate is checked, against one of our own if there is one",
        .enabled(if: environment["MILLRACE_REGISTRY_TLS_URL"]?.isEmpty == false))
    func certificates() {
        let url = Self.environment["MILLRACE_REGISTRY_TLS_URL"]
        #expect(reason(client(url), 1).contains("certificate"))
        #expect(
            reason(client(url) { $0.caFile = Self.environment["MILLRACE_REGISTRY_CA"] }, 1)
                == "found")
        #expect(reason(client(url) { $0.verifiesPeer = false }, 1) == "found")
    }
}
