/// A place in a file; prints as `orders.yaml:12:5`, which editors and terminals turn into a link.
public struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
    public let file: String
    public let line: Int
    public let column: Int

    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// The place of something that a program made and no file holds.
    public static let none = SourceLocation(file: "", line: 0, column: 0)

    public var description: String { self == .none ? "(no file)" : "\(file):\(line):\(column)" }
}

/// Something wrong with a topology: where it is, what it is, and what to do about it.
public struct Diagnostic: Error, Hashable, Sendable, CustomStringConvertible {
    public let location: SourceLocation
    /// One sentence without a full stop.
    public let message: String
    /// What to do: a nearest name, an allowed range, a command. Without a full stop.
    public let remedy: String?

    public init(_ message: String, at location: SourceLocation, remedy: String? = nil) {
        self.location = location
        self.message = message
        self.remedy = remedy
    }

    public var description: String {
        "\(location): error: \(message)" + (remedy.map { "; \($0)" } ?? "")
    }
}

/// All that is wrong with a topology, in the order of the file.
public struct Diagnostics: Error, Sendable, CustomStringConvertible {
    public private(set) var all: [Diagnostic]

    public init(_ all: [Diagnostic] = []) { self.all = all }

    public var isEmpty: Bool { all.isEmpty }

    public mutating func append(_ diagnostic: Diagnostic) { all.append(diagnostic) }

    public mutating func append(contentsOf other: Diagnostics) { all += other.all }

    /// The diagnostics once each, ordered by file, line and column.
    public var sorted: [Diagnostic] {
        Set(all).sorted {
            ($0.location.file, $0.location.line, $0.location.column, $0.message)
                < ($1.location.file, $1.location.line, $1.location.column, $1.message)
        }
    }

    public var description: String { sorted.map(\.description).joined(separator: "\n") }
}
