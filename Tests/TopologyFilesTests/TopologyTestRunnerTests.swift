import StreamCore
import Testing
import TopologyFiles

@Suite("The tests of a topology file")
struct TopologyTestRunnerTests {
    private func results(_ tests: String, onError: String = "dead_letter") throws
        -> [TopologyTestResult]
    {
        let file = try Loading(environment: ["SECRET": "opensesame"]).load(
            """
            application: shop
            sources: { raw: { topic: clicks, timestamp: event.at } }
            operators:
              parsed: { parse: { format: json }, from: raw, on_error: \(onError) }
              counted: { window: { key: user, gap: 30m }, from: parsed }
            sinks:
              out: { from: counted }
              counts: { from: counted.closed }
              dead-letter: { from: parsed.failed }
            tests:
            \(tests)
            """)
        let runner = try TopologyTestRunner(file)
        return file.tests.map { runner.run($0) }
    }

    @Test("run each on its own, and say which failed, where and why")
    func runsEach() throws {
        let results = try results(
            """
              - name: events come through in order
                given:
                  - { topic: clicks, key: ann, value: { id: 1 } }
                  - { topic: clicks, key: bob, value: { id: 2 }, headers: { trace: x } }
                then:
                  out: [ { key: ann, value: { id: 1 } }, { key: bob, headers: { trace: x } } ]
                  dead-letter: []
              - name: what is no JSON is kept as it came
                given: [ { topic: clicks, value: '{"id":' } ]
                then:
                  out: []
                  dead-letter: [ { value: '{"id":', headers: { millrace.operator: parsed } } ]
              - name: this one fails
                given: [ { topic: clicks, key: ann, value: { id: 1 } } ]
                then:
                  out: [ { key: ann, value: { id: 2 } } ]
            """)
        #expect(results.map(\.hasPassed) == [true, true, false])
        #expect(results[2].name == "this one fails")
        #expect(results[2].location.description == "shop.yaml:23:5")
        #expect(
            results[2].failures.map(\.description) == [
                """
                shop.yaml:26:14: failed: record 1 of 'out' is not as expected
                  value.id: expected 2, got 1
                """
            ])
    }

    @Test("let time go on without records, and end the input")
    func movesTime() throws {
        let results = try results(
            """
              - name: nothing is counted before time goes on
                given: [ { topic: clicks, value: { id: 1 } } ]
                then: { counts: [] }
              - name: time goes on
                given:
                  - { topic: clicks, value: { id: 1 } }
                  - { topic: clicks, value: { id: 2 } }
                  - advance: 1h
                  - { topic: clicks, value: { id: 3 } }
                  - end: true
                then: { counts: [ { value: { count: 2 } }, { value: { count: 1 } } ] }
            """)
        #expect(results.flatMap(\.failures).map(\.description) == [])
    }

    @Test("say when a record comes: at a time, after the last one, or when its event happened")
    func givesTimes() throws {
        let results = try results(
            """
              - name: times
                given:
                  - { topic: clicks, value: {} }
                  - { topic: clicks, value: {}, at: +90s }
                  - { topic: clicks, value: {}, at: 2024-03-01T10:00:00+01:00 }
                  - { topic: clicks, value: { event: { at: 2024-03-01T09:30:00Z } } }
                  - { topic: clicks, value: { event: { at: 1709288000000 } } }
                  - { topic: clicks, value: 'no json' }
                then:
                  out:
                    - { at: 2024-01-01T00:00:00Z }
                    - { at: 2024-01-01T00:01:30Z }
                    - { at: 2024-03-01T09:00:00Z }
                    - { at: 2024-03-01T09:30:00Z }
                    - { at: 2024-03-01T10:13:20Z }
                  dead-letter: [ { at: 2024-03-01T10:13:20Z } ]
            """)
        #expect(results.flatMap(\.failures).map(\.description) == [])
    }

    @Test("that stop the topology fail at the record with which it stopped")
    func reportsStop() throws {
        let results = try results(
            """
              - name: it stops
                given:
                  - { topic: clicks, value: {} }
                  - { topic: clicks, value: 'no json' }
                then: { out: [] }
            """, onError: "fail")
        let failure = try #require(results[0].failures.first)
        #expect(results[0].failures.count == 1)
        #expect(failure.location.description == "shop.yaml:14:9")
        #expect(failure.message.hasPrefix("the topology stopped: "))
        #expect(failure.message.contains("it is no JSON"))
    }

    @Test("may read a sink that has the name of an operator")
    func tellsSinksFromOperators() throws {
        let file = try Loading().load(
            """
            application: shop
            sources: { raw: { topic: clicks } }
            operators: { parsed: { parse: { format: json }, from: raw } }
            sinks: { parsed: { from: parsed }, failed: { from: parsed.failed } }
            tests:
              - name: both
                given:
                  - { topic: clicks, value: {} }
                  - { topic: clicks, value: 'no json' }
                then: { parsed: [ { value: {} } ], failed: [ { value: 'no json' } ] }
            """)
        let result = try TopologyTestRunner(file).run(file.tests[0])
        #expect(result.failures.map(\.description) == [])
    }

    @Test("don't show what came out of the environment")
    func hidesSecrets() throws {
        let results = try results(
            """
              - name: secrets
                given: [ { topic: clicks, value: { password: "${SECRET}" } } ]
                then: { out: [ { value: { password: x } } ] }
            """)
        #expect(
            results[0].failures.map(\.description) == [
                """
                shop.yaml:13:20: failed: record 1 of 'out' is not as expected
                  value.password: expected "x", got "${SECRET}"
                """
            ])
    }
}
