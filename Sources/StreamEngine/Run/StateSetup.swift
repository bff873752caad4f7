internal import Logging
internal import StreamCore

/// Looks at the state that is there before an application runs: does the topology fit it, and if not,
/// is it confirmed that it need not.
///
/// A topology edit that drops a store, or lets its bytes mean something else, is refused with the list
/// of all stores. When it is confirmed, files of tasks that are gone are deleted, tables of stores that
/// were dropped too, and stores that changed are emptied. Each file is changed in one transaction that
/// touches neither its checkpoint nor a prepared commit, so a process may die between any two: the
/// next confirmed start does the rest, and one that is not confirmed is refused for the rest.
struct StateSetup {
    let application: Application

    func run(_ log: Logger) throws(EngineError) {
        let plan = try plan()
        guard let refusal = plan.refusal else { return }
        guard application.settings.confirmsStateChanges else { throw refusal }
        for entry in plan.differences { note(entry, log) }
        do {
            for task in plan.orphans { try application.storage.remove(task) }
            for task in plan.changedTasks {
                try application.storage.adopt(stores(of: task), for: task)
            }
        } catch {
            throw .state(error)
        }
    }

    /// What becomes of the state files that are here.
    func plan() throws(EngineError) -> StatePlan {
        var plan = StatePlan()
        let tasks: [TaskIdentifier]
        do {
            tasks = try application.storage.tasks()
        } catch {
            throw .state(error)
        }
        for task in tasks {
            let stores = stores(of: task)
            do {
                for change in try application.storage.changes(of: task, stores: stores) {
                    plan.add(change, of: task, in: .files, isOrphaned: stores.isEmpty)
                }
            } catch {
                // When the task is opened, it says so.
                plan.add(StatePlan.Failure(task: task, error: error, isOrphaned: stores.isEmpty))
            }
        }
        plan.sort()
        return plan
    }

    /// None of a task that the topology does not have, or that keeps no state.
    private func stores(of task: TaskIdentifier) -> [StoreSpec] {
        application.plan.subtopologies.first { $0.index == task.subtopology }?.stores ?? []
    }

    private func note(_ entry: StatePlan.Entry, _ log: Logger) {
        var metadata: Logger.Metadata = [
            "store": "\(entry.store)",
            "tasks": "\(entry.tasks.map { "\($0)" }.joined(separator: " "))",
        ]
        guard case .changed(let reason) = entry.kind else {
            if let topic = application.changelog?.name(ofChangelog: entry.store) {
                // What else reads it is not known here.
                metadata["changelog"] = "\(topic) is left as it is"
            }
            return log.notice("confirmed: a dropped store is deleted", metadata: metadata)
        }
        metadata["reason"] = "\(reason)"
        log.notice("confirmed: a changed store begins empty", metadata: metadata)
    }
}
