import CMallocCount
import Events
import StreamCore

/// Unoptimised code allocates for closures and generics; only optimised code is measured.
let isOptimised: Bool = {
    var isOptimised = true
    assert(
        {
            isOptimised = false
            return true
        }())
    return isOptimised
}()

/// How often `body` asks for memory on this thread.
func mallocs(_ body: () throws -> Void) rethrows -> UInt64 {
    let before = malloc_count_this_thread()
    try body()
    return malloc_count_this_thread() - before
}

extension OperatorRig {
    /// Sends 200 records with the same value at once; returns how many were written.
    func pipeMany(_ value: [UInt8]) throws -> Int {
        try driver.pipe(topic: "in") { batch, first in
            for offset in 0..<200 {
                batch.append(
                    key: nil, value: unsafe value.span.bytes, headers: nil,
                    offset: first + Int64(offset), timestamp: 1_700_000_000_000)
            }
        }
        defer { driver.output.removeAll() }
        return driver.output.count
    }
}
