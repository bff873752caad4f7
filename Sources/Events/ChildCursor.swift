internal import CSimdJSON

/// Walks the members of an object or the elements of an array, for code that looks at every one
/// of them and needs few whole.
///
/// Where `firstChild` and `nextSibling` make a ``FieldValue`` each time, this reads the kind and
/// the name in place. It is valid until the arena is next written to.
///
/// ```swift
/// var member = ChildCursor(of: object, in: arena)
/// while member.next() {
///     if member.kind == .string, isWanted(member.key) { use(member.value) }
/// }
/// ```
@safe
package struct ChildCursor {
    /// The kind of the current child.
    package private(set) var kind = FieldValue.Kind.missing

    /// The name of the current member, its escapes resolved; empty for an element.
    package private(set) var key = unsafe UnsafeRawBufferPointer(start: nil, count: 0)

    private let index: DocumentIndex
    private var node: Int32 = -1
    private var following: Int32
    private var remaining: Int32

    /// A cursor before the first child.
    ///
    /// - Precondition: the value is an object or an array.
    package init(of container: FieldValue, in arena: borrowing EventArena) {
        precondition(
            container.kind == .object || container.kind == .array, "a scalar has no children")
        index = DocumentIndex(of: container.document, in: arena)
        following = container.node + 1
        remaining = index.childCount(of: container.node)
    }

    /// Goes to the next child; returns whether there is one.
    package mutating func next() -> Bool {
        guard remaining > 0 else { return false }
        remaining -= 1
        node = following
        following = index.following(node)
        kind = index.kind(of: node)
        unsafe key = index.keyBytes(of: node)
        return true
    }

    /// The bytes of the current child's text, its escapes resolved; it must be a string.
    package var textCount: Int { index.textCount(of: node) }

    /// The current child.
    ///
    /// - Precondition: the last `next()` returned true.
    package var value: FieldValue { index.value(of: node) }
}
