internal import Events

extension ExactDecimal {
    /// What an amount's digits must stay below, by how many of them stand behind the point: 10^15
    /// as a whole number. Sums of as many such amounts as a counter of 32 bits can count stay
    /// exact.
    private static let amountBounds: [UInt128] = (0...12).map { scale in
        (0..<scale).reduce(1_000_000_000_000_000) { bound, _ in bound * 10 }
    }

    /// The amount that JSON text writes; `nil` for what is no number, and for numbers that no
    /// amount of money has.
    init?(amount text: UnsafeRawBufferPointer) {
        guard let amount = unsafe ExactDecimal(text), amount.scale < Self.amountBounds.count,
            amount.mantissa.magnitude < Self.amountBounds[amount.scale]
        else { return nil }
        self = amount
    }
}
