extension OperatorRegistry {
    /// The operators that Millrace comes with.
    public static let standard = OperatorRegistry([
        ParseOperator.spec,
        MapOperator.spec,
        FilterOperator.spec,
        ValidateOperator.spec,
        DeduplicateOperator.spec,
        ProtectOperator.spec,
        LinkOperator.spec,
        EnrichOperator.spec,
        JoinOperator.spec,
        SessionizeOperator.spec,
        AggregateOperator.spec,
        LanguageOperator.spec,
        SentimentOperator.spec,
        ClassifyOperator.spec,
        ScoreOperator.spec,
        TriggerOperator.spec,
    ])
}
