internal import Foundation
internal import Logging
internal import StreamCore
internal import StreamEngine
internal import Synchronization

/// Looks once a second whether files that operators reload have changed, and publishes the operators
/// that are made of them anew.
///
/// A file counts as changed when it has been the same for two looks, so that one that is being
/// written is not read. What can't be used is told, and the operators go on with what they have.
final class FileWatch: Sendable {
    private struct Stamp: Equatable {
        var modified: Date?
        var size: Int?
    }

    private let path: String
    private let reloads: DefinitionReloads
    private let log: Logger
    private let files: [String]
    private let isStopping = Atomic(false)

    /// `nil` when no operator of the topology reloads anything.
    init?(_ topology: LoadedTopology, path: String, reloads: DefinitionReloads, log: Logger) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        let names = Self.definitions(of: topology).values.flatMap(\.reloadedFiles)
        guard !names.isEmpty else { return nil }
        self.path = path
        self.reloads = reloads
        self.log = log
        files = Set(names).sorted().map { URL(fileURLWithPath: $0, relativeTo: folder).path }
    }

    func start() {
        let first = stamps
        Thread { self.run(from: first) }.start()
    }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    private func run(from first: [Stamp]) {
        var (published, last) = (first, first)
        while !isStopping.load(ordering: .relaxed) {
            Thread.sleep(forTimeInterval: 1)
            let now = stamps
            if now == last, now != published {
                published = now
                reload()
            }
            last = now
        }
    }

    private func reload() {
        do {
            let topology = try LoadedTopology(path: path)
            reloads.publish(Self.definitions(of: topology))
            log.notice("files of operators have changed and were read again")
        } catch {
            log.warning(
                "files of operators have changed and can't be used; the old ones stay",
                metadata: ["reason": "\(error)"])
        }
    }

    private static func definitions(
        of topology: LoadedTopology
    ) -> [String: any OperatorDefinition] {
        var definitions: [String: any OperatorDefinition] = [:]
        for node in topology.plan.topology.operators where !node.definition.reloadedFiles.isEmpty {
            definitions[node.name] = node.definition
        }
        return definitions
    }

    private var stamps: [Stamp] {
        files.map { file in
            let found = try? FileManager.default.attributesOfItem(atPath: file)
            return Stamp(
                modified: found?[.modificationDate] as? Date, size: found?[.size] as? Int)
        }
    }
}
