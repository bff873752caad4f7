/// The sources and operators whose events every task has: broadcast sources, and what reads
/// nothing else.
///
/// They belong to no sub-topology of their own. Each that reads one of them by a named input gets
/// them whole.
struct BroadcastPart {
    private let topology: Topology
    private let operators: [Topology.Node]
    private let names: Set<String>

    /// `order`: the operators, each behind those that it reads.
    init(_ topology: Topology, _ order: [Topology.Node]) {
        var names = Set(topology.sources.filter { $0.broadcast != nil }.map(\.name))
        var operators: [Topology.Node] = []
        for node in order where Self.readsNothingElse(node, than: names) {
            names.insert(node.name)
            operators.append(node)
        }
        self.topology = topology
        self.operators = operators
        self.names = names
    }

    static func readsNothingElse(_ node: Topology.Node, than names: Set<String>) -> Bool {
        !node.inputs.isEmpty && node.inputs.allSatisfy { names.contains($0.node) }
    }

    func contains(_ name: String) -> Bool { names.contains(name) }

    /// The names of what must be in a sub-topology with these operators: the streams that they
    /// read, what those come from, and what else comes from that.
    func part(readBy readers: [Topology.Node]) -> Set<String> {
        var part: Set<String> = []
        var open = readers.flatMap { $0.namedInputs.compactMap { $0?.node } }.filter(contains)
        while let name = open.popLast() {
            guard part.insert(name).inserted else { continue }
            open += operators.first { $0.name == name }?.inputs.map(\.node) ?? []
        }
        for node in operators where Self.readsNothingElse(node, than: part) {
            part.insert(node.name)
        }
        return part
    }
}
