package dev.tethys.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogDeletion;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.regex.Regex;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Behaviour of every {@link LogStore}. The test of a store extends this and creates an empty one; a
 * store with several places for rows runs it once with the rows in each.
 */
public abstract class LogStoreContract {
  /** 2026-11-25T12:00:00Z in Unix nanoseconds. */
  protected static final long T0 = 1_795_608_000_000_000_000L;

  protected static final long SECOND = 1_000_000_000L;
  protected static final String TENANT = LogStore.DEFAULT_TENANT;
  private static final List<Matcher> ALL = List.of(Matcher.of(Matcher.Type.REGEX, "app", ".+"));

  /** Store of the test. */
  protected LogStore store;

  /** A row as a test writes and reads it; each character of the body is a byte. */
  public record Row(Labels stream, long time, String body, Map<String, String> metadata) {
    /** Row without metadata. */
    public static Row of(Labels stream, long time, String body) {
      return new Row(stream, time, body, Map.of());
    }
  }

  /** Creates an empty store. */
  protected abstract LogStore open() throws Exception;

  /** Called between writing and reading. */
  protected void settle() throws Exception {}

  @BeforeEach
  void openStore() throws Exception {
    store = open();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  // ---- helpers

  private static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Batch of rows. */
  public static LogBatch batch(List<Row> rows) {
    LogBatch b = new LogBatch().clear();
    Map<Labels, Integer> streams = new HashMap<>();
    for (Row r : rows) {
      int s = streams.computeIfAbsent(r.stream, b::stream);
      byte[] body = bytes(r.body);
      b.add(r.time, s, body, 0, body.length);
      new TreeMap<>(r.metadata)
          .forEach(
              (name, value) -> {
                byte[] v = bytes(value);
                b.metadata(b.name(name), v, 0, v.length);
              });
    }
    return b;
  }

  protected void put(Row... rows) {
    put(TENANT, Arrays.asList(rows));
  }

  protected void put(String tenant, List<Row> rows) {
    assertThat(store.append(tenant, batch(rows)).refusals()).isEmpty();
  }

  /** Rows of a selection that fit a filter. */
  public static List<Row> read(LogSelection s, LogFilter filter) {
    List<Row> out = new ArrayList<>();
    for (LogSegment g : s.segments()) {
      g.scan(
          filter,
          LogNeeds.ALL,
          rows -> {
            checkColumns(rows);
            LogRowBatch.Slice slice = new LogRowBatch.Slice();
            for (int i = 0; i < rows.size(); i++) {
              rows.body(i, slice);
              assertThat(slice.length).isEqualTo(rows.bodyLength(i));
              String body = text(slice.bytes, slice.offset, slice.length);
              Map<String, String> metadata = new TreeMap<>();
              List<String> names = new ArrayList<>();
              rows.forEachMetadata(
                  i,
                  (name, b, offset, length) -> {
                    names.add(name);
                    metadata.put(name, text(b, offset, length));
                  });
              assertThat(names).isSorted();
              assertThat(rows.time(i)).isBetween(g.firstTime(), g.lastTime());
              out.add(new Row(s.streams().get(rows.stream(i)), rows.time(i), body, metadata));
            }
            return true;
          });
    }
    return out;
  }

  /** Compares columns of a batch with its rows. */
  private static void checkColumns(LogRowBatch rows) {
    long[] times = new long[rows.size()];
    int[] streams = new int[rows.size()];
    int[] codes = new int[rows.size()];
    rows.times(times);
    rows.streams(streams);
    for (String name : List.of("level", "trace_id", "absent")) {
      int values = rows.codedValues(name);
      Map<Integer, String> texts = new HashMap<>();
      if (values >= 0) {
        rows.codes(name, codes);
      }
      LogRowBatch.Slice slice = new LogRowBatch.Slice();
      for (int i = 0; i < rows.size(); i++) {
        assertThat(times[i]).isEqualTo(rows.time(i));
        assertThat(streams[i]).isEqualTo(rows.stream(i));
        boolean has = rows.metadata(i, name, slice);
        if (values >= 0) {
          assertThat(codes[i]).isBetween(has ? 0 : -1, has ? values - 1 : -1);
        }
        if (values >= 0 && has) {
          String text = text(slice.bytes, slice.offset, slice.length);
          assertThat(texts.computeIfAbsent(codes[i], c -> text)).isEqualTo(text);
        }
      }
    }
  }

  /**
   * Times of the first or last rows of a selection, read as a consumer does that keeps as many.
   *
   * @param forward whether they are the first ones
   */
  public static List<Long> readEnd(LogSelection s, LogFilter filter, boolean forward, int limit) {
    Comparator<Long> worstFirst = forward ? Comparator.reverseOrder() : Comparator.naturalOrder();
    PriorityQueue<Long> kept = new PriorityQueue<>(worstFirst);
    long[] bound = {forward ? Long.MAX_VALUE : Long.MIN_VALUE};
    for (LogSegment g : s.segments()) {
      g.scanEnd(
          filter,
          LogNeeds.ALL,
          forward,
          () -> bound[0],
          rows -> {
            for (int i = 0; i < rows.size(); i++) {
              kept.add(rows.time(i));
              if (kept.size() > limit) {
                kept.remove();
              }
              bound[0] = kept.size() == limit ? kept.element() : bound[0];
            }
            return true;
          });
    }
    List<Long> out = new ArrayList<>(kept);
    out.sort(null);
    return out;
  }

  private static String text(byte[] b, int offset, int length) {
    return new String(b, offset, length, StandardCharsets.ISO_8859_1);
  }

  protected List<Row> read(
      String tenant, List<Matcher> matchers, LogFilter filter, long from, long to) {
    try (LogSelection s = store.select(tenant, matchers, from, to)) {
      return read(s, filter);
    }
  }

  protected List<Row> read(LogFilter filter) {
    return read(TENANT, ALL, filter, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  private static LogFilter lines(LogFilter.Line... lines) {
    return new LogFilter(List.of(lines), List.of());
  }

  private static Labels app(String name) {
    return Labels.of("app", name);
  }

  private static LogFilter.Line contains(String text) {
    return new LogFilter.Contains(List.of(bytes(text)), false);
  }

  private static LogFilter.Line lacks(String text) {
    return new LogFilter.Contains(List.of(bytes(text)), true);
  }

  private static LogFilter.Line matches(String expression) {
    return new LogFilter.Matches(Regex.compile(expression), false);
  }

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
    put(TENANT, rows);
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
    put(TENANT, rows);
    settle();
    assertThat(read(LogFilter.NONE)).containsExactlyInAnyOrderElementsOf(rows);
    long from = T0 - 20L * 365 * 86_400 * SECOND;
    assertThat(read(TENANT, ALL, LogFilter.NONE, from, T0))
        .containsExactlyInAnyOrderElementsOf(
            rows.stream().filter(r -> r.time >= from && r.time < T0).toList());
  }

  @Test
  void theEndOfTheRangeIsExclusive() throws Exception {
    put(Row.of(app("a"), T0, "x"), Row.of(app("a"), T0 + 1, "y"), Row.of(app("a"), T0 + 2, "z"));
    settle();
    assertThat(read(TENANT, ALL, LogFilter.NONE, T0, T0 + 2))
        .extracting(Row::body)
        .containsExactlyInAnyOrder("x", "y");
    assertThat(read(TENANT, ALL, LogFilter.NONE, T0, T0)).isEmpty();
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
    put(TENANT, rows);
    settle();
    assertThat(read(LogFilter.NONE)).containsExactlyInAnyOrderElementsOf(rows);
    assertThat(
            read(
                TENANT,
                List.of(Matcher.equal("pod", "p7")),
                new LogFilter(List.of(), List.of(Matcher.equal("level", "info"))),
                T0,
                T0 + 10 * SECOND))
        .containsExactlyInAnyOrderElementsOf(
            rows.stream()
                .filter(
                    r -> r.stream.get("pod").equals("p7") && "info".equals(r.metadata.get("level")))
                .toList());
  }

  // ---- filters

  private List<Row> varied() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      String body =
          switch (i % 6) {
            case 0 -> "GET /api/items/" + i * 7919 + " 200 " + i % 50 + "." + i % 10 + "ms";
            case 1 -> "user " + "abcdefgh".substring(i % 8) + " logged in from 10.0.0." + i % 250;
            case 2 -> "read tcp 10.1.2.3:" + i + ": connection reset by peer";
            case 3 -> "id=6f1c2b7e-93d4-4c1a-af0e-" + String.format("%012x", i * 77_777_777_777L);
            case 4 -> "OutOfMemory\u00e9rror at " + i + "\n\tat x.Y(Z.java:" + i + ")";
            default -> "{\"status\":" + (200 + i % 300) + ",\"msg\":\"m" + i + "\"}";
          };
      Map<String, String> m = new TreeMap<>();
      m.put("level", i % 7 == 0 ? "error" : "info");
      if (i % 10 == 0) {
        m.put("trace_id", String.format("%032x", i * 0x1234567L));
      }
      rows.add(new Row(Labels.of("app", "a" + i % 3), T0 + i * SECOND, body, m));
    }
    return rows;
  }

  @Test
  void lineFiltersFindWhatAReaderOfEveryLineFinds() throws Exception {
    List<Row> rows = varied();
    put(TENANT, rows);
    settle();
    List<LogFilter> filters = new ArrayList<>();
    for (String needle :
        new String[] {
          "",
          "connection reset by peer",
          "reset",
          "eset b",
          "10.0.0.1",
          "0.0.",
          "af0e",
          "93d4-4c1a",
          "6f1c2b7e-93d4",
          "c2b7e-93",
          "6f1c2b7e",
          "f1c2b7e",
          "121b3a",
          "1b3a9b",
          "7919",
          "79",
          "ms",
          "status\":2",
          "us\":20",
          "\n\tat",
          "zzz",
          "\u00e9",
          "id=",
          "e-0",
          "GET /api/items/0 ",
          "[",
          ".1ms",
          "logged in from 10.0.0.13",
          "a",
          " "
        }) {
      filters.add(lines(contains(needle)));
      filters.add(lines(lacks(needle)));
      filters.add(lines(contains(needle), lacks("7")));
    }
    for (String expression :
        new String[] {
          "(?i)outofmemory",
          "items/[0-9]{4,6} 200",
          "[0-9]{2}\\.[0-9]ms",
          "^user",
          "peer$",
          "a|z",
          "status\":2\\d\\d",
          "^$",
          "(?s)error.*java",
          "logged (in|out)",
          "10\\.0\\.0\\.[1-3]$"
        }) {
      filters.add(lines(matches(expression)));
      filters.add(lines(new LogFilter.Matches(Regex.compile(expression), true)));
    }
    filters.add(
        lines(new LogFilter.Contains(List.of(bytes("GET"), bytes("peer")), false), lacks("1")));
    filters.add(lines(new LogFilter.Contains(List.of(bytes("GET"), bytes("peer")), true)));
    filters.add(lines(new LogFilter.Test((b, from, to) -> (to - from) % 2 == 0)));
    for (LogFilter f : filters) {
      assertThat(read(f))
          .as("%s", f)
          .containsExactlyInAnyOrderElementsOf(rows.stream().filter(r -> fits(f, r)).toList());
    }
  }

  private static boolean fits(LogFilter f, Row r) {
    byte[] b = bytes(r.body);
    return f.lines().stream().allMatch(l -> l.fits(b, 0, b.length))
        && f.metadata().stream().allMatch(m -> m.matches(r.metadata.getOrDefault(m.name(), "")));
  }

  @Test
  void metadataFiltersFindWhatAReaderOfEveryRowFinds() throws Exception {
    List<Row> rows = varied();
    put(TENANT, rows);
    settle();
    List<Matcher> conditions =
        List.of(
            Matcher.equal("level", "error"),
            Matcher.of(Matcher.Type.NOT_EQUAL, "level", "error"),
            Matcher.of(Matcher.Type.REGEX, "level", "e.*|w.*"),
            Matcher.of(Matcher.Type.NOT_REGEX, "level", "inf.?"),
            Matcher.equal("trace_id", String.format("%032x", 30 * 0x1234567L)),
            Matcher.equal("trace_id", "00000000000000000000000000000001"),
            Matcher.equal("trace_id", ""),
            Matcher.of(Matcher.Type.NOT_EQUAL, "trace_id", ""),
            Matcher.equal("absent", ""),
            Matcher.equal("absent", "x"));
    for (Matcher m : conditions) {
      LogFilter f = new LogFilter(List.of(), List.of(m));
      assertThat(read(f))
          .as("%s", m)
          .containsExactlyInAnyOrderElementsOf(rows.stream().filter(r -> fits(f, r)).toList());
      LogFilter both = new LogFilter(List.of(contains("1")), List.of(m));
      assertThat(read(both))
          .as("%s and a line filter", m)
          .containsExactlyInAnyOrderElementsOf(rows.stream().filter(r -> fits(both, r)).toList());
    }
  }

  @Test
  void endsOfTheRangeAreThoseOfAllRows() throws Exception {
    List<Row> rows = varied();
    put(TENANT, rows);
    settle();
    List<LogFilter> filters =
        List.of(
            LogFilter.NONE,
            lines(contains("reset by peer")),
            lines(lacks("1"), matches("[0-9]{3}")),
            new LogFilter(List.of(), List.of(Matcher.equal("level", "error"))));
    for (LogFilter f : filters) {
      for (int limit : new int[] {1, 7, 300, 1000}) {
        for (boolean forward : new boolean[] {true, false}) {
          List<Long> all =
              rows.stream()
                  .filter(r -> fits(f, r) && r.time >= T0 + 5 && r.time < T0 + 550 * SECOND)
                  .map(Row::time)
                  .sorted()
                  .toList();
          int n = Math.min(limit, all.size());
          try (LogSelection s = store.select(TENANT, ALL, T0 + 5, T0 + 550 * SECOND)) {
            assertThat(readEnd(s, f, forward, limit))
                .as("%s %s %s", f, limit, forward)
                .isEqualTo(forward ? all.subList(0, n) : all.subList(all.size() - n, all.size()));
          }
        }
      }
    }
  }

  @Test
  void matchersSelectStreams() throws Exception {
    put(
        Row.of(Labels.of("app", "a", "pod", "1"), T0, "a1"),
        Row.of(Labels.of("app", "a", "pod", "2"), T0, "a2"),
        Row.of(Labels.of("app", "b"), T0, "b"));
    settle();
    assertThat(bodies(Matcher.equal("app", "a"))).containsExactlyInAnyOrder("a1", "a2");
    assertThat(bodies(Matcher.equal("app", "a"), Matcher.equal("pod", "2"))).containsExactly("a2");
    assertThat(bodies(Matcher.equal("pod", ""), ALL.getFirst())).containsExactly("b");
    assertThat(bodies(Matcher.of(Matcher.Type.NOT_REGEX, "pod", "[12]"))).containsExactly("b");
    assertThat(bodies(Matcher.equal("app", "c"))).isEmpty();
  }

  private List<String> bodies(Matcher... m) {
    return read(TENANT, List.of(m), LogFilter.NONE, T0, T0 + SECOND).stream()
        .map(Row::body)
        .toList();
  }

  // ---- totals, labels, patterns

  @Test
  void totalsAndScansAgree() throws Exception {
    List<Row> rows = varied();
    put(TENANT, rows);
    settle();
    for (long[] range :
        new long[][] {{T0, T0 + 600 * SECOND}, {T0 + 100 * SECOND, T0 + 101 * SECOND}}) {
      Map<Labels, Long> counts = new HashMap<>();
      Map<Labels, Long> lengths = new HashMap<>();
      try (LogSelection s = store.select(TENANT, ALL, range[0], range[1])) {
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
        if (r.time >= range[0] && r.time < range[1]) {
          wantCounts.merge(r.stream, 1L, Long::sum);
          wantLengths.merge(r.stream, (long) r.body.length(), Long::sum);
        }
      }
      assertThat(counts).isEqualTo(wantCounts);
      assertThat(lengths).isEqualTo(wantLengths);
    }
  }

  @Test
  void labelsAreThoseOfStreamsWithEntriesInTheRange() throws Exception {
    put(
        Row.of(Labels.of("app", "a", "pod", "1"), T0, "x"),
        Row.of(Labels.of("app", "b", "zone", "z"), T0 + 10 * SECOND, "x"));
    settle();
    assertThat(store.labelNames(TENANT, ALL, T0, T0 + 20 * SECOND))
        .containsExactly("app", "pod", "zone");
    assertThat(store.labelNames(TENANT, ALL, T0, T0 + SECOND)).containsExactly("app", "pod");
    assertThat(store.labelValues(TENANT, "app", ALL, T0, T0 + 20 * SECOND))
        .containsExactly("a", "b");
    assertThat(
            store.labelValues(
                TENANT, "app", List.of(Matcher.equal("zone", "z")), T0, T0 + 20 * SECOND))
        .containsExactly("b");
    assertThat(store.labelValues(TENANT, "app", List.of(), T0 + SECOND, T0 + 20 * SECOND))
        .containsExactly("b");
    assertThat(store.series(TENANT, ALL, T0, T0 + 20 * SECOND))
        .containsExactly(Labels.of("app", "a", "pod", "1"), Labels.of("app", "b", "zone", "z"));
  }

  @Test
  void patternsCountEveryFittingRowOnce() throws Exception {
    List<Row> rows = varied();
    put(TENANT, rows);
    settle();
    for (LogFilter f : List.of(LogFilter.NONE, lines(contains("GET")))) {
      Map<String, Long> counts = new HashMap<>();
      try (LogSelection s = store.select(TENANT, ALL, T0 + 60 * SECOND, T0 + 600 * SECOND)) {
        s.segments().forEach(g -> g.patterns(f, (p, n) -> counts.merge(p, n, Long::sum)));
      }
      assertThat(counts.values().stream().mapToLong(n -> n).sum())
          .isEqualTo(rows.stream().filter(r -> r.time >= T0 + 60 * SECOND && fits(f, r)).count());
      assertThat(counts).containsKey("GET /api/items/<_> <_> <_>.<_>ms");
    }
  }

  @Test
  void lengthsAreKnownWithoutBodies() throws Exception {
    List<Row> rows = new ArrayList<>(varied());
    rows.add(Row.of(app("a0"), T0, "\1\2\3 a\3 5"));
    put(TENANT, rows);
    settle();
    Map<Long, Integer> lengths = new TreeMap<>();
    try (LogSelection s = store.select(TENANT, ALL, T0, T0 + 600 * SECOND)) {
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
    rows.forEach(r -> want.merge(r.time, r.body.length(), Integer::sum));
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
    try (LogSelection s = store.select(TENANT, ALL, T0, T0 + 60 * SECOND)) {
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

  // ---- tenants

  @Test
  void tenantsAreSeparate() throws Exception {
    put("one", List.of(Row.of(app("a"), T0, "of one")));
    put("../two/..", List.of(Row.of(app("a"), T0, "of two")));
    settle();
    assertThat(store.tenants()).containsExactly("../two/..", "one");
    assertThat(read("one", ALL, LogFilter.NONE, T0, T0 + 1))
        .extracting(Row::body)
        .containsExactly("of one");
    assertThat(read("../two/..", ALL, LogFilter.NONE, T0, T0 + 1))
        .extracting(Row::body)
        .containsExactly("of two");
    assertThat(read("three", ALL, LogFilter.NONE, T0, T0 + 1)).isEmpty();
  }

  // ---- selections and deletion

  @Test
  void aSelectionDoesNotChange() throws Exception {
    put(Row.of(app("a"), T0, "before"));
    try (LogSelection s = store.select(TENANT, ALL, T0, T0 + SECOND)) {
      put(Row.of(app("a"), T0 + 1, "after"));
      settle();
      assertThat(read(s, LogFilter.NONE)).extracting(Row::body).containsExactly("before");
    }
    assertThat(read(LogFilter.NONE)).hasSize(2);
  }

  @Test
  void aScanEndsWhenItsConsumerHasEnough() throws Exception {
    put(TENANT, varied());
    settle();
    try (LogSelection s = store.select(TENANT, ALL, T0, T0 + 600 * SECOND)) {
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
    put(TENANT, rows);
    settle();
    LogFilter resets = lines(contains("reset"));
    LogDeletion d =
        store.delete(
            TENANT,
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
                        !(r.stream.get("app").equals("a2")
                            && r.body.contains("reset")
                            && r.time >= T0 + 100 * SECOND
                            && r.time < T0 + 400 * SECOND))
                .toList());
    assertThat(want).hasSizeLessThan(rows.size());
    want.add(later);
    assertThat(read(LogFilter.NONE)).containsExactlyInAnyOrderElementsOf(want);
    assertThat(store.deletions(TENANT)).extracting(LogDeletion::id).containsExactly(d.id());
    assertThat(store.deletions("other")).isEmpty();
    settle();
    assertThat(read(LogFilter.NONE)).containsExactlyInAnyOrderElementsOf(want);
  }

  @Test
  void aDeletionCanBeTakenBackBeforeItIsProcessed() throws Exception {
    List<Row> rows = varied();
    put(TENANT, rows);
    LogDeletion d =
        store.delete(TENANT, "{app=~\".+\"}", ALL, LogFilter.NONE, T0, T0 + 1000 * SECOND);
    assertThat(read(LogFilter.NONE)).isEmpty();
    assertThat(store.cancelDeletion("other", d.id())).isFalse();
    assertThat(store.cancelDeletion(TENANT, d.id())).isTrue();
    assertThat(store.cancelDeletion(TENANT, d.id())).isFalse();
    assertThat(read(LogFilter.NONE)).containsExactlyInAnyOrderElementsOf(rows);
  }
}
