import Foundation
import Testing

/// The files of this repository, as the tidy tests look at them.
struct Repository: Sendable, CustomTestStringConvertible {
    /// Every text file below the root, but for what is built, downloaded or hidden.
    let files: [RepositoryFile]
    private let root: URL

    static let current = Repository()

    var testDescription: String { "the repository" }

    private init() {
        root =
            URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../..").standardizedFileURL
        let walk = FileManager.default.enumerator(
            at: root, includingPropertiesForKeys: [.isRegularFileKey],
            options: .skipsHiddenFiles)
        var files: [RepositoryFile] = []
        while let url = walk?.nextObject() as? URL {
            let isRegular = try? url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile
            guard isRegular == true, let text = try? String(contentsOf: url, encoding: .utf8)
            else { continue }
            let path = String(url.standardizedFileURL.path.dropFirst(root.path.count + 1))
            files.append(RepositoryFile(path: path, text: text))
        }
        self.files = files.sorted { $0.path < $1.path }
    }

    /// The Swift files of our modules.
    var swiftSources: [RepositoryFile] {
        files.filter { $0.path.hasPrefix("Sources/") && $0.path.hasSuffix(".swift") }
    }

    /// Whether there is a file or a folder at the path.
    func holds(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }
}

/// A text file by its path from the root of the repository.
struct RepositoryFile: Sendable, CustomTestStringConvertible {
    let path: String
    let text: String

    // A failure names the file and does not print it.
    var testDescription: String { path }

    /// The folder below `Sources` or `Tests`.
    var module: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }

    /// The folder that the file lies in; empty for the root.
    var folder: String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    var lines: [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The lines without what stands behind `//`, numbered from 1.
    var code: [(number: Int, text: Substring)] {
        lines.enumerated().map { index, line in
            (index + 1, line.position(of: "//").map { line[..<$0] } ?? line)
        }
    }

    /// The imports, with the access level that stands before them.
    var imports: [Import] {
        code.compactMap { number, line in
            guard line.holds("import ") else { return nil }
            let words = line.split(separator: " ")
            guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count,
                words[..<keyword].allSatisfy({ $0.first == "@" || Self.accessLevels.contains($0) })
            else { return nil }
            let kinds: Set<Substring> = [
                "struct", "class", "enum", "protocol", "func", "typealias",
            ]
            let name = words[(keyword + 1)...].first { !kinds.contains($0) } ?? ""
            return Import(
                module: String(name.prefix { $0 != "." }),
                access: words[..<keyword].last { $0.first != "@" }.map(String.init), line: number)
        }
    }

    private static let accessLevels: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private",
    ]

    /// One `import` declaration.
    struct Import: Sendable {
        let module: String
        let access: String?
        let line: Int
    }
}

extension Substring {
    /// Where `word` begins, if it is there.
    ///
    /// Compares bytes: over all files, the standard library's searches and regular expressions
    /// take a minute for what takes a second here.
    func position(of word: String) -> Index? {
        guard let first = word.utf8.first else { return startIndex }
        var rest = utf8[...]
        while let start = rest.firstIndex(of: first) {
            if rest[start...].starts(with: word.utf8) { return start }
            rest = rest[rest.index(after: start)...]
        }
        return nil
    }

    func holds(_ word: String) -> Bool { position(of: word) != nil }
}
