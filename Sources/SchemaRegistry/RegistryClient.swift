internal import Foundation
public import StreamCore
internal import Synchronization

/// A client of a Confluent schema registry, blocking and shared by all threads.
///
/// An id stands for one schema for ever, so what was answered once is not asked again: it is kept
/// in memory and, if there is a folder for it, on disk. A request that gets no answer, or an answer
/// of the server's own trouble, is repeated with a growing wait; "there is no such schema" is an
/// answer, and kept for a while only.
public final class RegistryClient: SchemaSource {
    /// What the client needs of time.
    package struct Waiting: Sendable {
        /// Seconds that only grow.
        package var now: @Sendable () -> Double
        package var wait: @Sendable (Duration) -> Void

        package init(
            now: @escaping @Sendable () -> Double, wait: @escaping @Sendable (Duration) -> Void
        ) {
            self.now = now
            self.wait = wait
        }
    }

    private struct Known {
        var schemas: [Int32: RegisteredSchema] = [:]
        var missing: [Int32: Double] = [:]
        var identifiers: [String: [(schema: RegisteredSchema, id: Int32)]] = [:]
    }

    /// How long an id that the registry did not have is not asked for again.
    private static let secondsMissing = 10.0
    private static let mostMissing = 10_000
    /// How many schemas one may refer to, and they to others.
    private static let mostReferences = 100
    private static let longestWait = Duration.seconds(5)

    private let settings: RegistrySettings
    private let transport: any RegistryTransport
    private let waiting: Waiting
    private let folder: SchemaFolder?
    private let cache: SchemaFolder?
    private let known = Mutex(Known())

    /// A client over HTTP.
    public convenience init(_ settings: RegistrySettings) {
        let start = ContinuousClock.now
        self.init(
            settings, transport: CurlTransport(settings),
            waiting: Waiting(
                now: { (ContinuousClock.now - start) / .seconds(1) },
                wait: { Thread.sleep(forTimeInterval: $0 / .seconds(1)) }))
    }

    package init(
        _ settings: RegistrySettings, transport: any RegistryTransport, waiting: Waiting
    ) {
        self.settings = settings
        self.transport = transport
        self.waiting = waiting
        folder = settings.folder.map(SchemaFolder.init(path:))
        cache = settings.cacheDirectory.map(SchemaFolder.init(path:))
    }

    // MARK: Schemas by id

    public func schema(id: Int32) throws(SchemaSourceError) -> RegisteredSchema? {
        let now = waiting.now()
        let remembered = known.withLock { known -> RegisteredSchema?? in
            if let schema = known.schemas[id] { return .some(schema) }
            guard let time = known.missing[id] else { return nil }
            return now - time < Self.secondsMissing ? .some(nil) : nil
        }
        if let remembered { return remembered }
        if let kept = try keptSchema(id) {
            known.withLock { $0.schemas[id] = kept }
            return kept
        }
        let found = try ask("/schemas/ids/\(id)")
        guard let found else {
            known.withLock { known in
                if known.missing.count >= Self.mostMissing { known.missing.removeAll() }
                known.missing[id] = now
            }
            return nil
        }
        let schema = try schema(in: found)
        // A cache that can't be written costs a question at the next start, no more.
        try? cache?.store(schema, id: id)
        known.withLock { $0.schemas[id] = schema }
        return schema
    }

    private func keptSchema(_ id: Int32) throws(SchemaSourceError) -> RegisteredSchema? {
        if let found = try folder?.schema(id: id) { return found }
        // A damaged file of the cache is asked for again and replaced.
        return (try? cache?.schema(id: id)) ?? nil
    }

    private func schema(in answer: Answer) throws(SchemaSourceError) -> RegisteredSchema {
        let type = answer.schemaType ?? RegisteredSchema.Kind.avro.rawValue
        guard let text = answer.schema, let kind = RegisteredSchema.Kind(rawValue: type) else {
            throw problem("answered with no schema of a known type")
        }
        var references: [RegisteredSchema.Reference] = []
        var seen: Set<String> = []
        try collect(answer.references ?? [], into: &references, seen: &seen)
        return RegisteredSchema(kind: kind, text: Array(text.utf8), references: references)
    }

    /// The schemas that one refers to, each behind those that it refers to itself.
    private func collect(
        _ named: [Answer.Reference], into references: inout [RegisteredSchema.Reference],
        seen: inout Set<String>
    ) throws(SchemaSourceError) {
        for reference in named {
            let path = "/subjects/\(Self.escaped(reference.subject))/versions/\(reference.version)"
            guard seen.insert(path).inserted else { continue }
            guard seen.count <= Self.mostReferences else {
                throw problem("has a schema that refers to more than \(Self.mostReferences) others")
            }
            guard let found = try ask(path), let text = found.schema else {
                throw problem("does not have '\(reference.name)', to which a schema refers")
            }
            try collect(found.references ?? [], into: &references, seen: &seen)
            references.append(.init(name: reference.name, text: Array(text.utf8)))
        }
    }

    // MARK: Ids of schemas

    public func identifier(
        of schema: RegisteredSchema, subject: String, registers: Bool
    ) throws(SchemaSourceError) -> Int32 {
        let remembered = known.withLock { known in
            known.identifiers[subject]?.first { $0.schema == schema }?.id
        }
        if let remembered { return remembered }
        let body = try request(schema)
        let path = "/subjects/\(Self.escaped(subject))" + (registers ? "/versions" : "")
        var id: Int32?
        do {
            id = try ask(path, body: body)?.id
        } catch {
            // A start without the registry goes on with what it was told before.
            guard let kept = try? cache?.identifier(of: schema, subject: subject, registers: false)
            else { throw error }
            id = kept
        }
        guard let id else {
            throw problem(
                "does not have the schema of '\(subject)'; register it, or set 'register: true'")
        }
        try? cache?.store(schema, id: id)
        known.withLock { $0.identifiers[subject, default: []].append((schema, id)) }
        return id
    }

    private func request(_ schema: RegisteredSchema) throws(SchemaSourceError) -> [UInt8] {
        var body = ["schema": String(decoding: schema.text, as: UTF8.self)]
        if schema.kind != .avro { body["schemaType"] = schema.kind.rawValue }
        do {
            return Array(try JSONEncoder().encode(body))
        } catch {
            throw problem("can't be asked for this schema: it is no text")
        }
    }

    // MARK: Requests

    private struct Answer: Decodable {
        struct Reference: Decodable {
            var name: String
            var subject: String
            var version: Int
        }

        var schema: String?
        var schemaType: String?
        var id: Int32?
        var references: [Reference]?
        var message: String?
    }

    /// The answer to a request; `nil` is "there is no such thing".
    private func ask(_ path: String, body: [UInt8]? = nil) throws(SchemaSourceError) -> Answer? {
        var wait = settings.backoff
        var attempt = 0
        while true {
            let trouble: String
            do {
                let answer = try transport.send(path: path, body: body)
                guard answer.status >= 500 || answer.status == 429 || answer.status == 408 else {
                    return try read(answer, path)
                }
                trouble = "answered with status \(answer.status)\(Self.message(in: answer))"
            } catch let error as TransportError {
                guard error.mayBeRepeated else { throw problem("gave no answer: \(error.reason)") }
                trouble = "gave no answer: \(error.reason)"
            } catch let error as SchemaSourceError {
                throw error
            } catch {
                throw problem("gave no answer: \(error)")
            }
            guard attempt < settings.retries else {
                throw problem("\(trouble), \(attempt + 1) times")
            }
            attempt += 1
            waiting.wait(wait)
            wait = min(wait * 2, Self.longestWait)
        }
    }

    private func read(_ answer: RegistryAnswer, _ path: String) throws(SchemaSourceError) -> Answer?
    {
        switch answer.status {
        case 200..<300:
            guard let read = try? JSONDecoder().decode(Answer.self, from: Data(answer.body)) else {
                throw problem("answered '\(path)' with something else than JSON of a registry")
            }
            return read
        case 404: return nil
        case 401, 403:
            throw problem(
                "refused with status \(answer.status)\(Self.message(in: answer)); check the "
                    + "credentials under 'schema_registries'")
        default:
            throw problem("refused with status \(answer.status)\(Self.message(in: answer))")
        }
    }

    private static func message(in answer: RegistryAnswer) -> String {
        let read = try? JSONDecoder().decode(Answer.self, from: Data(answer.body))
        return read?.message.map { ": \($0.prefix(300))" } ?? ""
    }

    private func problem(_ what: String) -> SchemaSourceError {
        SchemaSourceError("the schema registry \(Self.shown(settings.url)) \(what)")
    }

    /// The address without credentials.
    private static func shown(_ url: String) -> String {
        guard let at = url.lastIndex(of: "@"), let scheme = url.range(of: "://") else { return url }
        return String(url[..<scheme.upperBound] + url[url.index(after: at)...])
    }

    private static func escaped(_ subject: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        return subject.addingPercentEncoding(withAllowedCharacters: allowed) ?? subject
    }
}
