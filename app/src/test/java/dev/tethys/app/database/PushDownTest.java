package dev.tethys.app.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Matcher;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.Resolution;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.StepWindows;
import dev.tethys.prometheus.ForeignStores;
import dev.tethys.store.remote.ForeignStore;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoreType;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What databases are asked, word for word, by a server that has nothing. That they find with it
 * what they should is seen over real ones, in tests of the program.
 */
@Tag("slow")
@Tag("contrib")
class PushDownTest {
  private static final SelectHints RANGE =
      SelectHints.range(1_700_000_000_000L, 1_700_000_060_000L);

  /** Four columns. */
  private static final String META = "[[\"ts\"],[\"value\"],[\"mark\"],[\"labels\"]]";

  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final HttpClientFactory clients = new HttpClientFactory("tethys/test");
  private UnaryOperator<String> answer = q -> "{}";
  private Function<String, byte[]> bytes = q -> answer.apply(q).getBytes(StandardCharsets.UTF_8);
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        x -> {
          String q = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          asked.add(q.startsWith("q=") ? URLDecoder.decode(q, StandardCharsets.UTF_8) : q);
          byte[] b = bytes.apply(q);
          x.sendResponseHeaders(
              b.length > 0 && b[0] == '!' ? 400 : 200, b.length == 0 ? -1 : b.length);
          x.getResponseBody().write(b);
          x.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    clients.close();
  }

  private ForeignStore store(String type, String more) throws IOException {
    String yaml =
        "[{name: far, type: %s, url: 'http://127.0.0.1:%d'%s}]"
            .formatted(type, server.getAddress().getPort(), more);
    StoreConfig c =
        StoreConfig.readAll(
                StoreConfig.LIST.read(YamlDocument.parse("s.yml", null, yaml).root()),
                ForeignStores.TYPES)
            .getFirst();
    return c.opener()
        .open(new StoreType.Dependencies(clients, new StoreLimits(1000, 1 << 20), new Registry()));
  }

  private static Matcher matcher(String operator, String name, String value) {
    for (Matcher.Type t : Matcher.Type.values()) {
      if (t.operator().equals(operator)) {
        return Matcher.of(t, name, value);
      }
    }
    throw new IllegalArgumentException(operator);
  }

  /** What is asked for series of {@code up} with one more matcher. */
  private String question(String type, String more, Matcher m) throws Exception {
    answer =
        q ->
            switch (type) {
              case "clickhouse" -> "";
              case "opentsdb" -> "[]";
              case "tdengine" ->
                  "{\"code\":0,\"column_meta\":%s,\"data\":[],\"rows\":0}".formatted(META);
              default -> "{}";
            };
    try (ForeignStore s = store(type, more)) {
      assertThat(s.select(RANGE, List.of(Matcher.equal("__name__", "up"), m))).isEmpty();
    }
    return asked.getFirst();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      quoteCharacter = '\0',
      value = {
        "=~ ! a|b ! (\"job\" = 'a' OR \"job\" = 'b')",
        "=~ ! x(1|2) ! (\"job\" = 'x1' OR \"job\" = 'x2')",
        "=~ ! it's|b ! (\"job\" = 'it\\'s' OR \"job\" = 'b')",
        "= ! a ! (\"job\" = 'a')",
        "=~ ! a/b.* ! \"job\" =~ /^(?:a\\/b.*)$/",
        "=~ ! (a|b).+ ! \"job\" =~ /^(?:(a|b).+)$/",
      })
  void influxIsAskedWithOrs(String operator, String value, String condition) throws Exception {
    assertThat(question("influxdb", ", database: d", matcher(operator, "job", value)))
        .contains("time >= 1700000000000ms AND time <= 1700000060000ms AND " + condition)
        .contains("FROM \"up\" WHERE");
  }

  @Test
  void queriesInfluxForRequiredTags() throws Exception {
    assertThat(
            question("influxdb", ", database: d", Matcher.of(Matcher.Type.NOT_REGEX, "job", "a|")))
        .contains("AND (\"job\" != 'a' AND \"job\" != '')");
  }

  /** Version 3 compares nothing with a tag that is absent, and versions disagree about others. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"=~;a|''", "!~;a|b", "!=;a", "=~;.*", "=~;(?i)a+", "=~;a\\d+", "=~;a.", "!~;a.*"})
  void doesNotPushDownAmbiguousInfluxQueries(String operator, String value) throws Exception {
    Matcher m = matcher(operator, "job", value.replace("''", ""));
    assertThat(question("influxdb", ", database: d", m)).doesNotContain("job");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "=~;job;a|b;{\"terms\":{\"labels.job\":[\"a\",\"b\"]}}",
        "=;job;a;{\"terms\":{\"labels.job\":[\"a\"]}}",
        "!~;job;a|b;{\"bool\":{\"must_not\":[{\"terms\":{\"labels.job\":[\"a\",\"b\"]}}]}}",
        "!=;job;a;{\"bool\":{\"must_not\":[{\"terms\":{\"labels.job\":[\"a\"]}}]}}",
        "!=;__name__;a;{\"bool\":{\"must_not\":[{\"terms\":{\"metric\":[\"a\"]}}]}}",
      })
  void elasticsearchIsAskedForTerms(String operator, String name, String value, String condition)
      throws Exception {
    assertThat(question("elasticsearch", "", matcher(operator, name, value)))
        .contains("\"gte\":1700000000000,\"lte\":1700000060000")
        .contains("{\"terms\":{\"metric\":[\"up\"]}}")
        .contains(condition);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"=~;job;a|''", "=~;job;a.*", "=~;with space;a|b"})
  void elasticsearchIsNotAsked(String operator, String name, String value) throws Exception {
    Matcher m = matcher(operator, name, value.replace("''", ""));
    assertThat(question("elasticsearch", "", m)).doesNotContain(name);
  }

  @Test
  void queriesElasticsearchForNamesMatchingAnExpression() throws Exception {
    answer =
        q ->
            q.contains("composite") && !q.contains("after")
                ? "{\"aggregations\":{\"groups\":{\"after_key\":{\"id\":\"up\"},\"buckets\":["
                    + "{\"key\":{\"id\":\"node_a\"},\"doc_count\":1},"
                    + "{\"key\":{\"id\":\"node_b\"},\"doc_count\":1},{\"key\":{\"id\":\"up\"}}]}}}"
                : "{}";
    try (ForeignStore s = store("elasticsearch", "")) {
      s.select(RANGE, List.of(matcher("=~", "__name__", "node_.+")));
      assertThat(asked.getLast()).contains("{\"terms\":{\"metric\":[\"node_a\",\"node_b\"]}}");
      int before = asked.size();
      assertThat(s.select(RANGE, List.of(matcher("=~", "__name__", "none.+")))).isEmpty();
      assertThat(asked.size() - before).as("questions when no name is met").isEqualTo(2);
      assertThat(s.labelValues("__name__", RANGE, List.of(matcher("!~", "__name__", "u.+")), 0))
          .containsExactly("node_a", "node_b");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "=~;a|b;literal_or;a|b",
        "=~;ü|b;literal_or;_xC3_xBC|b",
        "=;a;literal_or;a",
        "=~;host-1.*;wildcard;host-1*",
        "=~;.+;wildcard;*",
        "!~;ab|''|c;not_literal_or;ab|c",
        "!~;a|'';wildcard;*", // a filter of one character is none to the server
        "!=;'';wildcard;*",
      })
  void openTsdbIsAskedWithFilters(String operator, String value, String type, String filter)
      throws Exception {
    Matcher m = matcher(operator, "job", value.replace("''", ""));
    assertThat(question("opentsdb", ", tags: [job]", m))
        .contains("\"start\":1699999999999,\"end\":1700000060001")
        .contains(
            "\"filters\":[{\"type\":\"%s\",\"groupBy\":false,\"tagk\":\"job\",\"filter\":\"%s\"}]"
                .formatted(type, filter));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"=~;job;a|''", "!~;job;a|b", "!=;job;a", "=~;other;a|b"})
  void openTsdbIsNotAsked(String operator, String name, String value) throws Exception {
    Matcher m = matcher(operator, name, value.replace("''", ""));
    assertThat(question("opentsdb", ", tags: [job]", m)).doesNotContain("filters");
  }

  @Test
  void queriesOpenTsdbByExpressionForMissingValues() throws Exception {
    answer = q -> q.contains("literal_or") ? "! No such name for 'tagv': 'a.b'" : "[]";
    try (ForeignStore s = store("opentsdb", ", tags: [job]")) {
      s.select(RANGE, List.of(Matcher.equal("__name__", "up"), matcher("=~", "job", "a\\.b|c|d")));
    }
    assertThat(asked).hasSize(4); // finite samples and others
    assertThat(asked.get(1)).contains("\"type\":\"regexp\"").contains("^(?:a\\\\.b|c|d)$");
    asked.clear();
    try (ForeignStore s = store("opentsdb", ", tags: [job]")) {
      s.select(RANGE, List.of(Matcher.equal("__name__", "up"), matcher("=", "job", "a.b")));
    }
    assertThat(asked).as("nothing is there to be found").hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "=~;a|b;`job` IN ('a','b')",
        "=~;a'|b;`job` IN ('a%27','b')",
        "=;a;`job` = 'a'",
        "!~;a|b|;`job` NOT IN ('a','b')",
        "!~;a|;`job` <> 'a'",
        "=~;host-1.*;`job` LIKE 'host-1%'",
      })
  void tdengineIsAskedForValues(String operator, String value, String condition) throws Exception {
    assertThat(question("tdengine", ", database: d", matcher(operator, "job", value)))
        .endsWith("_ts >= 1700000000000 AND _ts <= 1700000060000 AND " + condition);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "=~;a|b;(labels->'job' = 'a' OR labels->'job' = 'b')",
        "!~;a|b|;(labels->'job' <> 'a' AND labels->'job' <> 'b')",
        "=~;host-1.*;labels->'job' LIKE 'host-1%'",
        "!=;;labels->'job' IS NOT NULL",
      })
  void tdengineIsAskedForValuesOfJson(String operator, String value, String condition)
      throws Exception {
    Matcher m = matcher(operator, "job", value == null ? "" : value);
    assertThat(question("tdengine", ", database: d, protocol: sql, table: t", m))
        .endsWith("AND labels->'__name__' = 'up' AND " + condition);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"=~;a|''", "!~;a|b", "!=;a", "=~;.*", "=~;(a|b).+"})
  void tdengineIsNotAsked(String operator, String value) throws Exception {
    Matcher m = matcher(operator, "job", value.replace("''", ""));
    assertThat(question("tdengine", ", database: d", m)).doesNotContain("job");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "=~;a|b;labels['job'] IN ('a', 'b')",
        "=~;a|;labels['job'] IN ('a', '')",
        "!~;a|b;labels['job'] NOT IN ('a', 'b')",
        "=;a;labels['job'] = 'a'",
        "=~;(?i)a\\d+;match(labels['job'], '^(?s:(?i)a\\\\d+)$')",
        "=~;a[01];labels['job'] IN ('a0', 'a1')",
        "!~;a.*;NOT match(labels['job'], '^(?s:a.*)$')",
      })
  void clickHouseIsAskedForAll(String operator, String value, String condition) throws Exception {
    assertThat(question("clickhouse", "", matcher(operator, "job", value)))
        .contains(" WHERE metric = 'up' AND " + condition);
  }

  /** Steps of an hour that read a minute each. */
  private static SelectHints sparse(int steps) {
    long first = RANGE.maxTime();
    long interval = 3_600_000;
    return new SelectHints(
        RANGE.minTime(),
        first + (steps - 1) * interval,
        interval,
        60_000,
        "",
        Resolution.FINEST,
        new StepWindows(first, interval, 59_999, 0));
  }

  @Test
  void requestsOnlyDataThatStepsRead() throws Exception {
    List<Matcher> up = List.of(Matcher.equal("__name__", "up"));
    try (ForeignStore s = store("elasticsearch", "")) {
      s.select(sparse(3), up);
    }
    assertThat(asked.getLast())
        .contains(
            ",{\"bool\":{\"should\":["
                + within(60_000)
                + ","
                + within(3_660_000)
                + ","
                + within(7_260_000)
                + "]}}]}}");
    try (ForeignStore s = store("elasticsearch", "")) {
      s.select(sparse(600), up);
    }
    assertThat(asked.getLast()).doesNotContain("should");
    byte[] series = // in RowBinary: an id, and a map of one label
        ByteBuffer.allocate(29)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(1)
            .putLong(1)
            .put((byte) 1)
            .put((byte) 8)
            .put("__name__".getBytes(StandardCharsets.US_ASCII))
            .put((byte) 2)
            .put("up".getBytes(StandardCharsets.US_ASCII))
            .array();
    bytes = q -> q.contains("series, labels") ? series : new byte[0];
    try (ForeignStore s = store("clickhouse", "")) {
      s.select(sparse(3), up);
    }
    assertThat(asked.get(asked.size() - 2))
        .contains("_samples`")
        .contains(
            "AND modulo(toUnixTimestamp64Milli(ts) - (1700000000001), 3600000) <= 59999 ORDER BY");
    assertThat(asked.getLast()).contains("_histograms`").doesNotContain("modulo");
  }

  private static String within(long end) {
    long to = RANGE.minTime() + end;
    return "{\"range\":{\"@timestamp\":{\"format\":\"epoch_millis\",\"gte\":%d,\"lte\":%d}}}"
        .formatted(to - 59_999, to);
  }

  @Test
  void pushesDownLimits() throws Exception {
    answer = q -> "{}";
    try (ForeignStore s = store("influxdb", ", database: d")) {
      s.labelValues("__name__", RANGE, List.of(), 7);
      assertThat(asked.getLast()).endsWith("SHOW MEASUREMENTS LIMIT 7");
    }
    answer = q -> "";
    try (ForeignStore s = store("clickhouse", "")) {
      s.labelNames(RANGE, List.of(), 7);
      assertThat(asked.getLast()).contains(" ORDER BY found LIMIT 7 ");
      s.labelValues("job", RANGE, List.of(), 0);
      assertThat(asked.getLast()).doesNotContain("LIMIT");
    }
  }

  @Test
  void keepsExpressionsThatClickHouseEvaluatesDifferently() throws Exception {
    assertThat(question("clickhouse", "", matcher("=~", "job", "\\Qa.b\\E.*")))
        .doesNotContain("job");
  }
}
