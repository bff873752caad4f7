internal import StreamCore
internal import StreamState

/// What becomes of the state files of an application when a topology starts.
struct StatePlan {
    /// A store, and the tasks in which the same becomes of it.
    struct Line: Equatable {
        let store: String
        let text: String
        var tasks: [TaskIdentifier]
    }

    private let folder: String
    private(set) var lines: [Line] = []
    /// Files that can't be read, or not be taken, with why.
    private(set) var failures: [String] = []
    private(set) var isRefused = false

    init(_ plan: TopologyPlan, in directory: String) throws(StoreError) {
        let application = plan.topology.application
        folder = "\(directory)/\(application)"
        let inspection = StateInspection(root: directory, application: application)
        let tasks = try inspection.tasks()
        for task in tasks {
            let stores =
                plan.subtopologies.first { $0.index == task.subtopology }?.stores ?? []
            do throws(StoreError) {
                for change in try inspection.changes(of: task, stores: stores) {
                    // No task opens the file, so the start goes on beside it.
                    let isLeft = stores.isEmpty
                    add(change, isLeft ? "left in its file, which no step reads" : nil, task)
                    if !isLeft, change.difference != nil { isRefused = true }
                }
            } catch {
                failures.append(error.description)
                if !stores.isEmpty { isRefused = true }
            }
        }
        for subtopology in plan.subtopologies
        where !tasks.contains(where: { $0.subtopology == subtopology.index }) {
            for store in subtopology.stores {
                add(StoreChange(store: store.name, kind: .new), "new, no state file is here", nil)
            }
        }
    }

    private mutating func add(_ change: StoreChange, _ text: String?, _ task: TaskIdentifier?) {
        let text = text ?? Self.describe(change.kind)
        let tasks = task.map { [$0] } ?? []
        if let index = lines.firstIndex(where: { $0.store == change.store && $0.text == text }) {
            lines[index].tasks += tasks
        } else {
            lines.append(Line(store: change.store, text: text, tasks: tasks))
        }
    }

    private static func describe(_ change: StoreChange.Kind) -> String {
        switch change {
        case .kept: "kept"
        case .new: "new, begins empty"
        case .dropped: "dropped, is not in this topology"
        case .changed(let reason): "changed, \(reason)"
        }
    }

    func print() {
        guard !lines.isEmpty || !failures.isEmpty else { return }
        Terminal.print("state in \(folder):")
        for line in lines.sorted(by: { ($0.store, $0.text) < ($1.store, $1.text) }) {
            let tasks = line.tasks.map { "\($0)" }.joined(separator: ", ")
            Terminal.print(
                "  \(line.store): \(line.text)" + (tasks.isEmpty ? "" : " (tasks \(tasks))"))
        }
        for failure in failures { Terminal.print("  \(failure)") }
    }
}
