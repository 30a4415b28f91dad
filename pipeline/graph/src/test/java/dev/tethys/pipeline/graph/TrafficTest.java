package dev.tethys.pipeline.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Volumes of an edge compared with the output of a tap. */
class TrafficTest {
  private static Batch tree(int records) {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    for (int i = 0; i < records; i++) {
      LogRecord l = new LogRecord();
      l.setSeverityText("a text of some length");
      s.items().add(l);
    }
    r.scopes().add(s);
    d.resources().add(r);
    return Batch.of(Signal.LOGS, d, 0, Metadata.NONE);
  }

  private static long bytes(Traffic t) {
    return t.bytes();
  }

  @Test
  void countsAnUnencodedBatchLikeATap() throws InterruptedException {
    Traffic t = new Traffic();
    try (Tap tap = t.tap(1000)) {
      Batch b = tree(10);
      t.pass(b);
      Batch seen = Objects.requireNonNull(tap.next(1000));
      assertThat(bytes(t)).isPositive().isEqualTo(seen.body().length);
    }
  }

  @Test
  void countsTheSameOnEveryEdge() {
    Traffic first = new Traffic();
    Traffic second = new Traffic();
    Batch b = tree(10);
    Batch edited = b.with(Signal.LOGS, b.takeTree());
    first.pass(edited);
    int length = edited.body().length;
    second.pass(edited);
    assertThat(bytes(first)).isEqualTo(length);
    assertThat(bytes(second)).isEqualTo(length);
  }

  @Test
  void countsABatchByItsOwnItems() {
    Traffic t = new Traffic();
    long exact = 0;
    for (int i = 0; i < 500; i++) {
      Batch b = tree(100);
      exact += b.measure();
      t.pass(b);
    }
    assertThat(bytes(t)).isEqualTo(exact);
  }
}
