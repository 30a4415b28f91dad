package dev.tethys.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.regex.Regex;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Selection of rows by lines, metadata and streams, compared with a check of every row. */
public abstract class LogStoreFilterContract extends LogStoreFixture {
  @Test
  void lineFiltersFindWhatAReaderOfEveryLineFinds() throws Exception {
    List<Row> rows = varied();
    put(SCOPE, rows);
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
      filters.add(lines(notContaining(needle)));
      filters.add(lines(contains(needle), notContaining("7")));
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
        lines(
            new LogFilter.Contains(List.of(bytes("GET"), bytes("peer")), false),
            notContaining("1")));
    filters.add(lines(new LogFilter.Contains(List.of(bytes("GET"), bytes("peer")), true)));
    filters.add(lines(new LogFilter.Test((b, from, to) -> (to - from) % 2 == 0)));
    for (LogFilter f : filters) {
      assertThat(read(f))
          .as("%s", f)
          .containsExactlyInAnyOrderElementsOf(rows.stream().filter(r -> fits(f, r)).toList());
    }
  }

  @Test
  void metadataFiltersFindWhatAReaderOfEveryRowFinds() throws Exception {
    List<Row> rows = varied();
    put(SCOPE, rows);
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
    put(SCOPE, rows);
    settle();
    List<LogFilter> filters =
        List.of(
            LogFilter.NONE,
            lines(contains("reset by peer")),
            lines(notContaining("1"), matches("[0-9]{3}")),
            new LogFilter(List.of(), List.of(Matcher.equal("level", "error"))));
    for (LogFilter f : filters) {
      for (int limit : new int[] {1, 7, 300, 1000}) {
        for (boolean forward : new boolean[] {true, false}) {
          List<Long> all =
              rows.stream()
                  .filter(r -> fits(f, r) && r.time() >= T0 + 5 && r.time() < T0 + 550 * SECOND)
                  .map(Row::time)
                  .sorted()
                  .toList();
          int n = Math.min(limit, all.size());
          try (LogSelection s = store.select(SCOPE, ALL, T0 + 5, T0 + 550 * SECOND)) {
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
}
