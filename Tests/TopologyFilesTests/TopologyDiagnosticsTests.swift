import Operators
import StreamCore
import Testing
import TopologyFiles

@Suite("Diagnostics of a topology file")
struct TopologyDiagnosticsTests {
    @Test("name every mistake at once, in the order of the file")
    func namesEveryMistake() {
        let complaints = Loading().complaints(
            """
            application: my shop
            kafka:
              bootstrap.servers: [a:9092, b:9092]
              ssl.ca.location:
            procesing:
              threads: 0
            processing:
              guarantee: exactly_onc
              commit_interval: 200
              threads: two
              cache_size: 64 megabytes
              broker_timeout: 0s
            sources:
              raw:
                topic: clicks/web
                timestamp: at..once
                watermark: { idle_aftr: 1m, when_idle: wait }
              views:
                watermark: 10s
              both: { topic: a, topics: [b] }
            operators:
              parsed: { parse: { format: jsn }, from: raw }
              viewed: { parse: , from: views }
              other: { parce: { format: json, maximum_size: big }, from: both }
              windowed:
                from: [parsed, viewed, other]
                on_error: ignore
                window:
                  gap: 30
                  grace: -5s
                  gapp_by_channel: { pos: 5 }
                  most: 5000
                  least: -1
                  share: 1.5
                  eager: yes
                  tags: []
                  rules: [ { when: true }, 7 ]
              valid: { validate: { schema: no/such/schema.json }, from: windowed }
              late: { frm: windowed, window: { key: a, gap: 1s, grace: 2s } }
              odd: { from: valid, transmogrify: { by: magic } }
              twice: { validate: { schema: . }, window: { key: a, gap: 1s }, from: odd }
              none: { from: twice }
              a list: [ a, b ]
            sinks:
              out put: { from: [none, none, a list, late], kee: a }
              other:
                key: 'a['
              errors: { from: [parsed.failed, viewed.failed, other.failed, valid.rejected] }
              more-errors: { from: [twice.rejected] }
            """)
        #expect(
            complaints.joined(separator: "\n") == """
                shop.yaml:1:14: error: 'my shop' can't be the name of an application; it names \
                topics, a consumer group and a folder: use up to 100 letters, digits, '.', '_' and \
                '-'
                shop.yaml:3:22: error: 'kafka.bootstrap.servers' must be a string, not a list
                shop.yaml:4:19: error: 'kafka.ssl.ca.location' must be a string, not nothing
                shop.yaml:5:1: error: unknown key 'procesing' in 'the topology file'; did you mean \
                'processing'?
                shop.yaml:8:14: error: 'guarantee' must be at_least_once or exactly_once, not \
                'exactly_onc'; did you mean 'exactly_once'?
                shop.yaml:9:20: error: 'commit_interval' is not a duration: '200'; write a number \
                and a unit, such as 500ms, 30s, 10m, 24h or 7d
                shop.yaml:10:12: error: 'threads' must be an integer from 1 to 256, not 'two'
                shop.yaml:11:15: error: 'cache_size' is not a size: '64 megabytes'; write a number \
                and a unit, such as 64KiB, 8MiB or 1GB
                shop.yaml:12:19: error: 'broker_timeout' must be longer than nothing, not '0s'
                shop.yaml:15:12: error: 'clicks/web' can't be the name of a topic; Kafka takes up \
                to 249 letters, digits, '.', '_' and '-'
                shop.yaml:16:16: error: 'timestamp' is not a field path: column 4: expected a \
                name; put one with unusual characters in quotes
                shop.yaml:17:18: error: unknown key 'idle_aftr' in 'watermark'; did you mean \
                'idle_after'?
                shop.yaml:17:44: error: 'when_idle' must be hold or wall_clock, not 'wait'
                shop.yaml:19:5: error: 'sources.views' needs 'topics'; write 'topics: [NAME]' with \
                the topics to read
                shop.yaml:19:16: error: 'watermark' must be a map, not a string
                shop.yaml:20:18: error: 'sources.both' has both 'topic' and 'topics'; list all of \
                them under 'topics'
                shop.yaml:22:30: error: 'format' must be json, ndjson or csv, not 'jsn'; did you \
                mean 'json'?
                shop.yaml:23:20: error: 'parse' needs 'format'; add 'format: ...', json, ndjson or \
                csv: the format
                shop.yaml:24:12: error: unknown key 'parce' in 'operators.other'; did you mean \
                'parse'?
                shop.yaml:24:49: error: 'maximum_size' is not a size: 'big'; write a number and a \
                unit, such as 64KiB, 8MiB or 1GB
                shop.yaml:27:15: error: 'on_error' must be dead_letter, drop or fail, not 'ignore'
                shop.yaml:29:7: error: 'window' needs 'key'; add 'key: ...', a field path such as \
                page.url or items[0].sku: by what
                shop.yaml:29:12: error: 'gap' is not a duration: '30'; write a number and a unit, \
                such as 500ms, 30s, 10m, 24h or 7d
                shop.yaml:30:14: error: 'grace' is not a duration: '-5s'; write a number and a \
                unit, such as 500ms, 30s, 10m, 24h or 7d
                shop.yaml:31:7: error: unknown key 'gapp_by_channel' in 'window'; did you mean \
                'gap_by_channel'?
                shop.yaml:31:31: error: 'gapp_by_channel.pos' is not a duration: '5'; write a \
                number and a unit, such as 500ms, 30s, 10m, 24h or 7d
                shop.yaml:32:13: error: 'most' must be an integer from 1 to 1000, not 5000
                shop.yaml:33:14: error: 'least' must be an integer of at least 0, not -1
                shop.yaml:34:14: error: 'share' must be a number from 0 to 1, not 1.5
                shop.yaml:35:14: error: 'eager' must be true or false, not 'yes'
                shop.yaml:36:13: error: 'tags' is empty; name at least one
                shop.yaml:37:16: error: 'rules[0]' needs 'name'; add 'name: ...', a string: the \
                name
                shop.yaml:37:32: error: 'rules[1]' must be a map, not an integer
                shop.yaml:38:32: error: 'schema' names a file that does not exist: \
                'no/such/schema.json'; it is looked for at no/such/schema.json
                shop.yaml:39:11: error: unknown key 'frm' in 'operators.late'; did you mean \
                'from'?
                shop.yaml:39:60: error: 'grace' is longer than 'gap'; make it 1s at most
                shop.yaml:40:23: error: unknown key 'transmogrify' in 'operators.odd'; known here: \
                from, on_error, parse, validate, window, with
                shop.yaml:41:37: error: 'operators.twice' has more than one operator: 'validate' \
                and 'window'; make an entry of each
                shop.yaml:42:9: error: 'operators.none' has no operator; add one of: parse, \
                validate, window
                shop.yaml:43:3: error: 'a list' can't be the name of an operator; use up to 100 \
                letters, digits, '_' and '-'
                shop.yaml:43:11: error: 'operators.a list' must be a map, not a list
                shop.yaml:45:3: error: 'out put' can't be the name of a topic; Kafka takes up to \
                249 letters, digits, '.', '_' and '-'
                shop.yaml:45:27: error: 'from' names 'none' twice; each record would be taken \
                twice; name it once
                shop.yaml:45:48: error: unknown key 'kee' in 'sinks.out put'; did you mean 'key'?
                shop.yaml:47:5: error: 'sinks.other' needs 'from'; add 'from: ...', a string, or a \
                list of such: what it writes: an operator, or an output of one, as in \
                'parsed.failed'
                shop.yaml:47:10: error: 'key' is not a field path: column 3: expected an index \
                such as [0], or a name in quotes
                """)
    }

    @Test("tell of mistakes in the graph together with the others")
    func namesMistakesInGraph() {
        let complaints = Loading().complaints(
            """
            application: shop
            processing: { threads: 0 }
            sources: { raw: { topic: clicks } }
            operators:
              parsed: { parse: { format: jsn }, from: raw }
              windowed: { window: { key: a, gap: 1s }, from: [parsd, parsed.faild] }
              mystery: { transmogrify: { }, from: parsed }
            sinks: { out: { from: [windowed, mystery.wonders] } }
            """)
        #expect(
            complaints.map { $0.split(separator: " error:")[0] } == [
                "shop.yaml:2:24:",  // the number of threads
                "shop.yaml:5:3:",  // nothing reads parsed.failed
                "shop.yaml:5:30:",  // the format
                "shop.yaml:6:51:",  // no operator 'parsd'
                "shop.yaml:6:58:",  // no output 'faild'
                "shop.yaml:7:14:",  // no operator 'transmogrify', of which any output may be read
            ])
    }

    @Test("tell of each part that is missing or empty, and then leave the graph alone")
    func namesMissingParts() {
        #expect(
            Loading().complaints("sources: {}\noperators: {}").joined(separator: "\n") == """
                shop.yaml:1:1: error: 'the topology file' needs 'application'; \
                add 'application: ...', a string: the name of the consumer group, the prefix of \
                internal topics and the name of the state folder
                shop.yaml:1:1: error: 'the topology file' needs 'sinks'; add 'sinks: ...', \
                a map by topic, each a map: topics to write, by name
                shop.yaml:1:10: error: 'sources' is empty; name at least one
                shop.yaml:2:12: error: 'operators' is empty; name at least one
                """)
    }

    @Test("tell of one slip once, and check what was meant")
    func reportsSlipOnce() {
        let complaints = Loading().complaints(
            """
            aplication: shop
            sorces: { raw: { topik: clicks } }
            operatrs:
              parsed: { parze: { fromat: json, maximum_size: 5 }, from: raw, on_eror: drop }
            snks: { out: { frm: parsed } }
            """)
        #expect(
            complaints.joined(separator: "\n") == """
                shop.yaml:1:1: error: unknown key 'aplication' in 'the topology file'; \
                did you mean 'application'?
                shop.yaml:2:1: error: unknown key 'sorces' in 'the topology file'; \
                did you mean 'sources'?
                shop.yaml:2:18: error: unknown key 'topik' in 'sorces.raw'; did you mean 'topic'?
                shop.yaml:3:1: error: unknown key 'operatrs' in 'the topology file'; \
                did you mean 'operators'?
                shop.yaml:4:13: error: unknown key 'parze' in 'operators.parsed'; \
                did you mean 'parse'?
                shop.yaml:4:22: error: unknown key 'fromat' in 'parse'; did you mean 'format'?
                shop.yaml:4:50: error: 'maximum_size' is not a size: '5'; \
                write a number and a unit, such as 64KiB, 8MiB or 1GB
                shop.yaml:4:66: error: unknown key 'on_eror' in 'operators.parsed'; \
                did you mean 'on_error'?
                shop.yaml:5:1: error: unknown key 'snks' in 'the topology file'; \
                did you mean 'sinks'?
                shop.yaml:5:16: error: unknown key 'frm' in 'snks.out'; did you mean 'from'?
                """)
    }

    @Test("come from operators with the place of the setting that they are about")
    func comeFromOperators() {
        let complaints = Loading().complaints(
            """
            application: shop
            sources: { raw: { topic: clicks } }
            operators:
              parsed: { parse: { format: json }, from: raw, on_error: drop }
              windowed:
                from: parsed
                window:
                  key: a
                  gap: 30m
                  grace: 1h
            sinks: { out: { from: windowed } }
            """)
        #expect(
            complaints == [
                "shop.yaml:10:14: error: 'grace' is longer than 'gap'; make it 30m at most"
            ])
    }

    @Test("of an operator that says nothing but can't be made say that")
    func operatorWithoutReason() {
        let silent = OperatorSpec(
            name: "silent", summary: "", fields: [], example: "", make: { _ in nil })
        let loading = Loading(operators: .init([FakeOperators.parse, silent]))
        let complaints = loading.complaints(
            """
            application: shop
            sources: { raw: { topic: clicks } }
            operators:
              parsed: { parse: { format: json }, from: raw, on_error: drop }
              quiet: { silent: {}, from: parsed }
            sinks: { out: { from: quiet } }
            """)
        #expect(
            complaints == [
                "shop.yaml:5:20: error: 'silent' can't be made from these settings"
            ])
    }

    @Test("tell of every mistake in the tests of the file")
    func namesMistakesInTests() {
        let complaints = Loading().complaints(
            """
            application: shop
            sources: { raw: { topic: clicks } }
            operators: { parsed: { parse: { format: json }, from: raw, on_error: drop } }
            sinks: { out: { from: parsed } }
            tests:
              - name: everything is wrong
                given:
                  - { topic: click, value: {} }
                  - { topic: clicks, key: [a] }
                  - { topic: clicks, value: {}, at: yesterday }
                  - { topic: clicks, value: {}, at: +soon }
                  - { topic: clicks, value: {}, headers: { a: [b] }, vlaue: 1 }
                  - { advance: 5, key: a }
                  - { advance: 1h, end: true }
                  - { end: false }
                  - {}
                  - 7
                then:
                  outt: []
                  out:
                    - { key: { a: 1 }, at: +5m }
                    - { valeu: {} }
                    - text
              - given: []
                then: { out: { contain: [] } }
              - name: more
                given: {}
                then: { out: 5, parsed: { contains: {} } }
            """)
        #expect(
            complaints.joined(separator: "\n") == """
                shop.yaml:8:18: error: no source has the topic 'click'; did you mean 'clicks'?
                shop.yaml:9:9: error: 'given[1]' needs 'value'; write a map, a text, or null for a \
                tombstone
                shop.yaml:9:31: error: 'key' must be a text or null, not a list
                shop.yaml:10:41: error: 'at' is not a time: 'yesterday'; write \
                2024-03-01T10:00:00Z, or +30s
                shop.yaml:11:41: error: 'at' is not a duration: '+soon'; write '+' and a duration, \
                such as +30s or +5m
                shop.yaml:12:51: error: 'headers.a' must be a string, not a list
                shop.yaml:12:58: error: unknown key 'vlaue' in 'given[4]'; did you mean 'value'?
                shop.yaml:13:20: error: 'advance' is not a duration: '5'; write a number and a \
                unit, such as 500ms, 30s, 10m, 24h or 7d
                shop.yaml:13:23: error: 'given[5]' has 'advance' and 'key', which a record has; \
                make two steps of it
                shop.yaml:14:9: error: 'given[6]' has 'advance' and 'end'; write one of 'topic', \
                'advance' and 'end'
                shop.yaml:15:16: error: 'end' can only be true; leave it out
                shop.yaml:16:9: error: 'given[8]' is neither a record nor a step of time; write \
                one of 'topic', 'advance' and 'end'
                shop.yaml:17:9: error: 'given[9]' must be a map, not an integer
                shop.yaml:19:7: error: no sink has the topic 'outt'; did you mean 'out'?
                shop.yaml:21:18: error: 'key' must be a text or null, not a map
                shop.yaml:21:32: error: 'at' is not a time: '+5m'; write 2024-03-01T10:00:00Z
                shop.yaml:22:13: error: unknown key 'valeu' in 'out[1]'; did you mean 'value'?
                shop.yaml:23:11: error: 'out[2]' must be a map, not a string
                shop.yaml:24:5: error: 'tests[1]' needs 'name'; add 'name: ...', a string: what \
                the test shows, as a sentence
                shop.yaml:25:20: error: unknown key 'contain' in 'out'; did you mean 'contains'?
                shop.yaml:27:12: error: 'given' must be a list, not a map; write '[...]', or one \
                '- ' a line
                shop.yaml:28:18: error: 'out' must be a list, not an integer; write '[...]', or \
                one '- ' a line
                shop.yaml:28:21: error: no sink has the topic 'parsed'; known here: out
                shop.yaml:28:41: error: 'contains' must be a list, not a map; write '[...]', or \
                one '- ' a line
                """)
    }
}
