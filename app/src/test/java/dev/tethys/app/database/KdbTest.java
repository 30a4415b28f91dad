package dev.tethys.app.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Matcher;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.KdbDouble;
import dev.tethys.testkit.KdbDouble.Fault;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** kdb+ by a double that speaks through KX's own client: a process with keyed tables. */
@Tag("contrib")
@Tag("slow")
class KdbTest extends DatabaseContract {
  private KdbDouble kdb;

  @BeforeEach
  void start() throws Exception {
    kdb = KdbDouble.start("tethys:secret");
  }

  @AfterEach
  void end() throws Exception {
    kdb.close();
  }

  @Override
  String exporter() {
    return "kdb";
  }

  private String here(String documented) {
    return documented.replace("kdb:5010", "localhost:" + kdb.port());
  }

  @Override
  String settings() {
    return here(documented("  kdb/process:"));
  }

  @Override
  String store() {
    return "type: kdb\n" + here(documented("  - type: kdb").replace("kdb:5012", "kdb:5010"));
  }

  @Override
  boolean disturb(int round) throws Exception {
    switch (round) {
      case 0 -> kdb.next(Fault.CLOSE_BEFORE, Fault.CLOSE_AFTER, Fault.NO_MEMORY);
      case 1 -> kdb.next(Fault.CLOSE_AFTER, Fault.STOP, Fault.CLOSE_AFTER);
      case 2 -> kdb.reset();
      default -> {
        return false;
      }
    }
    return true;
  }

  @Test
  void findsSymbolValuesItself() throws Exception {
    Tried t = tried();
    t.send(t.exporter(Signal.METRICS), SampleData.hostile(SampleData.oracle()));
    var db = reading();
    int all = kdb.rows("series");
    List<Matcher> everything = List.of(matcher("=~", "job", "hostile|other|"));
    List<Matcher> nothing = List.of(matcher("!~", "job", "hostile|other|"));
    List<Matcher> others = List.of(matcher("!~", "__name__", "h_name|h_other"));
    int before = kdb.selectedRows("series");
    db.series(0, Long.MAX_VALUE, List.of(nothing), 0);
    int rest = kdb.selectedRows("series") - before;
    db.series(0, Long.MAX_VALUE, List.of(everything), 0);
    assertThat(kdb.selectedRows("series") - before - rest).isEqualTo(all - rest);
    assertThat(rest).isLessThan(all / 2);
    before = kdb.selectedRows("series");
    int found = db.series(0, Long.MAX_VALUE, List.of(others), 0).size();
    assertThat(kdb.selectedRows("series") - before).isEqualTo(found).isBetween(1, all - 1);
  }

  /** As a stock tick.q: columns, kept in plain tables, twice when they were sent twice. */
  @Test
  void aTickerplant() throws Exception {
    kdb.table("metrics", "time", "sym", "ts", "series", "value", "stale")
        .table("series", "time", "sym", "series", "labels", "job")
        .table("histograms", "time", "sym", "ts", "series", "cnt", "total", "histogram")
        .table("exemplars", "time", "sym", "ts", "series", "id", "value", "labels")
        .table("metadata", "time", "sym", "kind", "unit", "help");
    Tried t = new Tried("kdb", here(documented("  kdb:")));
    open.add(t);
    var batch = SampleData.hostile(SampleData.oracle());
    var exporter = t.exporter(Signal.METRICS);
    t.send(exporter, batch);
    assertThat(t.reasons).isEmpty();
    assertThat(t.delivered).isEqualTo(batch.items());
    int rows = kdb.rows("metrics");
    assertThat(rows + kdb.rows("histograms")).isEqualTo(batch.items());
    int series = kdb.rows("series");
    t.send(exporter, batch);
    assertThat(kdb.rows("metrics")).isEqualTo(2 * rows);
    assertThat(kdb.rows("series")).isEqualTo(series); // told once
    assertThat(kdb.rows("exemplars")).isEqualTo(2);
    // a table of another shape
    kdb.table("metrics", "time", "sym", "value");
    t.send(exporter, batch);
    assertThat(t.dead).isEqualTo(batch.items());
    assertThat(t.reasons.getLast()).endsWith("'length");
  }
}
