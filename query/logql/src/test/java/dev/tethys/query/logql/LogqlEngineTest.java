package dev.tethys.query.logql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.query.logql.LogqlValue.LogStream;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryException.Kind;
import dev.tethys.query.promql.Value;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Log queries, what goes to the store, and limits. */
@Tag("slow")
class LogqlEngineTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Labels API = Labels.of("service", "api");
  private static final Labels WEB = Labels.of("service", "web");

  private final InMemoryLogStore store = new InMemoryLogStore(4);
  private final LogqlEngine engine =
      new LogqlEngine(store, 2, MemoryShare.unlimited(), System::nanoTime);

  @AfterEach
  void close() {
    engine.close();
  }

  private LogqlResult run(String query, Direction direction, int limit) {
    return engine.query(
        LogqlRequest.entries(Scope.DEFAULT, query, 0, 1000 * SECOND, direction, limit),
        LogqlLimits.DEFAULT);
  }

  private List<LogEntry> entries(String query, Direction direction, int limit) {
    return ((LogqlValue.Entries) run(query, direction, limit).value()).entries();
  }

  private Value metric(String query, long time) {
    return ((LogqlValue.Metric)
            engine
                .query(LogqlRequest.instant(Scope.DEFAULT, query, time), LogqlLimits.DEFAULT)
                .value())
        .value();
  }

  private void fill(int rows) {
    for (int i = 0; i < rows; i++) {
      store.add(i % 2 == 0 ? API : WEB, i * SECOND, "line " + i, "user", "u" + i % 3);
    }
  }

  @Test
  void returnsEntriesInDirectionOrderUpToTheLimit() {
    fill(50);
    assertThat(entries("{service=~\".+\"}", Direction.FORWARD, 3))
        .extracting(LogEntry::text)
        .containsExactly("line 0", "line 1", "line 2");
    assertThat(entries("{service=~\".+\"}", Direction.BACKWARD, 3))
        .extracting(LogEntry::text)
        .containsExactly("line 49", "line 48", "line 47");
    assertThat(entries("{service=\"web\"} |= \"4\"", Direction.BACKWARD, 2))
        .extracting(LogEntry::text)
        .containsExactly("line 49", "line 47");
  }

  @Test
  void rangeEndIsExclusive() {
    fill(5);
    LogqlRequest r =
        LogqlRequest.entries(
            Scope.DEFAULT, "{service=~\".+\"}", SECOND, 3 * SECOND, Direction.FORWARD, 10);
    assertThat(((LogqlValue.Entries) engine.query(r, LogqlLimits.DEFAULT).value()).entries())
        .extracting(LogEntry::text)
        .containsExactly("line 1", "line 2");
  }

  @Test
  void skipsSegmentsThatCannotContainFirstEntries() {
    fill(400);
    store.scans = 0;
    assertThat(entries("{service=~\".+\"}", Direction.BACKWARD, 5)).hasSize(5);
    assertThat(store.scans).isLessThan(10);
  }

  @Test
  void intervalThinsEntries() {
    fill(10);
    LogqlRequest r =
        new LogqlRequest(
            Scope.DEFAULT,
            "{service=~\".+\"}",
            0,
            100 * SECOND,
            SECOND,
            3 * SECOND,
            Direction.FORWARD,
            3);
    assertThat(((LogqlValue.Entries) engine.query(r, LogqlLimits.DEFAULT).value()).entries())
        .extracting(LogEntry::text)
        .containsExactly("line 0", "line 3", "line 6");
  }

  @Test
  void keepsLabelsByCategory() {
    store.add(API, SECOND, "a=1 service=other", "user", "u1", "service", "meta");
    LogEntry e = entries("{service=\"api\"} | logfmt", Direction.FORWARD, 1).getFirst();
    assertThat(e.stream()).isEqualTo(API);
    assertThat(e.metadata()).isEqualTo(Labels.of("user", "u1"));
    assertThat(e.parsed()).isEqualTo(Labels.of("a", "1", "service_extracted", "other"));
    LogqlValue.Entries v = new LogqlValue.Entries(List.of(e));
    assertThat(v.streams(true)).extracting(LogStream::labels).containsExactly(API);
    assertThat(v.streams(false))
        .extracting(LogStream::labels)
        .containsExactly(
            Labels.of("service", "api", "user", "u1", "a", "1", "service_extracted", "other"));
  }

  @Test
  void formatsChangeLinesAndLabels() {
    store.add(API, SECOND, "\u001b[31mred\u001b[0m took=5ms", "user", "u1");
    LogEntry e =
        entries(
                "{service=\"api\"} | decolorize | logfmt | label_format ms=took"
                    + " | line_format \"{{.user}}: {{__line__}}\"",
                Direction.FORWARD,
                1)
            .getFirst();
    assertThat(e.text()).isEqualTo("u1: red took=5ms");
    assertThat(e.parsed()).isEqualTo(Labels.of("ms", "5ms"));
  }

  @Test
  void growingLinesEndTheQuery() {
    store.add(API, SECOND, "0123456789");
    for (String doubling :
        List.of(
            " | line_format `{{__line__}}{{__line__}}`",
            " | label_format x=`{{.x}}{{.x}}abcdefgh`",
            " | label_format x=`{{.x}}{{.x}}{{printf \"%s\" \"abcdefgh\"}}`")) {
      String q = "{service=\"api\"}" + doubling.repeat(60);
      assertThatThrownBy(() -> entries(q + " | __error__=``", Direction.FORWARD, 1))
          .as(doubling)
          .isInstanceOf(QueryException.class)
          .hasMessageContaining("bytes of one log line");
    }
  }

  @Test
  void rejectsRegexpWithTooManyGroups() {
    store.add(API, SECOND, "0123456789");
    String q = "{service=\"api\"} | regexp `(?P<a>.)" + "(.*)".repeat(5000) + "`";
    assertThatThrownBy(() -> entries(q, Direction.FORWARD, 1))
        .isInstanceOf(LogqlParseException.class)
        .hasMessageContaining("expression too large");
  }

  @Test
  void failedRowsKeepTheirError() {
    store.add(API, SECOND, "no json");
    LogEntry e = entries("{service=\"api\"} | json", Direction.FORWARD, 1).getFirst();
    assertThat(e.parsed().get("__error__")).isEqualTo("JSONParserErr");
    assertThat(e.parsed().get("__error_details__")).isNotEmpty();
    assertThat(entries("{service=\"api\"} | json | __error__=\"\"", Direction.FORWARD, 1))
        .isEmpty();
  }

  @Test
  void pushesDownLineFiltersAfterParsers() {
    fill(10);
    entries(
        "{service=~\".+\"} |= \"line\" | json | drop __error__ |~ \"a|b\"", Direction.FORWARD, 1);
    assertThat(store.lastFilter.lines())
        .map(l -> texts((LogFilter.Contains) l))
        .containsExactly(List.of("line"), List.of("a", "b"));
  }

  private static List<String> texts(LogFilter.Contains c) {
    return c.texts().stream().map(t -> new String(t, StandardCharsets.UTF_8)).toList();
  }

  @Test
  void lineFiltersAfterAFormatStayInThePipeline() {
    fill(10);
    assertThat(entries("{service=~\".+\"} | line_format \"x\" |= \"line\"", Direction.FORWARD, 9))
        .isEmpty();
    assertThat(store.lastFilter.lines()).isEmpty();
  }

  @Test
  void pushesDownOnlyEquivalentMetadataFilters() {
    fill(10);
    metric("sum(count_over_time({service=\"api\"} | user=\"u1\" [1m]))", 60 * SECOND);
    assertThat(store.lastFilter.metadata()).hasSize(1);
    // the stream has the label
    metric("sum(count_over_time({service=\"api\"} | service=\"api\" [1m]))", 60 * SECOND);
    assertThat(store.lastFilter.metadata()).isEmpty();
    // a parser may make the label
    metric("sum(count_over_time({service=\"api\"} | logfmt | user=\"u1\" [1m]))", 60 * SECOND);
    assertThat(store.lastFilter.metadata()).isEmpty();
  }

  @Test
  void countsReadOnlyRequiredColumns() {
    fill(10);
    metric("sum by (user) (count_over_time({service=~\".+\"}[1m]))", 60 * SECOND);
    assertThat(store.lastNeeds.bodies()).isFalse();
    assertThat(store.lastNeeds.times()).isFalse();
    assertThat(store.lastNeeds.lengths()).isFalse();
    assertThat(store.lastNeeds.metadata()).containsExactly("user");
    metric("sum by (service) (bytes_rate({service=~\".+\"} |= \"1\" [1m]))", 60 * SECOND);
    assertThat(store.lastNeeds.bodies()).isFalse();
    assertThat(store.lastNeeds.lengths()).isTrue();
    assertThat(store.lastNeeds.metadata()).isEmpty();
    metric("sum(count_over_time({service=~\".+\"} | json [1m]))", 60 * SECOND);
    assertThat(store.lastNeeds.bodies()).isFalse();
  }

  @Test
  void countsWithoutFilterComeFromTotals() {
    fill(40);
    store.scans = 0;
    Value v = metric("sum by (service) (count_over_time({service=~\".+\"}[1h]))", 3000 * SECOND);
    assertThat(((Value.InstantVector) v).samples())
        .extracting(Value.Sample::value)
        .containsExactly(20.0, 20.0);
    assertThat(store.scans).isZero();
  }

  @Test
  void statisticsReportReadData() {
    fill(8);
    LogqlStatistics s = run("{service=\"api\"}", Direction.FORWARD, 100).statistics();
    assertThat(s.linesProcessed()).isEqualTo(4);
    assertThat(s.bytesProcessed()).isEqualTo(4 * "line 0".length());
    assertThat(s.entriesReturned()).isEqualTo(4);
    assertThat(s.seconds()).isPositive();
  }

  @Test
  void namesDamagedDataAndReturnsTheRest() {
    fill(50);
    store.damagedSegment = 2;
    LogqlResult lines = run("{service=\"api\"}", Direction.FORWARD, 100);
    assertThat(((LogqlValue.Entries) lines.value()).entries()).isNotEmpty().hasSizeLessThan(25);
    assertThat(lines.warnings()).singleElement().asString().contains("block 2");
    LogqlResult count =
        engine.query(
            LogqlRequest.instant(
                Scope.DEFAULT,
                "sum(count_over_time({service=\"api\"} |= \"line\" [1h]))",
                1000 * SECOND),
            LogqlLimits.DEFAULT);
    assertThat(count.warnings()).singleElement().asString().contains("block 2");
  }

  private void refused(LogqlRequest r, LogqlLimits limits, Kind kind, String message) {
    assertThatThrownBy(() -> engine.query(r, limits))
        .isInstanceOfSatisfying(
            QueryException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(kind);
              assertThat(Objects.requireNonNull(e.getMessage())).contains(message);
            });
  }

  @Test
  void limitsAreNamed() {
    for (int i = 0; i < 20; i++) {
      store.add(Labels.of("service", "s" + i), SECOND, "x");
    }
    LogqlLimits l = LogqlLimits.DEFAULT;
    refused(
        LogqlRequest.entries(Scope.DEFAULT, "{a=\"b\"}", 0, 1, Direction.FORWARD, 5001),
        l,
        Kind.BAD_DATA,
        "max entries limit per query exceeded, limit > max_entries_limit_per_query (5001 > 5000)");
    refused(
        LogqlRequest.range(
            Scope.DEFAULT, "rate({a=\"b\"}[1m])", 0, 722 * 3600 * SECOND, 3600 * SECOND),
        l,
        Kind.BAD_DATA,
        "the query time range exceeds the limit (query length: 722h, limit: 721h)");
    refused(
        LogqlRequest.range(Scope.DEFAULT, "rate({a=\"b\"}[1m])", 0, 20_000 * SECOND, SECOND),
        l,
        Kind.BAD_DATA,
        "exceeded maximum resolution");
    refused(
        LogqlRequest.instant(Scope.DEFAULT, "{a=\"b\"}", 0),
        l,
        Kind.BAD_DATA,
        "log queries are not supported as an instant query type");
    refused(
        LogqlRequest.instant(Scope.DEFAULT, "count_over_time({service=~\".+\"}[1m])", 10 * SECOND),
        new LogqlLimits(10, 5, Duration.ZERO, Duration.ZERO, 100, Duration.ofMinutes(1), 1 << 20),
        Kind.LIMIT,
        "maximum number of series (5) reached for a single query");
    refused(
        LogqlRequest.instant(Scope.DEFAULT, "count_over_time({service=~\".+\"}[1m])", 10 * SECOND),
        new LogqlLimits(10, 50, Duration.ZERO, Duration.ZERO, 100, Duration.ofMinutes(1), 1000),
        Kind.LIMIT,
        "more than the 1000 of a query");
    refused(
        LogqlRequest.instant(Scope.DEFAULT, "rate({a=\"b\"}[2h])", 0),
        new LogqlLimits(
            10, 5, Duration.ZERO, Duration.ofHours(1), 100, Duration.ofMinutes(1), 1 << 20),
        Kind.BAD_DATA,
        "[interval] value exceeds limit: [2h] > [1h]");
  }

  @Test
  void boundsFormatsForTheWholeQuery() {
    fill(5000);
    for (String stages :
        List.of(
            "line_format `{{ printf \"%1000000d\" 7 }}`",
            "line_format `{{ $x := printf \"%1000000s\" .user }}{{ len $x }}`",
            "label_format a=`{{ printf \"%900000s\" .user }}`",
            "label_format a=`{{ repeat 900000 \"x\" }}`, b=`{{ .a }}{{ .a }}`",
            "line_format `{{ alignLeft 1000000 .user }}`",
            "line_format `{{ indent 900000 .user }}`",
            "line_format `{{ range (split \"x\" (repeat 100000 \"x\")) }}{{ end }}`",
            "line_format `{{ regexReplaceAll \"y\" (repeat 60000 \"x\") \"\" | len }}`")) {
      refused(
          LogqlRequest.entries(
              Scope.DEFAULT,
              "{service=~\".+\"} | " + stages,
              0,
              5000 * SECOND,
              Direction.FORWARD,
              5000),
          LogqlLimits.DEFAULT,
          Kind.LIMIT,
          "the stages of the query make more than 67108864 bytes beyond 16384 of each log line");
      refused(
          LogqlRequest.instant(
              Scope.DEFAULT,
              "sum(count_over_time({service=~\".+\"} | " + stages + " | a != \"b\" [2h]))",
              5000 * SECOND),
          LogqlLimits.DEFAULT,
          Kind.LIMIT,
          "beyond 16384 of each log line");
    }
    String far = "{service=~\".+\"} | line_format `{{ printf \"%1000000000d\" 7 }}`";
    assertThat(entries(far, Direction.FORWARD, 5000))
        .hasSize(1000)
        .extracting(LogEntry::text)
        .containsOnly("%!(NOVERB)%!(EXTRA int=7)");
    assertThat(
            entries(
                "{service=~\".+\"} | line_format `{{ printf \"%9000d\" 7 }}`",
                Direction.FORWARD, 1000))
        .hasSize(1000);
  }

  @Test
  void stopsAbandonedQuery() {
    fill(400);
    AtomicInteger asked = new AtomicInteger();
    assertThatThrownBy(
            () ->
                engine.query(
                    LogqlRequest.range(
                        Scope.DEFAULT,
                        "count_over_time({service=~\".+\"} | logfmt [1s])",
                        0,
                        400 * SECOND,
                        SECOND),
                    LogqlLimits.DEFAULT,
                    () -> asked.incrementAndGet() > 5))
        .isInstanceOfSatisfying(
            QueryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CANCELED));
  }

  @Test
  void stopsTooLongQuery() {
    fill(40);
    long[] now = {0};
    try (LogqlEngine slow =
        new LogqlEngine(store, 1, MemoryShare.unlimited(), () -> now[0] += SECOND)) {
      assertThatThrownBy(
              () ->
                  slow.query(
                      LogqlRequest.instant(
                          Scope.DEFAULT,
                          "count_over_time({service=~\".+\"} | logfmt [1h])",
                          60 * SECOND),
                      new LogqlLimits(
                          10, 5, Duration.ZERO, Duration.ZERO, 100, Duration.ofSeconds(5), 0)))
          .isInstanceOfSatisfying(
              QueryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TIMEOUT));
    }
  }

  @Test
  void responseCountsAgainstQueryMemoryUntilWritten() {
    fill(40);
    LogqlRequest all =
        LogqlRequest.entries(
            Scope.DEFAULT, "{service=~\".+\"}", 0, 1000 * SECOND, Direction.FORWARD, 1000);
    long bytes =
        entries("{service=~\".+\"}", Direction.FORWARD, 1000).stream()
            .mapToLong(LogEntry::bytes)
            .sum();
    try (LogqlEngine small =
        new LogqlEngine(
            store, 1, MemoryShare.alone(MemoryUse.LOG_QUERIES, 4 * bytes), System::nanoTime)) {
      assertThat(
              small.<List<String>>query(
                  all,
                  LogqlLimits.DEFAULT,
                  () -> false,
                  r -> {
                    assertThatThrownBy(() -> small.query(all, LogqlLimits.DEFAULT))
                        .isInstanceOfSatisfying(
                            QueryException.class,
                            e -> assertThat(e.kind()).isEqualTo(Kind.OVERLOAD));
                    return r.warnings();
                  }))
          .isEmpty();
      assertThat(small.query(all, LogqlLimits.DEFAULT).warnings()).isEmpty();
    }
    try (LogqlEngine tiny =
        new LogqlEngine(
            store, 1, MemoryShare.alone(MemoryUse.LOG_QUERIES, 2 * bytes), System::nanoTime)) {
      assertThatThrownBy(() -> tiny.query(all, LogqlLimits.DEFAULT))
          .isInstanceOfSatisfying(
              QueryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LIMIT));
    }
  }

  @Test
  void laterEntriesOfALimitCountByLength() {
    for (int i = 0; i < 20; i++) {
      store.add(API, i * SECOND, "x".repeat(1 + 1000 * i));
    }
    try (LogqlEngine small =
        new LogqlEngine(
            store, 1, MemoryShare.alone(MemoryUse.LOG_QUERIES, 4000), System::nanoTime)) {
      LogqlRequest two =
          LogqlRequest.entries(
              Scope.DEFAULT, "{service=\"api\"}", 0, 1000 * SECOND, Direction.BACKWARD, 2);
      assertThatThrownBy(() -> small.query(two, LogqlLimits.DEFAULT))
          .isInstanceOf(QueryException.class);
    }
  }

  @Test
  void tenantsAreSeparate() {
    fill(4);
    LogqlRequest r =
        LogqlRequest.entries(
            Scope.of("other"), "{service=~\".+\"}", 0, 100 * SECOND, Direction.FORWARD, 9);
    assertThat(((LogqlValue.Entries) engine.query(r, LogqlLimits.DEFAULT).value()).entries())
        .isEmpty();
  }

  @Test
  void acceptsGrafanaHealthQuery() {
    Value v = metric("vector(1)+vector(1)", 4_000_000_000L);
    assertThat(((Value.InstantVector) v).samples())
        .extracting(Value.Sample::value)
        .containsExactly(2.0);
  }
}
