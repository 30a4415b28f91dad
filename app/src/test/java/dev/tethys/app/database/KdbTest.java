package dev.tethys.app.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.KdbDouble;
import dev.tethys.testkit.KdbDouble.Fault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** kdb+ by a double that speaks through KX's own client: a process with keyed tables. */
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
