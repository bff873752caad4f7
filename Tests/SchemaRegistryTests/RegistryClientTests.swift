import Foundation
import SchemaRegistry
import StreamCore
import Synchronization
import Testing

/// Answers from a script, and the requests that came.
final class ScriptedTransport: RegistryTransport {
    private struct State {
        var answers: [Result<RegistryAnswer, TransportError>]
        var requests: [String] = []
    }

    private let state: Mutex<State>

    init(_ answers: [Result<RegistryAnswer, TransportError>]) {
        state = Mutex(State(answers: answers))
    }

    var requests: [String] { state.withLock { $0.requests } }

    func send(path: String, body: [UInt8]?) throws(TransportError) -> RegistryAnswer {
        let answer = state.withLock { state in
            state.requests.append((body == nil ? "GET " : "POST ") + path)
            return state.answers.isEmpty
                ? .failure(TransportError("nothing is left", mayBeRepeated: false))
                : state.answers.removeFirst()
        }
        return try answer.get()
    }
}

/// A client whose waits take no time and are written down.
final class RegistryRig {
    final class Clock: Sendable {
        let time = Mutex(0.0)
        let waits = Mutex<[Duration]>([])
    }

    let transport: ScriptedTransport
    let clock = Clock()
    let client: RegistryClient

    init(
        _ answers: [Result<RegistryAnswer, TransportError>],
        _ change: (inout RegistrySettings) -> Void = { _ in }
    ) {
        var settings = RegistrySettings(url: "http://user:secret@registry:8081")
        settings.retries = 3
        change(&settings)
        transport = ScriptedTransport(answers)
        let clock = clock
        client = RegistryClient(
            settings, transport: transport,
            waiting: RegistryClient.Waiting(
                now: { clock.time.withLock { $0 } },
                wait: { duration in clock.waits.withLock { $0.append(duration) } }))
    }
}

private func answer(
    _ status: Int, _ body: String = "{}"
) -> Result<RegistryAnswer, TransportError> {
    .success(RegistryAnswer(status: status, body: Array(body.utf8)))
}

private let timeout = Result<RegistryAnswer, TransportError>.failure(
    TransportError("timed out", mayBeRepeated: true))

private func temporaryFolder() -> String {
    FileManager.default.temporaryDirectory
        .appending(path: "millrace-registry-\(UInt64.random(in: 0 ... .max))").path
}

@Suite("The client of a schema registry")
struct RegistryClientTests {
    private static let avro = #"{"schema":"\"string\""}"#

    @Test("a schema is asked for once")
    func asksOnce() throws {
        let rig = RegistryRig([answer(200, Self.avro)])
        for _ in 0..<3 {
            let schema = try #require(try rig.client.schema(id: 7))
            #expect(schema.kind == .avro && schema.text == Array(#""string""#.utf8))
        }
        #expect(rig.transport.requests == ["GET /schemas/ids/7"])
    }

    @Test("a server's own trouble and timeouts are repeated, each time after twice as long")
    func repeats() throws {
        let rig = RegistryRig([answer(503), timeout, answer(500), answer(200, Self.avro)])
        #expect(try rig.client.schema(id: 1) != nil)
        #expect(
            rig.clock.waits.withLock { $0 }
                == [.milliseconds(200), .milliseconds(400), .milliseconds(800)])
    }

    @Test("after the last repetition it is an error, without the credentials of the address")
    func givesUp() throws {
        let rig = RegistryRig([timeout, timeout, timeout, timeout])
        let error = #expect(throws: SchemaSourceError.self) { try rig.client.schema(id: 1) }
        #expect(
            error?.reason
                == "the schema registry http://registry:8081 gave no answer: timed out, 4 times")
        #expect(rig.transport.requests.count == 4)
    }

    @Test("404 is an answer, which is asked for again after a while only")
    func missingIsAnAnswer() throws {
        let rig = RegistryRig([
            answer(404, #"{"error_code":40403,"message":"Schema not found"}"#),
            answer(200, Self.avro),
        ])
        #expect(try rig.client.schema(id: 9) == nil)
        #expect(try rig.client.schema(id: 9) == nil)
        #expect(rig.transport.requests.count == 1)
        rig.clock.time.withLock { $0 = 60 }
        #expect(try rig.client.schema(id: 9) != nil)
    }

    @Test("a refusal is not repeated and says what the registry said")
    func refusals() {
        let rig = RegistryRig([answer(401, #"{"message":"Unauthorized"}"#)])
        let error = #expect(throws: SchemaSourceError.self) { try rig.client.schema(id: 1) }
        #expect(error?.reason.contains("refused with status 401: Unauthorized") == true)
        #expect(rig.transport.requests.count == 1)
    }

    @Test("an answer that is no JSON is an error")
    func noJSON() {
        let rig = RegistryRig([answer(200, "<html>")])
        #expect(throws: SchemaSourceError.self) { try rig.client.schema(id: 1) }
    }

    @Test("what a schema refers to comes in front of it, in order, and circles end")
    func references() throws {
        func schema(_ text: String, _ references: String) -> String {
            #"{"schema":"\#(text)","references":[\#(references)]}"#
        }
        let b = #"{"name":"b","subject":"s/b","version":2}"#
        let a = #"{"name":"a","subject":"a","version":1}"#
        let rig = RegistryRig([
            answer(200, schema("root", b)), answer(200, schema("B", a)),
            answer(200, schema("A", b)),
        ])
        let found = try #require(try rig.client.schema(id: 3))
        #expect(found.references.map(\.name) == ["a", "b"])
        #expect(
            rig.transport.requests == [
                "GET /schemas/ids/3", "GET /subjects/s%2Fb/versions/2",
                "GET /subjects/a/versions/1",
            ])
    }

    @Test("a restart without the registry goes on with what was kept")
    func cache() throws {
        let folder = temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = RegistryRig([answer(200, Self.avro), answer(200, #"{"id":11}"#)]) {
            $0.cacheDirectory = folder
        }
        let schema = try #require(try first.client.schema(id: 7))
        let other = RegisteredSchema(kind: .json, text: Array(#"{"type":"object"}"#.utf8))
        #expect(
            try first.client.identifier(of: other, subject: "t-value", registers: true) == 11)

        let second = RegistryRig([timeout, timeout, timeout, timeout]) {
            $0.cacheDirectory = folder
        }
        #expect(try second.client.schema(id: 7) == schema)
        #expect(
            try second.client.identifier(of: other, subject: "t-value", registers: true) == 11)
    }

    @Test("a damaged file of the cache is asked for again")
    func damagedCache() throws {
        let folder = temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try "{".write(
            toFile: folder + "/7.registry.json", atomically: true, encoding: .utf8)
        let rig = RegistryRig([answer(200, Self.avro)]) { $0.cacheDirectory = folder }
        #expect(try rig.client.schema(id: 7) != nil)
        #expect(try SchemaFolder(path: folder).schema(id: 7) != nil)
    }

    @Test("the folder of schemas is looked at before the registry")
    func folderFirst() throws {
        let folder = temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try #""long""#.write(toFile: folder + "/5.avsc", atomically: true, encoding: .utf8)
        let rig = RegistryRig([]) { $0.folder = folder }
        #expect(try rig.client.schema(id: 5)?.text == Array(#""long""#.utf8))
        #expect(rig.transport.requests.isEmpty)
    }

    @Test("a schema is registered under its subject once, or only looked up")
    func registers() throws {
        let schema = RegisteredSchema(kind: .avro, text: Array(#""int""#.utf8))
        let rig = RegistryRig([answer(200, #"{"id":4}"#), answer(404)])
        #expect(try rig.client.identifier(of: schema, subject: "a b", registers: true) == 4)
        #expect(try rig.client.identifier(of: schema, subject: "a b", registers: true) == 4)
        #expect(throws: SchemaSourceError.self) {
            try rig.client.identifier(of: schema, subject: "other", registers: false)
        }
        #expect(
            rig.transport.requests == ["POST /subjects/a%20b/versions", "POST /subjects/other"])
    }

    @Test("a folder finds the id of a schema whatever its layout")
    func folderIdentifiers() throws {
        let folder = temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try #"{ "type": "map",  "values": "long" }"#.write(
            toFile: folder + "/12.avsc", atomically: true, encoding: .utf8)
        let schema = RegisteredSchema(
            kind: .avro, text: Array(#"{"values":"long","type":"map"}"#.utf8))
        let source = SchemaFolder(path: folder)
        #expect(try source.identifier(of: schema, subject: "s", registers: true) == 12)
        #expect(throws: SchemaSourceError.self) {
            try source.identifier(
                of: RegisteredSchema(kind: .avro, text: Array(#""int""#.utf8)), subject: "s",
                registers: true)
        }
    }
}
