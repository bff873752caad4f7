/// What a commit of a task's state survives.
public enum Durability: String, Sendable, CaseIterable {
    /// A commit survives the death of the process, however it dies. A power cut or a crash of the
    /// system may undo the last commits, each as a whole, back to when the tables were last written:
    /// the state is then that of an earlier commit, and its source offsets say from where to read
    /// again. SQLite's `synchronous=NORMAL`.
    case normal
    /// A commit also survives a power cut, as far as the disk keeps what it acknowledged. Each
    /// commit waits for the disk. SQLite's `synchronous=FULL`.
    case full
}
