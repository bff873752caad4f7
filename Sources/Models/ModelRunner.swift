/// Makes predictions with a model, on one thread; allocates nothing once it is made.
package final class ModelRunner {
    package let model: Model
    private var walk: TreeWalk?
    private var singleContributions: TreeContributions<Float>?
    private var contributions: TreeContributions<Double>?

    /// A runner; `explains` says whether contributions will be asked for.
    ///
    /// - Throws: when they can't be told for this model.
    package init(_ model: Model, explains: Bool = false) throws(ModelProblem) {
        self.model = model
        if explains, model.contributionCount == 0 {
            throw ModelProblem(
                "a model of kind '\(model.kind)' has no contributions",
                remedy: "ask for none")
        }
        guard case .trees(let ensemble) = model.form else { return }
        walk = TreeWalk(ensemble)
        guard explains else { return }
        switch ensemble.arithmetic {
        case .single: singleContributions = try TreeContributions(ensemble)
        case .double: contributions = try TreeContributions(ensemble)
        }
    }

    /// Predicts `count` rows of `stride` numbers each, of which NaN is missing; `results` gets
    /// ``Model/outputCount`` numbers for each.
    package func predict(
        _ rows: UnsafeBufferPointer<Double>, count: Int, stride: Int,
        into results: UnsafeMutableBufferPointer<Double>
    ) {
        precondition(
            stride >= model.featureCount && rows.count >= count * stride
                && results.count >= count * model.outputCount, "rows or results are cut short")
        guard count > 0, let results = results.baseAddress else { return }
        if case .trees = model.form {
            unsafe walk?.predict(
                rows, count: count, stride: stride,
                into: UnsafeMutableBufferPointer(start: results, count: count * model.outputCount))
            return
        }
        guard let rows = rows.baseAddress else { return }
        for row in 0..<count {
            let values = unsafe rows + row * stride
            let output = unsafe results + row * model.outputCount
            switch model.form {
            case .trees: break
            case .linear(let model): unsafe model.predict(values, into: output)
            case .lifetime(let model): unsafe model.predict(values, into: output)
            case .quintiles(let model): unsafe model.predict(values, into: output)
            }
        }
    }

    /// What each feature of one row adds; `results` gets ``Model/contributionCount`` numbers.
    package func explain(
        _ row: UnsafeBufferPointer<Double>, into results: UnsafeMutableBufferPointer<Double>
    ) {
        precondition(
            row.count >= model.featureCount && results.count >= model.contributionCount,
            "the row or the results are cut short")
        guard let row = row.baseAddress, let results = results.baseAddress else {
            return
        }
        if case .linear(let model) = model.form {
            unsafe model.explain(row, into: results)
        } else {
            unsafe singleContributions?.explain(row, into: results)
            unsafe contributions?.explain(row, into: results)
        }
    }
}
