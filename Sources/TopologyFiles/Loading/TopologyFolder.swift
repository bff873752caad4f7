internal import Foundation

/// The folder of a topology file, from which the files that it names are read.
struct TopologyFolder: Sendable {
    /// As the file was named: relative to the working directory, or absolute. Empty for the
    /// working directory itself.
    let path: String

    /// The folder in which the file at `path` lies.
    init(ofFileAt path: String) {
        self.path = (path as NSString).deletingLastPathComponent
    }

    /// Where a file lies that the topology names.
    func resolve(_ name: String) -> String {
        name.hasPrefix("/") || path.isEmpty ? name : (path as NSString).appendingPathComponent(name)
    }

    /// Whether the file, or the folder, is there.
    func holds(_ name: String) -> Bool {
        !name.isEmpty && FileManager.default.fileExists(atPath: resolve(name))
    }

    /// The bytes of a file that the topology names.
    func read(_ name: String) throws(UnreadableFile) -> [UInt8] {
        try Self.read(resolve(name))
    }

    /// The bytes of the file at `path`.
    static func read(_ path: String) throws(UnreadableFile) -> [UInt8] {
        guard !isFolder(path) else { throw UnreadableFile(path: path, reason: "it is a folder") }
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw UnreadableFile(path: path, reason: Self.reason(error))
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder = ObjCBool(false)
        let exists = unsafe FileManager.default.fileExists(
            atPath: path, isDirectory: &isFolder)
        return exists && isFolder.boolValue
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: "there is no such file"
        case .fileReadNoPermission: "this user may not read it"
        default: (error as NSError).localizedDescription
        }
    }
}

/// A file that could not be read, and why.
public struct UnreadableFile: Error, Hashable, CustomStringConvertible {
    /// As it was looked for.
    public let path: String
    /// A clause.
    public let reason: String

    public var description: String { "cannot read \(path): \(reason)" }
}
