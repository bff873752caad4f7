import Events
import StreamCore
import Testing

@Suite("Validation of topologies")
struct TopologyValidationTests {
    private func topology(_ change: (inout TestTopology) -> Void) -> TestTopology {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"], line: 2)
        topology.parse("parsed", from: "raw", line: 5)
        topology.pass("tagged", from: "parsed", line: 6)
        topology.sink("enriched", from: "tagged", line: 9)
        change(&topology)
        return topology
    }

    @Test("a sound topology has no diagnostics")
    func sound() {
        #expect(topology { _ in }.problems.isEmpty)
    }

    @Test("a dangling input names the nearest name")
    func danglingInput() {
        let problems = topology { $0.sink("other", from: "taged", line: 12) }.problems
        #expect(
            problems == [
                "shop.yaml:12:3: error: 'other' reads from 'taged', which is not defined; "
                    + "did you mean 'tagged'?"
            ])
    }

    @Test("a dangling input with no name near it lists the names that there are")
    func unknownInput() {
        let problems = topology { $0.sink("other", from: "zebra", line: 12) }.problems
        #expect(
            problems == [
                "shop.yaml:12:3: error: 'other' reads from 'zebra', which is not defined; "
                    + "known here: parsed, raw, tagged"
            ])
    }

    @Test("an output that the operator does not have is named, with the nearest one")
    func unknownOutput() {
        let problems = topology { $0.sink("other", from: "parsed.faild", line: 12) }.problems
        #expect(
            problems == [
                "shop.yaml:12:3: error: 'other' reads 'parsed.faild', but test has no output "
                    + "'faild'; did you mean 'failed'?"
            ])
    }

    @Test("a source has no side outputs")
    func sourceOutput() {
        let problems = topology { $0.sink("other", from: "raw.late", line: 12) }.problems
        #expect(
            problems == [
                "shop.yaml:12:3: error: 'other' reads 'raw.late', but a source has no output "
                    + "'late'; read 'raw'"
            ])
    }

    @Test("operators that read each other form a cycle, and each cycle is shown once")
    func cycles() {
        let problems = topology {
            $0.pass("a", from: "c", "parsed", line: 20)
            $0.pass("b", from: "a", line: 21)
            $0.pass("c", from: "b", line: 22)
            $0.pass("self", from: "self", line: 23)
            $0.sink("out", from: "c", "self", line: 24)
        }.problems
        #expect(
            problems == [
                "shop.yaml:20:3: error: operators form a cycle: a -> b -> c -> a; take one of "
                    + "them out of the circle",
                "shop.yaml:23:3: error: operators form a cycle: self -> self; take one of them "
                    + "out of the circle",
            ])
    }

    @Test("a chain of 5,000 operators is checked without running out of stack")
    func longChain() {
        let problems = topology { topology in
            var last = "nobody"
            for index in 0..<5000 {
                topology.pass("p\(index)", from: last, line: index == 0 ? 20 : 0)
                last = "p\(index)"
            }
            topology.sink("out", from: last)
            // The first operator of the file is the one furthest from the start.
            topology.operators.reverse()
        }.problems
        #expect(problems.count == 1)
        #expect(
            problems.first?.hasPrefix("shop.yaml:20:3: error: 'p0' reads from 'nobody'") == true)
    }

    @Test("two operators must not write one store")
    func storeWrittenTwice() {
        let problems = topology {
            $0.add("a", from: "tagged", line: 20, definition: Numbering.definition("shared"))
            $0.add("b", from: "tagged", line: 21, definition: Numbering.definition("shared"))
            $0.sink("out", from: "a", "b", line: 22)
        }.problems
        #expect(
            problems == [
                "shop.yaml:21:3: error: store 'shared.count' is written by both 'a' and 'b'; "
                    + "give one of them another name"
            ])
    }

    @Test("failures that nobody reads are refused, unless the operator drops them")
    func unreadFailures() {
        let problems = topology {
            $0.operators[0].errorPolicy = .deadLetter
        }.problems
        #expect(
            problems == [
                "shop.yaml:5:3: error: records that 'parsed' can't take would be lost: nothing "
                    + "reads 'parsed.failed'; add it to a dead-letter sink, or say 'on_error: drop'"
            ])
        let read = topology {
            $0.operators[0].errorPolicy = .deadLetter
            $0.sink("dead-letter", from: "parsed.failed")
        }
        #expect(read.problems.isEmpty)
        #expect(topology { $0.operators[0].errorPolicy = .fail }.problems.isEmpty)
    }

    @Test("an operator that nobody reads is refused; one whose side output is read is not")
    func unreadOperator() {
        let problems = topology { $0.pass("idle", from: "parsed", line: 20) }.problems
        #expect(
            problems == [
                "shop.yaml:20:3: error: nothing reads the operator 'idle'; read it in a sink, or "
                    + "take it out"
            ])
        let sideOnly = topology {
            $0.pause("counted", from: "tagged", by: 10)
            $0.sink("counts", from: "counted.closed")
        }
        #expect(sideOnly.problems.isEmpty)
    }

    @Test("names are unique among sources and operators")
    func duplicateNames() {
        let problems = topology { $0.pass("raw", from: "parsed", line: 20) }.problems
        #expect(
            problems.contains(
                "shop.yaml:20:3: error: 'raw' is defined twice; the first one is at "
                    + "shop.yaml:2:3; give one of them another name"))
    }

    @Test("a topic is read by one source only, and named once")
    func topicReadTwice() {
        let problems = topology {
            $0.source("again", topics: ["clicks", "taps", "taps"], line: 20)
            $0.parse("parsed_again", from: "again", line: 21)
            $0.sink("out", from: "parsed_again", line: 22)
        }.problems
        #expect(
            problems == [
                "shop.yaml:20:3: error: source 'again' names the topic 'taps' twice; name it once",
                "shop.yaml:20:3: error: topic 'clicks' is read by both 'raw' and 'again'; read "
                    + "it once and let both paths start from that source",
            ])
    }

    @Test("a topic that is read must not be written too")
    func topicReadAndWritten() {
        let problems = topology { $0.sink("clicks", from: "tagged", line: 20) }.problems
        #expect(
            problems == [
                "shop.yaml:20:3: error: topic 'clicks' is written here and read by source 'raw'; "
                    + "records would go in a circle; write to another topic"
            ])
    }

    @Test("a topic has one sink")
    func topicWrittenTwice() {
        let problems = topology { $0.sink("enriched", from: "parsed", line: 20) }.problems
        #expect(
            problems == [
                "shop.yaml:20:3: error: topic 'enriched' has two sinks; write one sink with "
                    + "'from: [a, b]'"
            ])
    }

    @Test("the name of a repartition topic is taken")
    func internalTopicName() {
        let problems = topology { $0.sink("shop-tagged-repartition", from: "tagged", line: 20) }
            .problems
        #expect(
            problems == [
                "shop.yaml:20:3: error: topic 'shop-tagged-repartition' has the name that is kept "
                    + "for the records that go to 'tagged'; give the topic or the operator "
                    + "another name"
            ])
    }

    @Test("an input that is named twice would be processed twice")
    func inputNamedTwice() {
        let problems = topology {
            $0.pass("doubled", from: "parsed", "parsed", line: 20)
            $0.sink("out", from: "doubled", "doubled", line: 21)
        }.problems
        #expect(
            problems == [
                "shop.yaml:20:3: error: 'doubled' reads 'parsed' twice; name it once",
                "shop.yaml:21:3: error: sink 'out' reads 'doubled' twice; name it once",
            ])
    }

    @Test("a source without topics, without a reader, or with two readers is refused")
    func sourcesAndReaders() {
        let problems = topology {
            $0.source("empty", topics: [], line: 20)
            $0.parse("parsed_empty", from: "empty", line: 21)
            $0.source("unread", topics: ["orders"], line: 22)
            $0.parse("second", from: "raw", line: 23)
            $0.sink("out", from: "parsed_empty", "second", line: 24)
        }.problems
        #expect(
            problems == [
                "shop.yaml:20:3: error: source 'empty' has no topics; add 'topics: [NAME]'",
                "shop.yaml:22:3: error: nothing reads the source 'unread'; add a 'parse' operator "
                    + "with 'from: unread'",
                "shop.yaml:23:3: error: source 'raw' is parsed by 'parsed' and 'second'; parse it "
                    + "once and read that operator twice",
            ])
    }

    @Test("only an operator that parses reads a source, and it reads nothing else")
    func readersOfSources() {
        let problems = topology {
            $0.source("other", topics: ["taps"], line: 20)
            $0.pass("unparsed", from: "other", line: 21)
            $0.source("third", topics: ["orders"], line: 22)
            $0.add("mixed", from: "third", "tagged", line: 23, definition: LineParsing())
            $0.source("fourth", topics: ["calls"], line: 24)
            $0.sink("out", from: "unparsed", "mixed", "fourth", line: 25)
        }.problems
        #expect(
            problems == [
                "shop.yaml:21:3: error: 'unparsed' reads the source 'other' itself, whose records "
                    + "are not parsed; put a 'parse' operator between them",
                "shop.yaml:23:3: error: 'mixed' parses a source and reads something else too; "
                    + "give each source a 'parse' operator of its own",
                "shop.yaml:24:3: error: nothing reads the source 'fourth'; add a 'parse' operator "
                    + "with 'from: fourth'",
                "shop.yaml:25:3: error: sink 'out' reads the source 'fourth' itself; read the "
                    + "'parse' operator behind it",
            ])
    }

    @Test("operators and sinks must read something, and a topology must have both ends")
    func emptyParts() {
        let problems = topology {
            $0.pass("idle", line: 20)
            $0.sink("out", line: 21)
            $0.sink("used", from: "idle", line: 22)
        }.problems
        #expect(
            problems == [
                "shop.yaml:20:3: error: 'idle' reads nothing; add 'from: NAME'",
                "shop.yaml:21:3: error: sink 'out' reads nothing; add 'from: NAME'",
            ])
        #expect(
            TestTopology().problems == [
                "(no file): error: the topology has no sink; name the topics to write under 'sinks'",
                "(no file): error: the topology has no source; name the topics to read under "
                    + "'sources'",
            ])
    }

    @Test("everything that is wrong is found at once, in the order of the file")
    func allAtOnce() {
        let problems = topology {
            $0.sink("late", from: "nobody", line: 30)
            $0.pass("idle", from: "parsed", line: 20)
            $0.sink("clicks", from: "tagged", line: 25)
        }.problems
        #expect(
            problems.map { String($0.prefix(12)) } == [
                "shop.yaml:20", "shop.yaml:25", "shop.yaml:30",
            ])
    }
}
