public import Events

/// Estimates quantiles of numbers in little memory.
///
/// Numbers are gathered into clusters that are small at both ends and larger in the middle: one
/// that covers the shares from `q` on ends at most one step of the scale function
/// k1(q) = `compression` / 2π · asin(2q - 1) later, a width of about
/// 2π / `compression` · sqrt(q (1 - q)). There are at most `compression` of them, plus the numbers
/// that wait to be gathered. As long as there are few numbers all of them are kept, and quantiles
/// are exact.
///
/// ```swift
/// var latency = TDigest(compression: 200)
/// latency.insert(12.5)
/// let p99 = latency.quantile(0.99)
/// ```
///
/// The result is a function of the numbers and their order, the same on every machine: it needs
/// no functions but the square root, which IEEE 754 defines to the last bit.
///
/// - Source: Dunning and Ertl, "Computing extremely accurate quantiles using t-digests" (2019),
///   the merging form.
public struct TDigest: Sendable {
    public static let compressions = 20...2_000
    public static let standardCompression = 200
    /// So many numbers wait before they are gathered.
    static let mostWaiting = 64

    struct Cluster: Equatable, Sendable {
        var mean: Double
        var weight: UInt64

        static func isBefore(_ left: Cluster, _ right: Cluster) -> Bool {
            left.mean == right.mean ? left.weight < right.weight : left.mean < right.mean
        }
    }

    public let compression: Int
    /// One step of the scale function, as an angle: its sine and cosine.
    private let stepSine: Double
    private let stepCosine: Double

    /// Those gathered, in order, then those that wait.
    private var clusters: [Cluster] = []
    private var gatheredCount = 0
    public private(set) var count: UInt64 = 0
    public private(set) var minimum = Double.infinity
    public private(set) var maximum = -Double.infinity
    private var scratch: [Cluster] = []

    /// - Precondition: `compression` is one of ``compressions``.
    public init(compression: Int = standardCompression) {
        precondition(Self.compressions.contains(compression), "a compression of \(compression)")
        self.compression = compression
        (stepSine, stepCosine) = Self.sineAndCosine(2 * Double.pi / Double(compression))
    }

    /// The series of an angle below a third: the same bits everywhere, which the C library does not
    /// promise.
    private static func sineAndCosine(_ angle: Double) -> (Double, Double) {
        var (sine, cosine, term) = (0.0, 0.0, 1.0)
        for power in 0..<24 {
            switch power % 4 {
            case 0: cosine += term
            case 1: sine += term
            case 2: cosine -= term
            default: sine -= term
            }
            term *= angle / Double(power + 1)
        }
        return (sine, cosine)
    }

    public mutating func removeAll() {
        clusters.removeAll(keepingCapacity: true)
        gatheredCount = 0
        count = 0
        minimum = .infinity
        maximum = -.infinity
    }

    /// Adds a number; NaN and the infinities are no numbers and left out.
    public mutating func insert(_ number: Double) {
        guard number.isFinite else { return }
        // Negative zero is zero.
        let number = number + 0
        minimum = min(minimum, number)
        maximum = max(maximum, number)
        count &+= 1
        clusters.append(Cluster(mean: number, weight: 1))
        if clusters.count - gatheredCount > Self.mostWaiting { gather() }
    }

    /// Adds all numbers of another digest.
    public mutating func formUnion(_ other: TDigest) {
        guard other.count > 0 else { return }
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        count &+= other.count
        clusters.append(contentsOf: other.clusters)
        if clusters.count > Self.mostWaiting { gather() }
    }

    // MARK: Gathering

    private mutating func gather() {
        clusters.sort(by: Cluster.isBefore)
        scratch.removeAll(keepingCapacity: true)
        let total = Double(count)
        var current = clusters[0]
        var before: UInt64 = 0
        var limit = total * end(ofClusterFrom: 0)
        for next in clusters.dropFirst() {
            let weight = current.weight &+ next.weight
            if Double(before &+ weight) <= limit {
                current.mean = Self.mean(current, next)
                current.weight = weight
            } else {
                scratch.append(current)
                before &+= current.weight
                limit = total * end(ofClusterFrom: Double(before) / total)
                current = next
            }
        }
        scratch.append(current)
        swap(&clusters, &scratch)
        gatheredCount = clusters.count
    }

    /// Where a cluster that begins at the share `start` must end: one step of the scale function
    /// on. With a = asin(2q - 1), sin(a + h) = sin a cos h + cos a sin h.
    private func end(ofClusterFrom start: Double) -> Double {
        let sine = 2 * start - 1
        guard sine < stepCosine else { return 1 }
        let cosine = max(0, 1 - sine * sine).squareRoot()
        return (sine * stepCosine + cosine * stepSine + 1) / 2
    }

    /// The mean of both, which lies between them and can't overflow.
    private static func mean(_ left: Cluster, _ right: Cluster) -> Double {
        let total = Double(left.weight &+ right.weight)
        let mean =
            left.mean * (Double(left.weight) / total) + right.mean * (Double(right.weight) / total)
        return min(max(mean, left.mean), right.mean)
    }

    // MARK: Quantiles

    /// The number below which the share `share` of the numbers lies; `nil` when there are none.
    ///
    /// The n numbers of a cluster stand in its middle, and between clusters a straight line is
    /// drawn, so with all numbers kept it is Hazen's definition (type 5 of Hyndman and Fan).
    public func quantile(_ share: Double) -> Double? {
        guard count > 0 else { return nil }
        let sorted =
            gatheredCount == clusters.count ? clusters : clusters.sorted(by: Cluster.isBefore)
        let rank = min(max(share, 0), 1) * Double(count)
        var (lastMean, lastRank) = (minimum, 0.0)
        var before: UInt64 = 0
        for cluster in sorted {
            // A single number stands half a place behind its beginning.
            let middle = Double(before) + Double(cluster.weight) / 2
            if rank < middle {
                return between(lastMean, lastRank, cluster.mean, middle, at: rank)
            }
            (lastMean, lastRank) = (cluster.mean, middle)
            before &+= cluster.weight
        }
        return between(lastMean, lastRank, maximum, Double(count), at: rank)
    }

    private func between(
        _ low: Double, _ lowRank: Double, _ high: Double, _ highRank: Double, at rank: Double
    ) -> Double {
        guard highRank > lowRank else { return high }
        let share = min(max((rank - lowRank) / (highRank - lowRank), 0), 1)
        let value = low * (1 - share) + high * share
        return min(max(value, low), high)
    }

    /// By how much the rank of ``quantile(_:)`` may be off, as a share of all numbers: the width of
    /// a cluster there. Numbers can be made for which a t-digest is worse; random, sorted and
    /// skewed ones stay within.
    public func rankErrorBound(at share: Double) -> Double {
        let width = 2 * Double.pi / Double(compression)
        let rest = max(0, share * (1 - share)).squareRoot()
        return width * rest + width * width / 4 + 1 / Double(max(count, 1))
    }

    var clusterCount: Int { clusters.count }

    // MARK: Bytes

    private static let form: UInt8 = 1

    public func encode(to buffer: inout ByteBuffer) {
        buffer.append(Self.form)
        buffer.append(variable: UInt64(gatheredCount))
        buffer.append(variable: UInt64(clusters.count - gatheredCount))
        guard !clusters.isEmpty else { return }
        buffer.append(littleEndian: minimum.bitPattern)
        buffer.append(littleEndian: maximum.bitPattern)
        for cluster in clusters {
            buffer.append(littleEndian: cluster.mean.bitPattern)
            buffer.append(variable: cluster.weight)
        }
    }

    /// Becomes what ``encode(to:)`` wrote of a digest of the same compression.
    public mutating func decode(_ reader: inout SketchReader) throws(SketchError) {
        removeAll()
        guard try reader.byte() == Self.form else {
            throw SketchError("there is no such form of a digest of quantiles")
        }
        // Each gathering leaves at most `compression` clusters, and two halves that fit together.
        let most = 2 * compression + Self.mostWaiting
        gatheredCount = try reader.count(ofSize: 9, atMost: most)
        let waiting = try reader.count(ofSize: 9, atMost: most)
        guard gatheredCount + waiting > 0 else { return }
        (minimum, maximum) = (try reader.double(), try reader.double())
        guard minimum <= maximum, minimum.isFinite, maximum.isFinite else {
            throw SketchError("the smallest number is not below the largest")
        }
        for index in 0..<gatheredCount + waiting {
            let cluster = Cluster(mean: try reader.double(), weight: try reader.variable())
            let (sum, overflow) = count.addingReportingOverflow(cluster.weight)
            guard cluster.mean >= minimum, cluster.mean <= maximum, cluster.weight > 0, !overflow
            else { throw SketchError("a cluster is not among its numbers") }
            if index > 0, index < gatheredCount, clusters[index - 1].mean > cluster.mean {
                throw SketchError("clusters are not in order")
            }
            clusters.append(cluster)
            count = sum
        }
    }
}

extension TDigest: Equatable {
    /// Digests are equal when they hold the same.
    public static func == (left: TDigest, right: TDigest) -> Bool {
        left.compression == right.compression && left.gatheredCount == right.gatheredCount
            && left.clusters == right.clusters && left.minimum == right.minimum
            && left.maximum == right.maximum
    }
}
