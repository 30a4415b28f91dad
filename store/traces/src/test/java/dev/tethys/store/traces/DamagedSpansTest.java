package dev.tethys.store.traces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.TraceIds;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.testkit.SimulatedFiles;
import dev.tethys.testkit.TraceStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Responses of a store of which one byte of a part is wrong. */
@Tag("slow")
class DamagedSpansTest {
  private static final Path DIRECTORY = Path.of("/traces");
  private static final Scope SCOPE = Scope.DEFAULT;
  private static final long ALL_FROM = Long.MIN_VALUE;
  private static final long ALL_TO = Long.MAX_VALUE;
  private static final SpanField NAME = SpanField.intrinsic(SpanField.Scope.NAME);

  private static TraceDatabase open(SimulatedFiles files) throws IOException {
    return TraceDatabase.open(
        files,
        DIRECTORY,
        new TraceOptions(
            EngineOptions.defaults().withBackground(false).withReserveBytes(0),
            TraceLimits.DEFAULTS));
  }

  /** Ids, names and attributes of all spans by a scan. */
  private static Set<String> scan(SpanSelection s) {
    Set<String> out = new TreeSet<>();
    List<SpanField> fields = List.of(NAME, SpanField.span("key1"), SpanField.SERVICE);
    for (SpanSegment segment : s.segments()) {
      segment.scan(
          SpanFilter.ALL,
          new SpanNeeds(true, true, true, true, fields),
          rows -> {
            for (int r = 0; r < rows.count; r++) {
              SpanColumn c = rows.columns[0];
              String name = c.types[r] == SpanColumn.STRING ? c.strings[(int) c.bits[r]] : "";
              out.add(rows.traceHigh[r] + "/" + rows.spanId[r] + "/" + rows.start[r] + name);
            }
          });
    }
    return out;
  }

  private static long count(SpanSelection s) {
    long[] n = {0};
    for (SpanSegment segment : s.segments()) {
      segment.scan(
          SpanFilter.ALL,
          new SpanNeeds(true, true, true, false, List.of()),
          rows -> n[0] += rows.count);
    }
    return n[0];
  }

  @Test
  void returnsReadableSpans() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    TracesData sent = TraceStoreContract.random(new Random(4), 1200);
    try (TraceDatabase db = open(files)) {
      assertThat(db.append(SCOPE, SpanBatch.of(sent)).refused()).isZero();
      db.flush();
    }
    Path part = files.list(DIRECTORY.resolve("tenants/fake")).getFirst();
    byte[] content = files.read(part);
    Set<String> all;
    List<String> whole;
    TraceIds ids = new TraceIds();
    for (long id = 1; id <= 8; id++) {
      ids.add(id, ~id);
    }
    try (TraceDatabase db = open(files);
        SpanSelection s = db.select(SCOPE, ALL_FROM, ALL_TO)) {
      all = scan(s);
      whole = TraceStoreContract.texts(db.trace(SCOPE, 3, ~3L, ALL_FROM, ALL_TO));
      assertThat(s.warnings()).isEmpty();
    }
    Random random = new Random(9);
    int partly = 0;
    int damagedTraces = 0;
    for (int n = 0; n < 80; n++) {
      int at = random.nextInt(content.length);
      byte[] damaged = content.clone();
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      try (var f = files.create(part)) {
        f.write(damaged, 0, damaged.length);
      }
      try (TraceDatabase db = open(files);
          SpanSelection s = db.select(SCOPE, ALL_FROM, ALL_TO)) {
        TracesData trace = db.trace(SCOPE, 3, ~3L, ALL_FROM, ALL_TO);
        boolean same = TraceStoreContract.texts(trace).equals(whole);
        assertThat(db.damage(SCOPE).isEmpty()).as("flipped byte %d", at).isEqualTo(same);
        Set<String> found = scan(s);
        assertThat(found.isEmpty() ? 0 : 1200).isEqualTo((int) count(s));
        assertThat(found.isEmpty() ? 0 : whole.size()).isEqualTo(trace.itemCount());
        boolean complete = found.equals(all);
        assertThat(complete || !s.warnings().isEmpty()).isTrue();
        assertThat(s.warnings()).noneMatch(w -> w.contains(DIRECTORY + "/"));
        for (SpanSegment segment : s.segments()) {
          assertThat(segment.summaries(ids).size()).isEqualTo(found.isEmpty() ? 0 : 8);
        }
        db.attributes(SCOPE, ALL_FROM, ALL_TO);
        db.values(SCOPE, SpanField.span("key1"), SpanFilter.ALL, ALL_FROM, ALL_TO, 100);
        partly += !same && trace.itemCount() == whole.size() ? 1 : 0;
        damagedTraces += same ? 0 : 1;
      }
    }
    assertThat(damagedTraces).isGreaterThan(40);
    assertThat(partly).isGreaterThan(damagedTraces / 2);
  }
}
