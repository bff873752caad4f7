internal import StreamCore
internal import StreamEngine

/// What becomes of the state of an application when a topology starts, for people.
struct StateDrawing {
    let plan: StatePlan
    let folder: String
    /// Whether state is logged, and whether the changelogs were looked at.
    let isLogged: Bool
    let sawChangelogs: Bool

    func print() {
        guard !plan.entries.isEmpty || !plan.failures.isEmpty else { return }
        Terminal.print("state in \(folder)\(sawChangelogs ? " and in the changelogs" : ""):")
        for entry in plan.entries {
            let tasks = entry.tasks.map { "\($0)" }.joined(separator: ", ")
            let place = tasks.isEmpty ? "" : " (tasks \(tasks))"
            Terminal.print("  \(entry.store): \(describe(entry))\(place)")
        }
        for failure in plan.failures { Terminal.print("  \(failure.error.description)") }
    }

    private func describe(_ entry: StatePlan.Entry) -> String {
        switch (entry.place, entry.kind) {
        case (.none, _): withoutState
        case (.changelogs, .kept): "no state file is here; its changelog has it"
        case (.changelogs, .new): "new, begins empty"
        case (.changelogs, .dropped):
            "dropped, is not in this topology; a task that comes here is refused for its changelog"
        case (.changelogs, .changed(let reason)):
            "changed, \(reason); a task that comes here is refused for its changelog"
        case (.files, .kept): "kept"
        case (.files, .new): "new, begins empty"
        case (.files, .dropped) where entry.isOrphaned:
            "dropped, no step keeps state in this task any more"
        case (.files, .dropped): "dropped, is not in this topology"
        case (.files, .changed(let reason)): "changed, \(reason)"
        }
    }

    private var withoutState: String {
        guard isLogged else { return "new, no state file is here" }
        return sawChangelogs
            ? "new, neither a state file nor its changelog is there"
            : "no state file is here; it is restored from its changelog, or new where there is none"
    }
}
