package dev.tethys.store.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.logs.LogCounts;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.testkit.LogStoreFixture;
import dev.tethys.testkit.LogStoreFixture.Row;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Responses of a store of which one byte of a part of 5,000 rows is wrong. */
@Tag("slow")
class DamagedBlockTest {
  private static final long T0 = 1_795_608_000_000_000_000L;
  private static final int ROWS = 5000;
  private static final Path DIRECTORY = Path.of("/logs");
  private static final List<Matcher> ALL = List.of(Matcher.of(Matcher.Type.REGEX, "app", ".+"));

  private static LogDatabase open(SimulatedFiles files) throws IOException {
    return LogDatabase.open(
        files,
        DIRECTORY,
        new LogOptions(
            EngineOptions.defaults().withBackground(false).withReserveBytes(0),
            LogLimits.DEFAULTS));
  }

  private static List<Row> rows() {
    Random random = new Random(3);
    List<Row> out = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      String body =
          switch (i % 4) {
            case 0 -> "request " + i + " took " + random.nextInt(900) + "ms";
            case 1 -> "user " + "abcdefgh".substring(i % 8) + " logged in";
            case 2 -> "id=" + String.format("%032x", random.nextLong()) + " stored";
            default -> "heartbeat";
          };
      Map<String, String> m = new TreeMap<>();
      m.put("level", i % 7 == 0 ? "error" : "info");
      m.put("span_id", String.format("%016x", random.nextLong()));
      if (i % 2 == 0) {
        m.put("num", String.valueOf(random.nextInt(200)));
      }
      if (i % 3 == 0) {
        m.put("user", "user " + random.nextInt(2000) + " of some group");
      }
      out.add(new Row(Labels.of("app", "a" + i % 3), T0 + i * 1_000_000L, body, m));
    }
    return out;
  }

  /** Rows that the segments of a selection have, with the warnings of damaged ones. */
  private static List<Row> read(LogSelection s, LogFilter filter, Set<String> warnings) {
    List<Row> out = new ArrayList<>();
    for (LogSegment g : s.segments()) {
      List<Row> rows = new ArrayList<>();
      try {
        LogStoreFixture.read(s, g, filter, rows);
      } catch (StorageException e) {
        assertThat(e.reason()).isEqualTo(StorageException.Reason.CORRUPT);
        warnings.add(String.valueOf(e.getMessage()));
      }
      out.addAll(rows);
    }
    warnings.addAll(s.warnings());
    return out;
  }

  /** Number of rows as a query counts them that needs no body. */
  private static long count(LogSelection s) {
    long[] n = {0};
    for (LogSegment g : s.segments()) {
      List<LogSegment.StreamTotal> totals = g.totals();
      LogCounts counts = g.counts(List.of("level"));
      if (!totals.isEmpty()) {
        n[0] += totals.stream().mapToLong(LogSegment.StreamTotal::rows).sum();
        continue;
      }
      assertThat(counts).isNull();
      try {
        g.scan(
            LogFilter.NONE,
            new LogNeeds(false, false, false, List.of()),
            rows -> {
              n[0] += rows.size();
              return true;
            });
      } catch (StorageException e) {
        assertThat(e.reason()).isEqualTo(StorageException.Reason.CORRUPT);
      }
    }
    return n[0];
  }

  @Test
  void returnsAndCountsReadableRows() throws IOException {
    SimulatedFiles files = new SimulatedFiles(1);
    List<Row> sent = rows();
    try (LogDatabase db = open(files)) {
      assertThat(db.append(Scope.DEFAULT, LogStoreFixture.batch(sent)).refusals()).isEmpty();
      db.flush();
    }
    Path part = files.list(DIRECTORY.resolve("tenants/fake")).getFirst();
    byte[] content = files.read(part);
    Map<Long, Row> byTime = new HashMap<>();
    sent.forEach(r -> byTime.put(r.time(), r));
    Random random = new Random(9);
    int partly = 0;
    for (int n = 0; n < 120; n++) {
      // at random, and in the sections for searches, near the end of a block
      int at = n < 80 ? random.nextInt(content.length) : content.length - (n - 79) * 500;
      byte[] damaged = content.clone();
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      try (var f = files.create(part)) {
        f.write(damaged, 0, damaged.length);
      }
      try (LogDatabase db = open(files);
          LogSelection s = db.select(Scope.DEFAULT, ALL, T0, T0 + (1L << 50))) {
        long counted = count(s); // before any query has read rows
        Set<String> warnings = new HashSet<>();
        List<Row> found = read(s, LogFilter.NONE, warnings);
        assertThat(counted).as("flipped byte %d", at).isEqualTo(found.size());
        for (Row r : found) {
          Row original = Objects.requireNonNull(byTime.get(r.time()));
          assertThat(r.body()).isEqualTo(original.body());
          assertThat(r.stream()).isEqualTo(original.stream());
          assertThat(original.metadata().entrySet()).containsAll(r.metadata().entrySet());
        }
        boolean whole = found.size() == ROWS && Set.copyOf(found).equals(Set.copyOf(sent));
        assertThat(warnings.isEmpty()).as("%s", warnings).isEqualTo(whole);
        assertThat(warnings).noneMatch(w -> w.contains(DIRECTORY + "/"));
        partly += !whole && !found.isEmpty() ? 1 : 0;
        Matcher user = Matcher.of(Matcher.Type.NOT_EQUAL, "user", "nobody");
        for (Row r : read(s, new LogFilter(List.of(), List.of(user)), new HashSet<>())) {
          assertThat(Objects.requireNonNull(byTime.get(r.time())).metadata().get("user"))
              .isNotEqualTo("nobody");
        }
      }
    }
    assertThat(partly).isGreaterThan(40);
  }
}
