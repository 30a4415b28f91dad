package dev.tethys.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.logs.CopyBuffer;
import dev.tethys.model.logs.LogCounts;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogPatternKey;
import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.storage.EventDeletion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Behaviour of every {@link LogStore}. The test of a store extends this and creates an empty one; a
 * store with several places for rows runs it once with the rows in each.
 */
public abstract class LogStoreContract extends LogStoreFilterContract {
  // ---- rows

  @Test
  void rowsAreReadableAfterTheAppend() throws Exception {
    Row a = new Row(app("a"), T0, "GET /x 200", Map.of("level", "info", "trace_id", "4bf92f35"));
    Row b = Row.of(Labels.of("app", "b", "pod", "b-1"), T0 + 1, "");
    put(a, b);
    settle();
    assertThat(read(LogFilter.NONE)).containsExactlyInAnyOrder(a, b);
  }

  @Test
  void anyBytesComeBack() throws Exception {
    List<Row> rows = new ArrayList<>();
    String[] bodies = {
      "",
      "\0",
      "a\0b",
      "\u001b[31mred\u001b[0m",
      "\u00ff\u00fe\u0080",
      "\1\2\3",
      "line\nline\r\n\ttab",
      "x".repeat(1 << 20),
      "0007 00 18446744073709551616 1e5 -0",
      "{\"a\":1,\"b\":[true,null]}"
    };
    for (int i = 0; i < bodies.length; i++) {
      rows.add(
          new Row(
              app("a"),
              T0 + i,
              bodies[i],
              Map.of("raw", bodies[i].substring(0, Math.min(9, bodies[i].length())) + "v")));
    }
    put(SCOPE, rows);
    settle();
    assertThat(read(LogFilter.NONE)).containsExactlyInAnyOrderElementsOf(rows);
  }

  @Test
  void entriesOfAnyAgeAndOrderAreAccepted() throws Exception {
    List<Row> rows = new ArrayList<>();
    Random random = new Random(7);
    for (int i = 0; i < 400; i++) {
      rows.add(Row.of(app("a"), T0 - random.nextLong(40L * 365 * 86_400 * SECOND), "old " + i));
    }
    rows.add(Row.of(app("a"), 0, "epoch"));
    rows.add(Row.of(app("a"), -5, "before"));
    rows.add(Row.of(app("a"), T0 + 400L * 86_400 * SECOND, "later"));
    put(SCOPE, rows);
    settle();
    assertThat(read(LogFilter.NONE)).containsExactlyInAnyOrderElementsOf(rows);
    long from = T0 - 20L * 365 * 86_400 * SECOND;
    assertThat(read(SCOPE, ALL, LogFilter.NONE, from, T0))
        .containsExactlyInAnyOrderElementsOf(
            rows.stream().filter(r -> r.time() >= from && r.time() < T0).toList());
  }

  @Test
  void rangeEndIsExclusive() throws Exception {
    put(Row.of(app("a"), T0, "x"), Row.of(app("a"), T0 + 1, "y"), Row.of(app("a"), T0 + 2, "z"));
    settle();
    assertThat(read(SCOPE, ALL, LogFilter.NONE, T0, T0 + 2))
        .extracting(Row::body)
        .containsExactlyInAnyOrder("x", "y");
    assertThat(read(SCOPE, ALL, LogFilter.NONE, T0, T0)).isEmpty();
  }

  @Test
  void equalEntriesOfTwoAppendsAreTwoOrOne() throws Exception {
    Row a = Row.of(app("a"), T0, "x");
    put(a);
    put(a);
    settle();
    assertThat(read(LogFilter.NONE)).isNotEmpty().allMatch(a::equals);
  }

  @Test
  void manyStreamsAndNamesComeBack() throws Exception {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      Map<String, String> m = new TreeMap<>();
      m.put("level", i % 5 == 0 ? "error" : "info");
      m.put("request_id", Long.toHexString(i * 0x9E3779B97F4A7C15L));
      if (i % 3 == 0) {
        m.put("n" + i % 70, "v" + i);
      }
      Labels l = Labels.of("app", "a" + i % 4, "pod", "p" + i % 1000);
      rows.add(new Row(l, T0 + i * 1000L, "request " + i + " took " + i % 97 + "ms", m));
    }
    put(SCOPE, rows);
    settle();
    assertThat(read(LogFilter.NONE)).containsExactlyInAnyOrderElementsOf(rows);
    assertThat(
            read(
                SCOPE,
                List.of(Matcher.equal("pod", "p7")),
                new LogFilter(List.of(), List.of(Matcher.equal("level", "info"))),
                T0,
                T0 + 10 * SECOND))
        .containsExactlyInAnyOrderElementsOf(
            rows.stream()
                .filter(
                    r ->
                        r.stream().get("pod").equals("p7")
                            && "info".equals(r.metadata().get("level")))
                .toList());
  }

  @Test
  void metadataOfAnyTypeComesBackForEachTenant() throws Exception {
    Map<String, List<Row>> sent = new TreeMap<>();
    for (int round = 0; round < 3; round++) {
      for (String tenant : List.of(SCOPE.tenant(), "other", "third")) {
        Random random = new Random(tenant.hashCode() + round);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 700; i++) {
          long time = T0 + (round * 700 + i) * SECOND;
          rows.add(new Row(app("a" + i % 3), time, "request " + i, metadata(random, time)));
        }
        put(Scope.of(tenant), rows);
        sent.computeIfAbsent(tenant, t -> new ArrayList<>()).addAll(rows);
      }
      settle();
      for (Map.Entry<String, List<Row>> e : sent.entrySet()) {
        checkMetadata(e.getKey(), e.getValue());
      }
    }
  }

  /** Values of the types with store columns. Half of the names are missing. */
  private static Map<String, String> metadata(Random random, long time) {
    Map<String, String> m = new TreeMap<>();
    String hex = String.format("%016x", random.nextLong());
    m.put("span_id", hex);
    m.put("trace_id", hex + hex);
    m.put("num", String.valueOf(random.nextInt(200)));
    m.put("steps", String.valueOf(time / SECOND));
    m.put("padded", String.format("%07d", random.nextInt(1 << 20)));
    m.put("negative", String.valueOf(random.nextLong()));
    m.put("ratio", String.valueOf(random.nextInt(16) / 16.0));
    m.put("level", random.nextBoolean() ? "info" : "error");
    m.put("same", "constant");
    m.put("user", "u" + random.nextInt(400));
    m.put("text", "some words of " + "length ".repeat(random.nextInt(30)) + random.nextInt());
    m.put("at", java.time.Instant.ofEpochSecond(0, time).toString());
    m.put("millis", String.valueOf(time / 1_000_000));
    m.put("raw", "\0\1\u00ff".substring(random.nextInt(3)));
    m.put("empty", "");
    m.put("rare" + random.nextInt(50), "r" + random.nextInt(9));
    m.keySet().removeIf(name -> random.nextInt(name.length() % 3 + 1) > 0);
    return m;
  }

  private void checkMetadata(String tenant, List<Row> rows) {
    assertThat(read(Scope.of(tenant), ALL, LogFilter.NONE, Long.MIN_VALUE, Long.MAX_VALUE))
        .containsExactlyInAnyOrderElementsOf(rows);
    for (Matcher m :
        List.of(
            Matcher.equal("user", "u7"),
            Matcher.of(Matcher.Type.NOT_EQUAL, "num", "5"),
            Matcher.of(Matcher.Type.REGEX, "span_id", "0.*"),
            Matcher.of(Matcher.Type.NOT_REGEX, "padded", "000.*"),
            Matcher.equal("empty", ""))) {
      LogFilter filter = new LogFilter(List.of(), List.of(m));
      assertThat(read(Scope.of(tenant), ALL, filter, Long.MIN_VALUE, Long.MAX_VALUE))
          .as("%s", m)
          .containsExactlyInAnyOrderElementsOf(rows.stream().filter(r -> fits(filter, r)).toList());
    }
  }

  // ---- totals, labels, patterns

  @Test
  void totalsAndScansAgree() throws Exception {
    List<Row> rows = varied();
    put(SCOPE, rows);
    settle();
    for (long[] range :
        new long[][] {{T0, T0 + 600 * SECOND}, {T0 + 100 * SECOND, T0 + 101 * SECOND}}) {
      Map<Labels, Long> counts = new HashMap<>();
      Map<Labels, Long> lengths = new HashMap<>();
      try (LogSelection s = store.select(SCOPE, ALL, range[0], range[1])) {
        for (LogSegment g : s.segments()) {
          List<LogSegment.StreamTotal> totals = g.totals();
          for (LogSegment.StreamTotal t : totals) {
            counts.merge(s.streams().get(t.stream()), t.rows(), Long::sum);
            lengths.merge(s.streams().get(t.stream()), t.bytes(), Long::sum);
            assertThat(t.firstTime()).isGreaterThanOrEqualTo(range[0]);
            assertThat(t.lastTime()).isLessThan(range[1]);
          }
          if (totals.isEmpty()) {
            g.scan(
                LogFilter.NONE,
                LogNeeds.ALL,
                batch -> {
                  for (int i = 0; i < batch.size(); i++) {
                    Labels l = s.streams().get(batch.stream(i));
                    counts.merge(l, 1L, Long::sum);
                    lengths.merge(l, (long) batch.bodyLength(i), Long::sum);
                  }
                  return true;
                });
          }
        }
      }
      Map<Labels, Long> wantCounts = new HashMap<>();
      Map<Labels, Long> wantLengths = new HashMap<>();
      for (Row r : rows) {
        if (r.time() >= range[0] && r.time() < range[1]) {
          wantCounts.merge(r.stream(), 1L, Long::sum);
          wantLengths.merge(r.stream(), (long) r.body().length(), Long::sum);
        }
      }
      assertThat(counts).isEqualTo(wantCounts);
      assertThat(lengths).isEqualTo(wantLengths);
    }
  }

  @Test
  void countsAndScansAgree() throws Exception {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 4000; i++) {
      Map<String, String> m = new TreeMap<>();
      if (i % 7 > 0) {
        m.put("level", new String[] {"info", "information", "warn", ""}[i % 4]);
      }
      if (i % 3 > 0) {
        m.put("request_id", "r" + i);
      }
      long time = T0 + (i * 7919L % 4000) * SECOND / 5; // some where a span ends
      rows.add(new Row(app("a" + i % 3), time, "request " + i, m));
    }
    put(SCOPE, rows);
    settle();
    List<Matcher> some = List.of(Matcher.of(Matcher.Type.NOT_EQUAL, "app", "a1"));
    try (LogSelection s = store.select(SCOPE, some, T0, T0 + 3600 * SECOND)) {
      for (LogSegment g : s.segments()) {
        assertThat(g.counts(List.of("level", "request_id"))).isNull();
        LogCounts c = g.counts(List.of("level", "absent"));
        if (c == null) {
          continue;
        }
        Map<String, Long> counted = new TreeMap<>();
        for (int i = 0; i < c.groups().size(); i++) {
          String group = group(s, c.groups(), i);
          for (int k = c.starts()[i]; k < c.starts()[i + 1]; k++) {
            long end = c.begin() + (c.span()[k] + 1) * c.width();
            counted.merge(group + " rows " + end, (long) c.rows()[k], Long::sum);
            counted.merge(group + " bytes " + end, c.bytes()[k], Long::sum);
          }
        }
        Map<String, Long> scanned = new TreeMap<>();
        g.scan(
            LogFilter.NONE,
            LogNeeds.ALL,
            batch -> {
              for (int i = 0; i < batch.size(); i++) {
                long end = -Math.floorDiv(-batch.time(i), c.width()) * c.width();
                String group = group(s, batch, i);
                scanned.merge(group + " rows " + end, 1L, Long::sum);
                scanned.merge(group + " bytes " + end, (long) batch.bodyLength(i), Long::sum);
              }
              return true;
            });
        assertThat(counted).isEqualTo(scanned);
      }
    }
  }

  private static String group(LogSelection s, LogRowBatch batch, int row) {
    CopyBuffer level = new CopyBuffer();
    String text =
        batch.metadata(row, "level", level)
            ? "=" + new String(level.bytes, 0, level.size, StandardCharsets.UTF_8)
            : "";
    return s.streams().get(batch.stream(row)) + text;
  }

  @Test
  void labelsAreThoseOfStreamsWithEntriesInTheRange() throws Exception {
    put(
        Row.of(Labels.of("app", "a", "pod", "1"), T0, "x"),
        Row.of(Labels.of("app", "b", "zone", "z"), T0 + 10 * SECOND, "x"));
    settle();
    assertThat(store.labelNames(SCOPE, ALL, T0, T0 + 20 * SECOND))
        .containsExactly("app", "pod", "zone");
    assertThat(store.labelNames(SCOPE, ALL, T0, T0 + SECOND)).containsExactly("app", "pod");
    assertThat(store.labelValues(SCOPE, "app", ALL, T0, T0 + 20 * SECOND))
        .containsExactly("a", "b");
    assertThat(
            store.labelValues(
                SCOPE, "app", List.of(Matcher.equal("zone", "z")), T0, T0 + 20 * SECOND))
        .containsExactly("b");
    assertThat(store.labelValues(SCOPE, "app", List.of(), T0 + SECOND, T0 + 20 * SECOND))
        .containsExactly("b");
    assertThat(store.series(SCOPE, ALL, T0, T0 + 20 * SECOND))
        .containsExactly(Labels.of("app", "a", "pod", "1"), Labels.of("app", "b", "zone", "z"));
  }

  @Test
  void patternsCountEveryFittingRowOnce() throws Exception {
    List<Row> rows = varied();
    put(SCOPE, rows);
    settle();
    for (LogFilter f : List.of(LogFilter.NONE, lines(contains("GET")))) {
      Map<String, Long> counts = new HashMap<>();
      try (LogSelection s = store.select(SCOPE, ALL, T0 + 60 * SECOND, T0 + 600 * SECOND)) {
        s.segments().forEach(g -> g.patterns(f, (p, n) -> counts.merge(p, n, Long::sum)));
      }
      assertThat(counts.values().stream().mapToLong(n -> n).sum())
          .isEqualTo(rows.stream().filter(r -> r.time() >= T0 + 60 * SECOND && fits(f, r)).count());
      assertThat(counts).containsKey("GET /api/items/<_> <_> <_>.<_>ms");
    }
  }

  @Test
  void lengthsAreKnownWithoutBodies() throws Exception {
    List<Row> rows = new ArrayList<>(varied());
    rows.add(Row.of(app("a0"), T0, "\1\2\3 a\3 5"));
    put(SCOPE, rows);
    settle();
    Map<Long, Integer> lengths = new TreeMap<>();
    try (LogSelection s = store.select(SCOPE, ALL, T0, T0 + 600 * SECOND)) {
      for (LogSegment g : s.segments()) {
        g.scan(
            LogFilter.NONE,
            new LogNeeds(true, false, true, List.of()),
            batch -> {
              for (int i = 0; i < batch.size(); i++) {
                lengths.merge(batch.time(i), batch.bodyLength(i), Integer::sum);
              }
              return true;
            });
      }
    }
    Map<Long, Integer> want = new TreeMap<>();
    rows.forEach(r -> want.merge(r.time(), r.body().length(), Integer::sum));
    assertThat(lengths).isEqualTo(want);
  }

  @Test
  void patternsAreCountedByStreamAndTime() throws Exception {
    for (int i = 0; i < 6; i++) {
      put(Row.of(app(i % 2 == 0 ? "a" : "b"), T0 + i * SECOND, "took " + (i + 10) + "ms"));
    }
    settle();
    Map<String, Long> counts = new HashMap<>();
    long step = 2 * SECOND;
    try (LogSelection s = store.select(SCOPE, ALL, T0, T0 + 60 * SECOND)) {
      s.segments()
          .forEach(
              g ->
                  g.patterns(
                      LogFilter.NONE,
                      step,
                      (p, stream, bucket, n) ->
                          counts.merge(
                              s.streams().get(stream).get("app") + " " + bucket, n, Long::sum)));
    }
    Map<String, Long> want = new HashMap<>();
    for (int i = 0; i < 6; i++) {
      long bucket = Math.floorDiv(T0 + i * SECOND, step) * step;
      want.merge((i % 2 == 0 ? "a" : "b") + " " + bucket, 1L, Long::sum);
    }
    assertThat(counts).isEqualTo(want);
  }

  @Test
  void patternsAreTheSameWithAFilterThatAllRowsFit() throws Exception {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      // Out of order, three of the six streams selected, two strings, a few rows per second.
      long time = T0 + (i * 7919L % 3000) * SECOND / 4;
      String body =
          i % 5 == 0 ? "GET /items/" + i + " failed" : "GET /carts/" + i + " in " + i + "ms";
      rows.add(Row.of(app((i % 3 == 0 ? "a" : "b") + i % 4), time, body));
    }
    put(SCOPE, rows);
    settle();
    List<Matcher> some = List.of(Matcher.of(Matcher.Type.REGEX, "app", "a.|b1"));
    long from = T0 + 100 * SECOND + 7;
    long to = T0 + 500 * SECOND + 7;
    for (long step : List.of(SECOND / 3, 14 * SECOND, Long.MAX_VALUE)) {
      Map<String, Long> plain = patterns(some, LogFilter.NONE, from, to, step);
      assertThat(plain).isEqualTo(patterns(some, lines(contains("GET")), from, to, step));
      assertThat(plain.values().stream().mapToLong(n -> n).sum())
          .isEqualTo(
              rows.stream()
                  .filter(r -> r.time() >= from && r.time() < to)
                  .filter(r -> some.getFirst().matches(r.stream()))
                  .count());
    }
  }

  @Test
  void patternsAreCountedByTheirKeysToo() throws Exception {
    List<Row> rows = new ArrayList<>(varied());
    rows.add(Row.of(app("a0"), T0, "\u00e9t\u00e9 7"));
    rows.add(Row.of(app("a0"), T0, "\1\2\3 a\3 <_>"));
    put(SCOPE, rows);
    settle();
    for (long from : List.of(T0, T0 + 60 * SECOND + 1)) {
      try (LogSelection s = store.select(SCOPE, ALL, from, T0 + 600 * SECOND)) {
        for (LogSegment g : s.segments()) {
          Map<String, Long> byKey = new TreeMap<>();
          boolean keyed =
              g.patternKeys(
                  (keys, counts, n, stream) -> {
                    for (int i = 0; i < n; i++) {
                      if (counts[i] > 0) {
                        byKey.merge(stream + " " + keys[i], (long) counts[i], Long::sum);
                      }
                    }
                  });
          if (!keyed) {
            continue;
          }
          Map<String, Long> byText = new TreeMap<>();
          Map<String, Long> some = new TreeMap<>();
          Map<String, Long> ofSome = new TreeMap<>();
          g.patterns(
              LogFilter.NONE,
              SECOND,
              (pattern, stream, bucket, n) -> {
                long key = LogPatternKey.of(pattern);
                byText.merge(stream + " " + key, n, Long::sum);
                if ((key + stream) % 3 == 0) {
                  some.merge(stream + pattern + bucket, n, Long::sum);
                }
              });
          assertThat(byKey).isEqualTo(byText);
          g.patternsOf(
              (keys, n, stream, into) -> {
                int count = 0;
                for (int i = 0; i < n; i++) {
                  if ((keys[i] + stream) % 3 == 0) {
                    into[count++] = i;
                  }
                }
                return count;
              },
              SECOND,
              (pattern, stream, bucket, n) ->
                  ofSome.merge(stream + pattern + bucket, n, Long::sum));
          assertThat(ofSome).isEqualTo(some);
        }
      }
    }
  }

  /** Rows by pattern, stream and bucket. */
  private Map<String, Long> patterns(
      List<Matcher> matchers, LogFilter filter, long from, long to, long step) {
    Map<String, Long> out = new TreeMap<>();
    try (LogSelection s = store.select(SCOPE, matchers, from, to)) {
      for (LogSegment g : s.segments()) {
        g.patterns(
            filter,
            step,
            (p, stream, bucket, n) ->
                out.merge(p + " " + s.streams().get(stream) + " " + bucket, n, Long::sum));
      }
    }
    return out;
  }

  // ---- tenants

  @Test
  void tenantsAreSeparate() throws Exception {
    put(Scope.of("one"), List.of(Row.of(app("a"), T0, "of one")));
    put(Scope.of("../two/.."), List.of(Row.of(app("a"), T0, "of two")));
    settle();
    assertThat(store.tenants()).containsExactly("../two/..", "one");
    assertThat(read(Scope.of("one"), ALL, LogFilter.NONE, T0, T0 + 1))
        .extracting(Row::body)
        .containsExactly("of one");
    assertThat(read(Scope.of("../two/.."), ALL, LogFilter.NONE, T0, T0 + 1))
        .extracting(Row::body)
        .containsExactly("of two");
    assertThat(read(Scope.of("three"), ALL, LogFilter.NONE, T0, T0 + 1)).isEmpty();
  }

  // ---- selections and deletion

  @Test
  void aSelectionDoesNotChange() throws Exception {
    put(Row.of(app("a"), T0, "before"));
    try (LogSelection s = store.select(SCOPE, ALL, T0, T0 + SECOND)) {
      put(Row.of(app("a"), T0 + 1, "after"));
      settle();
      assertThat(read(s, LogFilter.NONE)).extracting(Row::body).containsExactly("before");
    }
    assertThat(read(LogFilter.NONE)).hasSize(2);
  }

  @Test
  void aScanEndsWhenItsConsumerHasEnough() throws Exception {
    put(SCOPE, varied());
    settle();
    try (LogSelection s = store.select(SCOPE, ALL, T0, T0 + 600 * SECOND)) {
      for (LogSegment g : s.segments()) {
        int[] calls = {0};
        g.scan(
            LogFilter.NONE,
            LogNeeds.ALL,
            rows -> {
              calls[0]++;
              return false;
            });
        assertThat(calls[0]).isLessThanOrEqualTo(1);
      }
    }
  }

  @Test
  void deletedEntriesAreNotReturned() throws Exception {
    List<Row> rows = varied();
    put(SCOPE, rows);
    settle();
    LogFilter resets = lines(contains("reset"));
    EventDeletion d =
        store.delete(
            SCOPE,
            "{app=\"a2\"} |= \"reset\"",
            List.of(Matcher.equal("app", "a2")),
            resets,
            T0 + 100 * SECOND,
            T0 + 400 * SECOND);
    Row later = Row.of(app("a2"), T0 + 200 * SECOND, "reset again");
    put(later);
    List<Row> want =
        new ArrayList<>(
            rows.stream()
                .filter(
                    r ->
                        !(r.stream().get("app").equals("a2")
                            && r.body().contains("reset")
                            && r.time() >= T0 + 100 * SECOND
                            && r.time() < T0 + 400 * SECOND))
                .toList());
    assertThat(want).hasSizeLessThan(rows.size());
    want.add(later);
    assertThat(read(LogFilter.NONE)).containsExactlyInAnyOrderElementsOf(want);
    assertThat(store.deletions(SCOPE)).extracting(EventDeletion::id).containsExactly(d.id());
    assertThat(store.deletions(Scope.of("other"))).isEmpty();
    settle();
    assertThat(read(LogFilter.NONE)).containsExactlyInAnyOrderElementsOf(want);
  }

  @Test
  void aDeletionCanBeTakenBackBeforeItIsProcessed() throws Exception {
    List<Row> rows = varied();
    put(SCOPE, rows);
    EventDeletion d =
        store.delete(SCOPE, "{app=~\".+\"}", ALL, LogFilter.NONE, T0, T0 + 1000 * SECOND);
    assertThat(read(LogFilter.NONE)).isEmpty();
    assertThat(store.cancelDeletion(Scope.of("other"), d.id())).isFalse();
    assertThat(store.cancelDeletion(SCOPE, d.id())).isTrue();
    assertThat(store.cancelDeletion(SCOPE, d.id())).isFalse();
    assertThat(read(LogFilter.NONE)).containsExactlyInAnyOrderElementsOf(rows);
  }
}
