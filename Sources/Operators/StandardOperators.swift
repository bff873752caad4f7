extension OperatorRegistry {
    /// The operators that Millrace comes with.
    public static let standard = OperatorRegistry([
        ParseOperator.spec, MapOperator.spec, FilterOperator.spec, ValidateOperator.spec,
        SessionizeOperator.spec, AggregateOperator.spec, DeduplicateOperator.spec,
    ])
}
