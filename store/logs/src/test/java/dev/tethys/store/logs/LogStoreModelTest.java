package dev.tethys.store.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.testkit.LogStoreFixture;
import dev.tethys.testkit.LogStoreFixture.Row;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random operations on a store and on a list of rows: both answer alike. */
@Tag("slow")
class LogStoreModelTest {
  private static final int RUNS = Integer.getInteger("tethys.random.tries", 60);

  @Test
  void resultsMatchAList() throws IOException {
    for (long seed = 1; seed <= RUNS; seed++) {
      Run run = new Run(seed);
      for (int i = 0; i < 60; i++) {
        run.step();
        run.check("seed " + seed + " step " + i);
      }
      run.db.close();
    }
  }

  /** A store and its list. */
  private static final class Run {
    private static final long T0 = 1_795_608_000_000_000_000L;
    private static final long HOUR = 3_600_000_000_000L;
    private static final List<String> TENANTS = List.of("fake", "other");
    private static final String[] WORDS = {
      "start", "reset by peer", "", "done €", "\u0001\u0002", "GET /x"
    };

    private final Random random;
    private final Map<String, List<Row>> model = new TreeMap<>();
    private final List<String> ids = new ArrayList<>();
    private SimulatedFiles files;
    LogDatabase db;
    private long now = T0;
    private int next;

    Run(long seed) throws IOException {
      random = new Random(seed);
      files = new SimulatedFiles(seed);
      TENANTS.forEach(t -> model.put(t, new ArrayList<>()));
      db = open();
    }

    private LogDatabase open() throws IOException {
      EngineOptions options =
          EngineOptions.defaults()
              .withBackground(false)
              .withReserveBytes(0)
              .withHeadBytes(20_000)
              .withAppendWait(Duration.ofMinutes(1))
              .withClock(() -> now);
      return LogDatabase.open(files, Path.of("/logs"), new LogOptions(options, LogLimits.DEFAULTS));
    }

    void step() throws IOException {
      String tenant = TENANTS.get(random.nextInt(TENANTS.size()));
      switch (random.nextInt(14)) {
        case 0 -> db.flush();
        case 1 -> {
          now += random.nextInt(30) * HOUR;
          db.housekeep();
        }
        case 2 -> delete(tenant);
        case 3 -> {
          db.close();
          db = open();
        }
        case 4 -> {
          files = files.afterKill();
          db = open();
        }
        case 5 -> {
          files = files.afterPowerCut();
          db = open();
        }
        case 6 -> {
          List<Row> rows = rows(3);
          files.failForce(true);
          assertThatThrownBy(() -> db.append(Scope.of(tenant), LogStoreFixture.batch(rows)))
              .isInstanceOf(StorageException.class);
          files.failForce(false);
        }
        default -> {
          List<Row> rows = rows(1 + random.nextInt(25));
          db.append(Scope.of(tenant), LogStoreFixture.batch(rows));
          rowsOf(tenant).addAll(rows);
          db.maintain(); // as the thread in the background would
        }
      }
    }

    private List<Row> rowsOf(String tenant) {
      return model.computeIfAbsent(tenant, t -> new ArrayList<>());
    }

    private List<Row> rows(int n) {
      List<Row> out = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        String id = Long.toHexString(random.nextLong());
        ids.add(id);
        String body =
            switch (random.nextInt(5)) {
              case 0 -> WORDS[random.nextInt(WORDS.length)];
              case 1 -> "id=" + id + " took " + random.nextInt(500) + "ms";
              case 2 -> "{\"n\":" + next + ",\"trace\":\"" + id + "\"}";
              case 3 ->
                  "x".repeat(random.nextInt(300)) + id + " " + WORDS[random.nextInt(WORDS.length)];
              default ->
                  "request " + next + " " + WORDS[random.nextInt(WORDS.length)] + " of user_" + id;
            };
        Map<String, String> metadata = new TreeMap<>();
        if (random.nextBoolean()) {
          metadata.put("level", random.nextInt(3) == 0 ? "error" : "info");
        }
        if (random.nextInt(4) == 0) {
          metadata.put("trace_id", id + id);
        }
        long time = T0 - random.nextInt(3) * 24 * HOUR + next++ * 1000L;
        String text =
            new String(body.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        out.add(new Row(Labels.of("app", "a" + random.nextInt(4)), time, text, metadata));
      }
      return out;
    }

    private void delete(String tenant) {
      LogFilter filter = filter();
      List<Matcher> matchers = matchers();
      long from = T0 - random.nextInt(3) * 24 * HOUR;
      long to = from + random.nextInt(48) * HOUR;
      db.delete(Scope.of(tenant), "{}", matchers, filter, from, to);
      rowsOf(tenant).removeIf(r -> fits(r, matchers, filter, from, to));
    }

    private List<Matcher> matchers() {
      return switch (random.nextInt(3)) {
        case 0 -> List.of(Matcher.equal("app", "a" + random.nextInt(5)));
        case 1 -> List.of(Matcher.of(Matcher.Type.NOT_EQUAL, "app", "a1"));
        default -> List.of(Matcher.of(Matcher.Type.REGEX, "app", "a.*"));
      };
    }

    private LogFilter filter() {
      String id = ids.isEmpty() ? "0123456789abcdef" : ids.get(random.nextInt(ids.size()));
      boolean negated = random.nextInt(4) == 0;
      List<LogFilter.Line> lines =
          switch (random.nextInt(7)) {
            case 0 -> List.of(contains("id=" + id, negated));
            case 1 -> List.of(contains(id.substring(random.nextInt(4)), negated));
            case 2 -> List.of(contains("reset by", negated));
            case 3 -> List.of(new LogFilter.Matches(Regex.compile("took [0-9]{2}ms"), negated));
            case 4 -> List.of(contains("\":\"" + id + "\"", negated), contains("n", false));
            default -> List.of();
          };
      List<Matcher> metadata =
          switch (random.nextInt(5)) {
            case 0 -> List.of(Matcher.equal("level", "error"));
            case 1 -> List.of(Matcher.equal("trace_id", id + id));
            case 2 -> List.of(Matcher.of(Matcher.Type.NOT_EQUAL, "level", "info"));
            default -> List.of();
          };
      return lines.isEmpty() && metadata.isEmpty()
          ? LogFilter.NONE
          : new LogFilter(lines, metadata);
    }

    private static LogFilter.Line contains(String text, boolean negated) {
      return new LogFilter.Contains(List.of(text.getBytes(StandardCharsets.UTF_8)), negated);
    }

    private static boolean fits(
        Row r, List<Matcher> matchers, LogFilter filter, long from, long to) {
      byte[] body = r.body().getBytes(StandardCharsets.ISO_8859_1);
      return r.time() >= from
          && r.time() < to
          && matchers.stream().allMatch(m -> m.matches(r.stream()))
          && filter.lines().stream().allMatch(l -> l.fits(body, 0, body.length))
          && filter.metadata().stream()
              .allMatch(m -> m.matches(r.metadata().getOrDefault(m.name(), "")));
    }

    void check(String where) {
      String tenant = TENANTS.get(random.nextInt(TENANTS.size()));
      List<Matcher> matchers = matchers();
      LogFilter filter = filter();
      boolean all = random.nextBoolean();
      long from = all ? Long.MIN_VALUE : T0 - random.nextInt(72) * HOUR;
      long to = all ? Long.MAX_VALUE : from + random.nextInt(72) * HOUR;
      List<Row> expected =
          rowsOf(tenant).stream().filter(r -> fits(r, matchers, filter, from, to)).toList();
      try (LogSelection s = db.select(Scope.of(tenant), matchers, from, to)) {
        assertThat(s.warnings()).as(where).isEmpty();
        assertThat(LogStoreFixture.read(s, filter))
            .as("%s %s %s", where, matchers, filter)
            .containsExactlyInAnyOrderElementsOf(expected);
        boolean forward = random.nextBoolean();
        int limit = 1 + random.nextInt(20);
        List<Long> times = expected.stream().map(Row::time).sorted().toList();
        int n = Math.min(limit, times.size());
        assertThat(LogStoreFixture.readEnd(s, filter, forward, limit))
            .as("%s %s %s, %s of them", where, matchers, filter, limit)
            .isEqualTo(
                forward ? times.subList(0, n) : times.subList(times.size() - n, times.size()));
        if (filter == LogFilter.NONE) {
          long rows = 0;
          for (LogSegment g : s.segments()) {
            List<LogSegment.StreamTotal> totals = g.totals();
            rows += totals.stream().mapToLong(LogSegment.StreamTotal::rows).sum();
            if (totals.isEmpty()) {
              rows = Long.MIN_VALUE / 2; // deletions or the range need the rows
            }
          }
          assertThat(rows < 0 ? expected.size() : rows).as(where).isEqualTo(expected.size());
        }
      }
    }
  }
}
