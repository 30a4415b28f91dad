package dev.tethys.store.traces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanAppendResult;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.events.RetentionLimits;
import dev.tethys.testkit.SimulatedFiles;
import dev.tethys.testkit.TraceStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Crashes, faults of the disk, limits, retention. */
@Tag("slow")
class TraceDatabaseTest {
  private static final long T0 = 1_795_608_000_000_000_000L;
  private static final long HOUR = 3_600_000_000_000L;
  private static final Scope SCOPE = Scope.DEFAULT;
  private static final Path DIRECTORY = Path.of("/traces");

  private long now = T0;

  private EngineOptions engine() {
    return EngineOptions.defaults()
        .withBackground(false)
        .withReserveBytes(0)
        .withAppendWait(Duration.ZERO)
        .withClock(() -> now);
  }

  private static TraceDatabase open(SimulatedFiles files, EngineOptions engine) throws IOException {
    return open(files, engine, TraceLimits.DEFAULTS);
  }

  private static TraceDatabase open(SimulatedFiles files, EngineOptions engine, TraceLimits limits)
      throws IOException {
    return TraceDatabase.open(files, DIRECTORY, new TraceOptions(engine, limits));
  }

  private static Span span(long trace, long id, long start) {
    Span s = TraceStoreContract.span(trace, id, 0, start, "op " + id % 7);
    s.attributes().add("order", "order-" + id);
    return s;
  }

  private static SpanBatch batch(List<Span> spans) {
    TracesData data = new TracesData();
    ResourceGroup<Span> group = new ResourceGroup<>();
    group.resource().attributes().add("service.name", "service " + spans.size());
    ScopeGroup<Span> scope = new ScopeGroup<>();
    scope.items().addAll(spans);
    group.scopes().add(scope);
    data.resources().add(group);
    return SpanBatch.of(data);
  }

  private static void put(TraceDatabase db, List<Span> spans) {
    assertThat(db.append(SCOPE, batch(spans)).refusals()).isEmpty();
  }

  private static List<Long> ids(TraceDatabase db) {
    List<Long> out = new ArrayList<>();
    try (SpanSelection selection = db.select(SCOPE, Long.MIN_VALUE, Long.MAX_VALUE)) {
      assertThat(selection.warnings()).isEmpty();
      for (SpanSegment s : selection.segments()) {
        s.scan(
            SpanFilter.ALL,
            new SpanNeeds(true, true, false, false, List.of()),
            rows -> {
              for (int r = 0; r < rows.count; r++) {
                out.add(rows.spanId[r]);
              }
            });
      }
    }
    return out;
  }

  // ---- crashes

  /** Appends, flushes and merges until the power fails; then all acknowledged spans exist once. */
  private void survivesACut(long seed) throws IOException {
    Random random = new Random(seed);
    SimulatedFiles files = new SimulatedFiles(seed);
    List<Long> acknowledged = new ArrayList<>();
    List<Long> sent = new ArrayList<>();
    long next = 1;
    for (int life = 0; life < 4; life++) {
      files.cutAfter(1 + random.nextInt(150));
      try {
        TraceDatabase db = open(files, engine());
        List<Long> found = ids(db);
        assertThat(found).as("seed %d life %d", seed, life).doesNotHaveDuplicates();
        assertThat(found).as("seed %d life %d", seed, life).containsAll(acknowledged);
        assertThat(sent).as("seed %d life %d", seed, life).containsAll(found);
        for (int i = 0; i < 40; i++) {
          List<Span> spans = new ArrayList<>();
          for (int k = random.nextInt(20); k >= 0; k--) {
            spans.add(span(1 + random.nextInt(30), next, T0 - random.nextInt(4) * 24 * HOUR));
            sent.add(next++);
          }
          put(db, spans);
          spans.forEach(s -> acknowledged.add(s.spanId()));
          if (random.nextInt(4) == 0) {
            db.flush();
          }
          if (random.nextInt(6) == 0) {
            db.housekeep();
          }
        }
        files = files.afterKill();
      } catch (SimulatedFiles.PowerCut cut) {
        files = files.afterPowerCut();
      }
    }
  }

  @Test
  void acknowledgedSpansSurvivePowerCutsExactlyOnce() throws IOException {
    for (long seed = 1; seed <= 100; seed++) {
      survivesACut(seed);
    }
  }

  // ---- limits

  @Test
  void rejectsOnlySpansWithLongAttributes() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (TraceDatabase db = open(files, engine(), new TraceLimits(20, 0))) {
      Span bad = span(1, 2, T0);
      bad.attributes().add("k", "x".repeat(21));
      SpanAppendResult r = db.append(SCOPE, batch(List.of(span(1, 1, T0), bad, span(1, 3, T0))));
      assertThat(r.stored()).isEqualTo(2);
      assertThat(r.refusals())
          .singleElement()
          .satisfies(
              f -> {
                assertThat(f.spans()).isOne();
                assertThat(f.limit()).isEqualTo("attribute_too_large");
                assertThat(f.message())
                    .contains("max_attribute_bytes is 20", "21 bytes", "0000000000000002");
              });
      assertThat(ids(db)).containsExactlyInAnyOrder(1L, 3L);
    }
  }

  @Test
  void rejectsSpansOfTooLargeTraces() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (TraceDatabase db = open(files, engine(), new TraceLimits(0, 250))) {
      List<Span> spans = new ArrayList<>();
      for (int i = 1; i <= 5; i++) {
        spans.add(span(1, i, T0));
      }
      spans.add(span(2, 9, T0));
      SpanAppendResult r = db.append(SCOPE, batch(spans));
      assertThat(r.refusals()).singleElement().extracting("limit").isEqualTo("trace_too_large");
      assertThat(ids(db)).contains(1L, 9L).doesNotContain(5L);
    }
  }

  @Test
  void rejectsSpansWithoutATraceId() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (TraceDatabase db = open(files, engine())) {
      Span s = span(1, 1, T0);
      s.setTraceId(0, 0);
      SpanAppendResult r = db.append(SCOPE, batch(List.of(s)));
      assertThat(r.stored()).isZero();
      assertThat(r.refusals()).singleElement().extracting("limit").isEqualTo("invalid_trace_id");
    }
  }

  // ---- retention, merges

  @Test
  void oldPartsExpire() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    RetentionLimits day = new RetentionLimits(24 * HOUR, 0, 0);
    try (TraceDatabase db = open(files, engine().withRetention(day))) {
      put(db, List.of(span(1, 1, T0 - 30 * HOUR), span(1, 2, T0 - HOUR)));
      db.flush();
      assertThat(db.parts()).isEqualTo(2);
      db.housekeep();
      assertThat(ids(db)).containsExactly(2L);
    }
  }

  @Test
  void writesOldHeadsToParts() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    Duration age = Duration.ofMinutes(5);
    try (TraceDatabase db = open(files, engine().withHeadAge(age))) {
      put(db, List.of(span(1, 1, T0), span(1, 2, T0 + 1)));
      now = T0 + age.toNanos() - 1;
      db.maintain();
      assertThat(db.parts()).isZero();
      now = T0 + age.toNanos();
      db.maintain();
      assertThat(db.parts()).isEqualTo(1);
      assertThat(ids(db)).containsExactlyInAnyOrder(1L, 2L);
    }
  }

  @Test
  void maintenanceEndsQuietlyWhenTheStoreCloses() throws IOException {
    TraceDatabase db = open(new SimulatedFiles(1), engine());
    put(db, List.of(span(1, 1, T0)));
    db.close();
    db.maintain();
    assertThatThrownBy(db::housekeep).hasMessage("store is closed"); // asked for by a caller
  }

  @Test
  void readsRowIdsWithLaterRowsOfAScan() throws IOException {
    try (TraceDatabase db = open(new SimulatedFiles(1), engine())) {
      List<Span> all = new ArrayList<>();
      for (long i = 1; i <= 10_000; i++) {
        all.add(span(1 + i / 3, i, T0 + i));
      }
      put(db, all);
      db.flush();
      SpanNeeds needs = new SpanNeeds(true, true, true, false, List.of());
      List<List<Long>> arrays = new ArrayList<>();
      List<List<Long>> single = new ArrayList<>();
      try (SpanSelection found = db.select(SCOPE, T0, T0 + HOUR)) {
        for (SpanSegment segment : found.segments()) {
          List<Integer> numbers = new ArrayList<>();
          segment.scan(
              new SpanFilter.Not(
                  new SpanFilter.Compare(
                      SpanField.intrinsic(SpanField.Scope.NAME),
                      SpanFilter.Operator.EQUAL,
                      new SpanValue.Text("op 3"))),
              needs,
              rows -> {
                for (int i = 0; i < rows.count; i++) {
                  arrays.add(List.of(rows.traceHigh[i], rows.traceLow[i], rows.spanId[i]));
                  numbers.add(rows.idsFrom + i);
                }
                if (rows.idsEnd) {
                  for (int n : numbers) {
                    single.add(List.of(rows.traceHigh(n), rows.traceLow(n), rows.spanId(n)));
                  }
                  numbers.clear();
                }
              });
        }
      }
      assertThat(single).hasSizeGreaterThan(4096).isEqualTo(arrays);
    }
  }

  @Test
  void smallPartsMerge() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (TraceDatabase db = open(files, engine())) {
      List<Long> all = new ArrayList<>();
      for (long i = 1; i <= 40; i++) {
        put(db, List.of(span(1 + i % 5, i, T0 + i)));
        all.add(i);
        db.flush();
      }
      db.housekeep();
      assertThat(db.parts()).isLessThan(10);
      assertThat(ids(db)).containsExactlyInAnyOrderElementsOf(all);
      TracesData trace = db.trace(SCOPE, 1, ~1L, Long.MIN_VALUE, Long.MAX_VALUE);
      assertThat(trace.itemCount()).isEqualTo(8);
    }
  }

  @Test
  void traceMayHaveMoreSpansThanABlock() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    try (TraceDatabase db = open(files, engine())) {
      int n = 100_000;
      for (int from = 0; from < n; from += 10_000) {
        List<Span> spans = new ArrayList<>();
        for (int i = from; i < from + 10_000; i++) {
          spans.add(span(1, i + 1L, T0 + i * 37L % n));
        }
        put(db, spans);
      }
      db.flush();
      TracesData trace = db.trace(SCOPE, 1, ~1L, Long.MIN_VALUE, Long.MAX_VALUE);
      assertThat(trace.itemCount()).isEqualTo(n);
    }
  }
}
