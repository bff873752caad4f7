internal import Events

/// An expression as it is evaluated: instructions and what they refer to by number.
///
/// It is never written to once it is complete, and the memory of its constants neither, so
/// threads may share it.
final class Program: @unchecked Sendable {
    let instructions: [Instruction]
    let children: [Int32]
    let constants: [Operand]
    let paths: [FieldPath]
    let patterns: [Pattern]
    let zones: [ZoneOffsets]
    let loops: [LoopPlan]
    let slotCount: Int
    /// The variables that were declared when it was compiled.
    let variableCount: Int
    /// The instruction whose result is the expression's.
    let root: Int32
    /// Holds what the constants refer to.
    private let memory: Memory

    init(_ parts: ProgramParts, root: Int32, slotCount: Int = 0, variableCount: Int = 0) {
        instructions = parts.instructions
        children = parts.children
        constants = parts.constants
        paths = parts.paths
        patterns = parts.patterns
        zones = parts.zones
        loops = parts.loops
        memory = parts.memory
        self.slotCount = slotCount
        self.variableCount = variableCount
        self.root = root
    }
}

/// A program that is being put together.
struct ProgramParts {
    var instructions: [Instruction] = []
    var children: [Int32] = []
    var constants: [Operand] = []
    var paths: [FieldPath] = []
    var patterns: [Pattern] = []
    var zones: [ZoneOffsets] = []
    var loops: [LoopPlan] = []
    let memory = Memory()

    mutating func add(_ constant: Operand) -> Int32 {
        constants.append(constant)
        return Int32(constants.count - 1)
    }

    mutating func add(children new: [Int32]) -> Int32 {
        let start = Int32(children.count)
        children.append(contentsOf: new)
        return start
    }

    mutating func add(path: FieldPath) -> Int32 {
        if let known = paths.firstIndex(of: path) { return Int32(known) }
        paths.append(path)
        return Int32(paths.count - 1)
    }
}
