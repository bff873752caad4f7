internal import CSimdJSON

/// A container of a document while it is written with changes: the text between the changes is
/// copied as it is.
struct Splice {
    let index: DocumentIndex

    /// Where the container ends.
    let end: Int

    /// Up to where the text was copied, or replaced.
    var copied: Int

    private let childCount: Int32
    private var leftOut: Int32 = 0

    init(_ container: Int32, of index: DocumentIndex) {
        self.index = index
        let node = index.node(container)
        end = Int(node.end)
        copied = Int(node.start)
        childCount = index.childCount(of: container)
    }

    /// Whether a child of the container was written, or will be.
    var hasChildren: Bool { childCount > leftOut }

    /// Copies the text up to `position`.
    mutating func copy(to position: Int, into output: inout ByteBuffer) {
        unsafe output.append(index.text(copied..<position))
        copied = position
    }

    /// Copies the text up to the end of the last child, or to the start of an empty container.
    mutating func copyChildren(upTo last: Int32, into output: inout ByteBuffer) {
        let position = last < 0 ? copied + 1 : Int(index.node(last).end)
        copy(to: max(position, copied), into: &output)
    }

    /// Leaves a child out, and one of the commas beside it: the one before it when a child before
    /// it stays, else the one after it.
    mutating func leaveOut(_ place: DocumentIndex.Place, into output: inout ByteBuffer) {
        let child = index.node(place.node)
        if place.ordinal > leftOut {
            let previous = index.node(place.previous)
            copy(to: max(Int(previous.end), copied), into: &output)
            copied = Int(child.end)
        } else {
            if place.ordinal == 0 {
                copy(to: skipWhiteSpace(from: copied + 1), into: &output)
            }
            copied = Int(child.end)
            if child.flags & UInt8(CSIMDJSON_LAST_CHILD) == 0 {
                let comma = skipWhiteSpace(from: copied)
                copied = skipWhiteSpace(from: comma + 1)
            }
        }
        leftOut += 1
    }

    private func skipWhiteSpace(from start: Int) -> Int {
        let rest = unsafe index.text(start..<end)
        let length = unsafe rest.prefix(while: JSONDiagnosis.isWhiteSpace).count
        return start + length
    }
}
