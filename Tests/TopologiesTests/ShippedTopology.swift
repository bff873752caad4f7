import Events
import Foundation
import Operators
import StreamCore
import Testing
import TextModels
import TopologyFiles

/// A topology file of the folder `Topologies`.
struct ShippedTopology: Sendable, CustomTestStringConvertible {
    let name: String

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Topologies").standardizedFileURL

    static let all: [ShippedTopology] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
            // A build without CLD2 refuses this one.
            .filter { LanguageDetector.isAvailable || $0 != "support-languages.yaml" }
            .map(ShippedTopology.init)
    }()

    static let omnichannel = ShippedTopology(name: "omnichannel.yaml")

    var testDescription: String { name }

    func file() throws -> TopologyFile {
        try TopologyLoader(operators: .standard, environment: [:])
            .load(Self.folder.appending(path: name).path)
    }

    func plan() throws -> TopologyPlan { try TopologyPlan(file().topology) }
}

extension DriverRecord {
    /// The value as a JSON object.
    var fields: [String: Any] {
        let data = Data((value ?? "").utf8)
        return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
    }
}
