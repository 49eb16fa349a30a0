import SystemIO
import TestSupport
import Testing

/// Loads side by side, locks, and readers.
@Suite struct ConcurrencyTests {
    @Test(arguments: DestinationCases.present)
    func `loads of one dataset come one after the other`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        expect(try pipeline.take([#"{"id":1}"#]), 0)
        let result = try pipeline.shell(
            """
            for i in 2 3 4 5; do
              echo "{\\"id\\":$i,\\"c$i\\":1}" | dlt-normalize --pipeline p$i --table t | dlt-load "$URL" --dataset "$DATASET" & pids="$pids $!"
            done
            for pid in $pids; do wait $pid || exit; done
            """)
        expect(result, 0)
        #expect(try pipeline.sum() == Pipeline.sum(1...5))
        #expect(try pipeline.query("SELECT count(c2) + count(c3) + count(c4) + count(c5) FROM t") == [["4"]])
        #expect(try pipeline.value("SELECT count(DISTINCT load_id) FROM _dlt_loads") == "5")
    }

    @Test(arguments: DestinationCases.present)
    func `a locked dataset is waited for and then is temporary`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        expect(try pipeline.take([#"{"id":1}"#]), 0)
        do {
            let lock = try pipeline.dataset.lock()
            expect(
                try pipeline.take([#"{"id":2}"#], loading: "| dlt-load \"$URL\" --lock-timeout 0.3"), 75,
                pipeline.destination.lockHolder, "--pending --pipeline \(pipeline.name)")
            _ = consume lock
        }
        expect(try pipeline.load(["--pending"]), 0, "1 row: t 1; ")
        #expect(try pipeline.sum() == Pipeline.sum(1...2))
    }

    @Test(arguments: DestinationCases.present)
    func `a request to stop leaves the package waiting`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        expect(try pipeline.take([#"{"id":1}"#]), 0)
        do {
            let lock = try pipeline.dataset.lock()
            let result = try pipeline.take(
                [#"{"id":2}"#],
                loading: "> made; dlt-load \"$URL\" < made & pid=$!; \(untilStoppable); kill -TERM $pid; wait $pid")
            expect(result, 143, "stopped by SIGTERM")
            _ = consume lock
        }
        #expect(try pipeline.places() == [1, 1, 0])
        expect(try pipeline.load(["--pending"]), 0)
        #expect(try pipeline.sum() == Pipeline.sum(1...2))
    }

    /// Rows are replaced, and a column comes with them.
    @Test(arguments: DestinationCases.present, ["append", "replace", "upsert --primary-key id"])
    func `a reader during a load sees all of it or nothing`(_ argument: CaseArgument, _ disposition: String) throws {
        let pipeline = try Pipeline(argument)
        func lines(_ ids: String, _ more: String) -> String {
            "seq \(ids) | sed 's/.*/{\"id\":&,\"v\":\"row & of the table\"\(more)}/' | dlt-normalize --table t"
                + " --write-disposition \(disposition)"
        }
        expect(try pipeline.shell("\(lines("1 500", "")) | dlt-load \"$URL\""), 0)
        let after = disposition.hasPrefix("upsert") ? "20000" : disposition == "append" ? "20300" : "19800"
        expect(
            try pipeline.shell(
                "\(lines("201 20000", ",\"added\":1")) > made; (dlt-load \"$URL\" < made > out 2>&1; echo $? > ending; mv ending done) & disown"
            ), 0)
        var seen: Set<String> = []
        while !Files.exists(pipeline.folder.path("done")) {
            if let count = try pipeline.dataset.look("SELECT count(*) FROM t")?.first?[0] { seen.insert(count) }
        }
        #expect(seen.isSubset(of: ["500", after]), "\(seen)")
        #expect(try pipeline.folder.text("done") == "0\n", "\((try? pipeline.folder.text("out")) ?? "")")
        #expect(try pipeline.value("SELECT count(*) FROM t") == after)
        #expect(try pipeline.value("SELECT count(added) FROM t") == "19800")
    }
}
