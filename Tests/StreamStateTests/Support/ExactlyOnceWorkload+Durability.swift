import StreamCore
import StreamState
import Testing

/// Which commits a file holds, as numbers; `nil` where it has none.
struct StandingNumbers: Equatable {
    var checkpoint: Int64?
    var prepared: Int64?
    var progress: Int64?
    var isRestored: Bool?

    init(
        _ checkpoint: TaskCheckpoint?, _ prepared: TaskCheckpoint?, _ progress: RestoreProgress?
    ) {
        self.checkpoint = checkpoint?.sequence
        self.prepared = prepared?.sequence
        self.progress = progress.map { ExactlyOnceWorkload.number($0) }
        isRestored = progress?.isComplete
    }

    init(_ model: StateModel) {
        self.init(model.checkpoint, model.prepared, model.restoreProgress)
    }

    init(_ state: any TaskState) {
        self.init(state.checkpoint, state.prepared, state.restoreProgress)
    }
}

/// What the files in a folder hold once they are opened; opening checks every page and row.
///
/// A prepared commit that the model knows as applied was decided for, so it is applied. One that the
/// model knows as prepared is decided both ways.
func expectDurable(_ model: StateModel, in folder: TemporaryFolder) throws {
    for isApplied in model.prepared == nil ? [true] : [true, false] {
        let copy = try folder.copy()
        let state = try SQLiteStateStorage(in: copy).open(.first, stores: Workload.stores)
        var expected = model
        if model.prepared == nil, state.prepared != nil {
            #expect(state.prepared?.sequence == model.checkpoint?.sequence)
            try state.applyPrepared()
        } else if model.prepared != nil {
            #expect(StandingNumbers(state) == StandingNumbers(model))
            if isApplied {
                try state.applyPrepared()
                expected.applyPrepared()
            } else {
                try state.discardPrepared()
                expected.discardPrepared()
            }
        }
        #expect(StandingNumbers(state) == StandingNumbers(expected))
        #expect(try content(of: state, stores: Workload.stores) == expected.committed)
        // What was decided stays so, and the file is whole.
        state.close()
        let again = try SQLiteStateStorage(in: copy).open(.first, stores: Workload.stores)
        #expect(StandingNumbers(again) == StandingNumbers(expected))
        #expect(try content(of: again, stores: Workload.stores) == expected.committed)
        again.close()
    }
}
