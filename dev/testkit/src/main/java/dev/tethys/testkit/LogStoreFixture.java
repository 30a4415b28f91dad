package dev.tethys.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.logs.CopyBuffer;
import dev.tethys.model.logs.LogBatch;
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
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * Test store, with rows to write and access to the stored rows. A test of a store opens it between
 * {@link #open} and {@link #settle}.
 */
public abstract class LogStoreFixture {
  /** 2026-11-25T12:00:00Z in Unix nanoseconds. */
  protected static final long T0 = 1_795_608_000_000_000_000L;

  protected static final long SECOND = 1_000_000_000L;
  protected static final Scope SCOPE = Scope.DEFAULT;
  static final List<Matcher> ALL = List.of(Matcher.of(Matcher.Type.REGEX, "app", ".+"));

  /** Store under test. */
  protected LogStore store;

  /** A row as a test writes and reads it; each character of the body is a byte. */
  public record Row(Labels stream, long time, String body, Map<String, String> metadata) {
    /** Creates a row without metadata. */
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

  static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Creates a batch from rows. */
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
    put(SCOPE, Arrays.asList(rows));
  }

  protected void put(Scope scope, List<Row> rows) {
    assertThat(store.append(scope, batch(rows)).refusals()).isEmpty();
  }

  /** Rows of a selection that fit a filter. */
  public static List<Row> read(LogSelection s, LogFilter filter) {
    List<Row> out = new ArrayList<>();
    for (LogSegment g : s.segments()) {
      read(s, g, filter, out);
    }
    return out;
  }

  /** Adds the rows of a segment that fit a filter; those before damage are also added. */
  public static void read(LogSelection s, LogSegment g, LogFilter filter, List<Row> out) {
    g.scan(
        filter,
        LogNeeds.ALL,
        rows -> {
          checkColumns(rows);
          CopyBuffer copies = new CopyBuffer();
          for (int i = 0; i < rows.size(); i++) {
            rows.body(i, copies.clear());
            int length = copies.size;
            assertThat(length).isEqualTo(rows.bodyLength(i));
            List<String> names = new ArrayList<>();
            List<Integer> ends = new ArrayList<>();
            rows.forEachMetadata(
                i,
                copies,
                (name, offset, count) -> {
                  assertThat(offset + count).isEqualTo(copies.size);
                  names.add(name);
                  ends.add(copies.size);
                });
            assertThat(names).isSorted();
            // Read after the store has passed on everything: nothing is overwritten.
            String body = text(copies.bytes, 0, length);
            Map<String, String> metadata = new TreeMap<>();
            for (int k = 0; k < names.size(); k++) {
              int from = k == 0 ? length : ends.get(k - 1);
              String value = text(copies.bytes, from, ends.get(k) - from);
              metadata.put(names.get(k), value);
              int size = copies.size;
              assertThat(rows.metadata(i, names.get(k), copies)).isTrue();
              assertThat(text(copies.bytes, size, copies.size - size)).isEqualTo(value);
            }
            assertThat(rows.time(i)).isBetween(g.firstTime(), g.lastTime());
            out.add(new Row(s.streams().get(rows.stream(i)), rows.time(i), body, metadata));
          }
          return true;
        });
  }

  /** Compares columns of a batch with its rows. */
  static void checkColumns(LogRowBatch rows) {
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
      CopyBuffer value = new CopyBuffer();
      for (int i = 0; i < rows.size(); i++) {
        assertThat(times[i]).isEqualTo(rows.time(i));
        assertThat(streams[i]).isEqualTo(rows.stream(i));
        boolean has = rows.metadata(i, name, value.clear());
        if (values >= 0) {
          assertThat(codes[i]).isBetween(has ? 0 : -1, has ? values - 1 : -1);
        }
        if (values >= 0 && has) {
          String text = text(value.bytes, 0, value.size);
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

  static String text(byte[] b, int offset, int length) {
    return new String(b, offset, length, StandardCharsets.ISO_8859_1);
  }

  protected List<Row> read(
      Scope scope, List<Matcher> matchers, LogFilter filter, long from, long to) {
    try (LogSelection s = store.select(scope, matchers, from, to)) {
      return read(s, filter);
    }
  }

  protected List<Row> read(LogFilter filter) {
    return read(SCOPE, ALL, filter, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  static LogFilter lines(LogFilter.Line... lines) {
    return new LogFilter(List.of(lines), List.of());
  }

  static Labels app(String name) {
    return Labels.of("app", name);
  }

  static LogFilter.Line contains(String text) {
    return new LogFilter.Contains(List.of(bytes(text)), false);
  }

  static LogFilter.Line notContaining(String text) {
    return new LogFilter.Contains(List.of(bytes(text)), true);
  }

  static LogFilter.Line matches(String expression) {
    return new LogFilter.Matches(Regex.compile(expression), false);
  }

  List<Row> varied() {
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

  static boolean fits(LogFilter f, Row r) {
    byte[] b = bytes(r.body);
    return f.lines().stream().allMatch(l -> l.fits(b, 0, b.length))
        && Matcher.matchAll(f.metadata(), r.metadata);
  }

  List<String> bodies(Matcher... m) {
    return read(SCOPE, List.of(m), LogFilter.NONE, T0, T0 + SECOND).stream()
        .map(Row::body)
        .toList();
  }
}
