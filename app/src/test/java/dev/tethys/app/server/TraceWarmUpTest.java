package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.api.traces.TracesSettings;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.query.traceql.TraceLimits;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.store.traces.TraceDatabase;
import dev.tethys.store.traces.TraceOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class TraceWarmUpTest {
  private static final Duration TIME = Duration.ofSeconds(10);

  static final WarmUpTurns.Others NOBODY =
      new WarmUpTurns.Others() {
        @Override
        public long queryCount() {
          return 0;
        }

        @Override
        public int waiting() {
          return 0;
        }
      };

  @TempDir Path folder;
  private TraceDatabase database;
  private ExecutorService pool;
  private TraceWarmUp warmUp;

  @BeforeEach
  void open() throws Exception {
    database = TraceDatabase.open(new RealFiles(), folder, TraceOptions.DEFAULTS);
    pool = Executors.newFixedThreadPool(2);
    warmUp =
        new TraceWarmUp(
            new TraceQueries(database, pool, 2, TraceLimits.DEFAULT), TracesSettings.of("test"));
  }

  @AfterEach
  void close() {
    database.close();
    pool.shutdown();
  }

  private void fill(int spans) {
    SpanBatch batch = new SpanBatch();
    int[] scopes = new int[2];
    for (int s = 0; s < scopes.length; s++) {
      batch.resources.add(
          batch.texts.add("service.name"), SpanColumn.STRING, batch.texts.add("service-" + s));
      int resource = batch.endResource(0);
      scopes[s] = batch.endScope(resource, batch.texts.add(""), batch.texts.add(""), 0);
    }
    for (int i = 0; i < spans; i++) {
      batch.ensureSpan();
      int at = batch.spans;
      batch.traceHigh[at] = i / 4 + 1;
      batch.traceLow[at] = 1;
      batch.spanId[at] = i + 1;
      batch.parentId[at] = i % 4 == 0 ? 0 : i;
      batch.start[at] = 1_700_000_000_000_000_000L + i * 1_000_000L;
      batch.end[at] = batch.start[at] + i % 300 * 1_000_000L;
      batch.name[at] = batch.texts.add("GET /" + i % 5);
      batch.kind[at] = 1 + i % 3;
      batch.status[at] = i % 50 == 0 ? 2 : 0;
      batch.message[at] = 0;
      batch.traceState[at] = 0;
      batch.rest[at] = 0;
      batch.scope[at] = scopes[i % 2];
      batch.attributes.add(
          batch.texts.add("route"), SpanColumn.STRING, batch.texts.add("[x]*" + i % 7));
      batch.attributes.add(batch.texts.add("size"), SpanColumn.INT, i);
      batch.endSpan();
    }
    database.append(Scope.DEFAULT, batch);
  }

  @Test
  void everyQuerySucceeds() throws Exception {
    fill(20_000);
    // 14 searches, 7 series, 10 traces, 5 lists.
    assertThat(warmUp.run(new WarmUpTurns(TIME, () -> 0, NOBODY)))
        .isEqualTo(SignalWarmUp.MAX_ROUNDS * 36);
  }

  @Test
  void endsAtItsTimeLimit() throws Exception {
    fill(20_000);
    AtomicLong now = new AtomicLong();
    WarmUpTurns turns = new WarmUpTurns(TIME, () -> now.getAndAdd(TIME.toNanos() / 4), NOBODY);
    assertThat(warmUp.run(turns)).isBetween(1, 4);
    WarmUpTurns ended = new WarmUpTurns(TIME, () -> 0, NOBODY);
    ended.end();
    assertThat(warmUp.run(ended)).isZero();
  }

  @Test
  void ignoresSmallAndClosedStores() throws Exception {
    fill(100);
    WarmUpTurns turns = new WarmUpTurns(TIME, () -> 0, NOBODY);
    assertThat(warmUp.run(turns)).isZero();
    database.close();
    assertThat(warmUp.run(turns)).isZero();
  }
}
