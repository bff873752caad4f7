/// The way to a field of an event: `page.url`, `items[0].sku`, `"key.with.dots".x`.
///
/// Paths are parsed when a topology loads. Inside, a path is one run of bytes, so that walking
/// it touches no reference count and comparing two paths is comparing bytes.
public struct FieldPath: Hashable, Sendable {
    /// One step of a path.
    public enum Component: Hashable, Sendable {
        /// A member of an object.
        case name(String)

        /// An element of an array, from 0.
        case index(Int)
    }

    /// The most components that a path can have.
    public static let maximumComponents = 64

    /// The components one after the other, each as ``PathStep`` reads it. No component's bytes
    /// begin another's, so a path lies above another exactly when its bytes begin the other's.
    let encoded: [UInt8]

    /// The number of components; at least 1.
    public let count: Int

    /// The path of these components.
    ///
    /// - Precondition: there is at least one component and at most ``maximumComponents``, and
    ///   indices are not negative.
    public init(_ components: [Component]) {
        precondition(!components.isEmpty, "a field path needs a component")
        precondition(
            components.count <= Self.maximumComponents,
            "a field path has at most \(Self.maximumComponents) components")
        encoded = components.reduce(into: []) { PathStep.append($1, to: &$0) }
        count = components.count
    }

    /// The path of one top-level member, whatever characters its name has.
    public init(name: String) {
        self.init([.name(name)])
    }

    /// The path parsed from `text`.
    ///
    /// - Throws: ``FieldPathError`` with the column and what is wrong there.
    public init(_ text: String) throws(FieldPathError) {
        self.init(try FieldPathParser.components(of: text))
    }

    /// The components, from the top.
    public var components: [Component] {
        unsafe encoded.withUnsafeBytes { bytes in
            var result: [Component] = []
            var position = 0
            while position < bytes.count {
                let step = unsafe PathStep(bytes.baseAddress! + position)
                result.append(step.component)
                position += step.encodedCount
            }
            return result
        }
    }

    /// Whether the path leads to an element of an array.
    var endsInIndex: Bool {
        unsafe encoded.withUnsafeBytes { bytes in
            var isIndex = false
            var position = 0
            while position < bytes.count {
                let step = unsafe PathStep(bytes.baseAddress! + position)
                isIndex = step.isIndex
                position += step.encodedCount
            }
            return isIndex
        }
    }

    /// This path with `component` below it.
    public func appending(_ component: Component) -> FieldPath {
        FieldPath(components + [component])
    }
}

extension FieldPath: CustomStringConvertible {
    /// The path as ``init(_:)-(String)`` reads it.
    public var description: String {
        var text = ""
        for component in components {
            switch component {
            case .index(let index): text += "[\(index)]"
            case .name(let name):
                if !text.isEmpty { text += "." }
                text += FieldPathParser.isPlain(name) ? name : FieldPathParser.quoted(name)
            }
        }
        return text
    }
}
