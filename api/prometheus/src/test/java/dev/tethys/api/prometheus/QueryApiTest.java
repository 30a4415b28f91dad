package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.Value;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueryApiTest {
  private static ApiServer server;
  private ApiServer.Fixed engine = new ApiServer.Fixed();

  @BeforeAll
  static void start() throws Exception {
    server = new ApiServer(ApiSettings.DEFAULT);
    Labels up = Labels.of("__name__", "up", "job", "a\"b<\u2028ü");
    server.sample(up, 1000, 1);
    server.exemplar(up, new Exemplar(Labels.of("trace_id", "x"), 0.1, 1001));
    server.sample(Labels.of("__name__", "down", "zone", "1"), 2000, 1);
    server.sample(Labels.of("__name__", "down", "zone", "2"), 2000, 1);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void fresh() {
    engine = new ApiServer.Fixed();
    server.engine = engine;
    server.store.missing(null);
  }

  private static final String OK = "200 {\"status\":\"success\",\"data\":";

  @Test
  void scalarsAndStrings() {
    engine.value = new Value.Scalar(1435781451781L, 0.1);
    assertThat(server.get("/api/v1/query?query=0.1"))
        .isEqualTo(OK + "{\"resultType\":\"scalar\",\"result\":[1435781451.781,\"0.1\"]}}");
    engine.value = new Value.Text(-1001, "a<b");
    assertThat(server.get("/api/v1/query?query=x"))
        .isEqualTo(OK + "{\"resultType\":\"string\",\"result\":[-1.001,\"a\\u003cb\"]}}");
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "-0.0,-0",
    "1e15,1000000000000000",
    "123456,123456",
    "-7,-7",
    "1e20,100000000000000000000",
    "1e21,1e+21",
    "1e-6,0.000001",
    "1e-7,1e-07",
    "NaN,NaN",
    "Infinity,+Inf",
    "-Infinity,-Inf",
    "0.30000000000000004,0.30000000000000004",
    "4.9E-324,5e-324",
    "1.7976931348623157E308,1.7976931348623157e+308"
  })
  void floatsAsPrometheusWritesThem(double value, String text) {
    engine.value = new Value.InstantVector(0, List.of(new Value.Sample(Labels.EMPTY, value, null)));
    assertThat(server.get("/api/v1/query?query=x"))
        .isEqualTo(
            OK
                + "{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"value\":[0,\""
                + text
                + "\"]}]}}");
  }

  /** Scalars have their own encoder in Prometheus, which never writes exponents. */
  @ParameterizedTest
  @CsvSource({
    "-0.0,-0",
    "1e21,1000000000000000000000",
    "1e-7,0.0000001",
    "-2.5e22,-25000000000000000000000",
    "NaN,NaN",
    "-Infinity,-Inf",
    "0.30000000000000004,0.30000000000000004"
  })
  void scalarsAsPrometheusWritesThem(double value, String text) {
    engine.value = new Value.Scalar(0, value);
    assertThat(server.get("/api/v1/query?query=x"))
        .isEqualTo(OK + "{\"resultType\":\"scalar\",\"result\":[0,\"" + text + "\"]}}");
  }

  private static final Histogram HISTOGRAM =
      new Histogram(
          false,
          Histogram.ResetHint.UNKNOWN,
          0,
          0.25,
          2,
          7,
          3.5,
          new int[] {0, 2},
          new double[] {1, 0},
          new int[] {1, 1},
          new double[] {4},
          null);

  private static final String HISTOGRAM_JSON =
      "{\"count\":\"7\",\"sum\":\"3.5\",\"buckets\":[[1,\"-2\",\"-1\",\"4\"],"
          + "[3,\"-0.25\",\"0.25\",\"2\"],[0,\"0.5\",\"1\",\"1\"]]}";

  @Test
  void vectors() {
    engine.value =
        new Value.InstantVector(
            1500,
            List.of(
                new Value.Sample(Labels.of("a", "\u00fc\n<\\"), 2, null),
                new Value.Sample(Labels.EMPTY, 3.5, HISTOGRAM)));
    assertThat(server.post("/api/v1/query", "query=x"))
        .isEqualTo(
            OK
                + "{\"resultType\":\"vector\",\"result\":["
                + "{\"metric\":{\"a\":\"ü\\n<\\\\\"},\"value\":[1.500,\"2\"]},"
                + "{\"metric\":{},\"histogram\":[1.500,"
                + HISTOGRAM_JSON
                + "]}]}}");
    engine.value = new Value.InstantVector(1500, List.of());
    assertThat(server.get("/api/v1/query?query=x"))
        .isEqualTo(OK + "{\"resultType\":\"vector\",\"result\":[]}}");
  }

  private static Value.Series series(String name, double... values) {
    long[] times = IntStream.range(0, values.length + 1).mapToLong(i -> i * 30_000L).toArray();
    return new Value.Series(Labels.of("__name__", name), values.length, times, values, null);
  }

  @Test
  void matrices() {
    Histogram[] histograms = {null, HISTOGRAM, null};
    engine.value =
        new Value.Matrix(
            List.of(
                series("a", 1, Samples.NORMAL_NAN),
                new Value.Series(
                    Labels.of("b", "c"),
                    3,
                    new long[] {1, 2, 3},
                    new double[] {1, 9, 2},
                    histograms),
                new Value.Series(
                    Labels.EMPTY,
                    1,
                    new long[] {5},
                    new double[] {0},
                    new Histogram[] {HISTOGRAM})));
    assertThat(server.get("/api/v1/query_range?query=x&start=0&end=60&step=30"))
        .isEqualTo(
            OK
                + "{\"resultType\":\"matrix\",\"result\":["
                + "{\"metric\":{\"__name__\":\"a\"},\"values\":[[0,\"1\"],[30,\"NaN\"]]},"
                + "{\"metric\":{\"b\":\"c\"},\"values\":[[0.001,\"1\"],[0.003,\"2\"]],"
                + "\"histograms\":[[0.002,"
                + HISTOGRAM_JSON
                + "]]},{\"metric\":{},\"histograms\":[[0.005,"
                + HISTOGRAM_JSON
                + "]]}]}}");
    assertThat(engine.seen)
        .isEqualTo("x from 0 to 60000 by 30000 lookback 0 timeout 0 steps false");
  }

  @Test
  void streamsLargeResponsesCompletely() {
    List<Value.Series> all =
        IntStream.range(0, 300)
            .mapToObj(
                i -> series("s" + i, IntStream.range(0, 500).mapToDouble(k -> k / 3.0).toArray()))
            .toList();
    engine.value = new Value.Matrix(all);
    String body = server.get("/api/v1/query_range?query=x&start=0&end=60&step=30");
    assertThat(body).startsWith(OK).endsWith("]}]}}");
    assertThat(body.split("\\{\"metric\":", -1)).hasSize(301);
    assertThat(body.length()).isGreaterThan(1_000_000);
  }

  @Test
  void limitTruncatesWithAWarning() {
    engine.value = new Value.Matrix(List.of(series("a", 1), series("b", 2)));
    assertThat(server.get("/api/v1/query?query=x&limit=1"))
        .contains("\"__name__\":\"a\"")
        .doesNotContain("\"__name__\":\"b\"")
        .endsWith(",\"warnings\":[\"results truncated due to limit\"]}");
    assertThat(server.get("/api/v1/query?query=x&limit=2")).doesNotContain("warnings");
  }

  @Test
  void annotationsAreCapped() {
    engine.warnings = IntStream.range(0, 12).mapToObj(i -> "w" + i).toList();
    engine.infos = List.of("PromQL info: <x> (1:5)");
    assertThat(server.get("/api/v1/query?query=x"))
        .endsWith(
            "\"w9\",\"2 more warning annotations omitted\"],"
                + "\"infos\":[\"PromQL info: \\u003cx\\u003e (1:5)\"]}");
  }

  @Test
  void statistics() {
    String stats =
        "\"stats\":{\"timings\":{\"evalTotalTime\":0.0625,\"resultSortTime\":0,"
            + "\"queryPreparationTime\":0.25,\"innerEvalTime\":0.125,\"execQueueTime\":0.5,"
            + "\"execTotalTime\":1e-07},\"samples\":{\"totalQueryableSamplesPerStep\":"
            + "[[1.500,3],[2,4]],\"totalQueryableSamples\":7,\"samplesRead\":6,"
            + "\"peakSamples\":5}}";
    assertThat(server.get("/api/v1/query?query=x&stats=all")).contains(stats);
    assertThat(engine.seen).contains("steps true");
    assertThat(server.get("/api/v1/query?query=x&stats=yes"))
        .contains(stats)
        .contains("value \\\"yes\\\" for parameter \\\"stats\\\" is deprecated");
    assertThat(server.get("/api/v1/query?query=x")).doesNotContain("stats");
  }

  @Test
  void timesAndDurations() {
    server.get("/api/v1/query?query=x");
    assertThat(engine.seen).startsWith("x at " + ApiServer.NOW.toEpochMilli());
    server.get("/api/v1/query?query=x&time=1.2346");
    assertThat(engine.seen).startsWith("x at 1235 ");
    server.get("/api/v1/query?query=x&time=-1.5&timeout=1m30s&lookback_delta=2.5");
    assertThat(engine.seen).startsWith("x at -1500 ").contains("lookback 2500 timeout 90000");
    server.get("/api/v1/query?query=x&time=2015-07-01T20:10:51.781%2B02:00");
    assertThat(engine.seen).startsWith("x at 1435774251781 ");
    server.get("/api/v1/query_range?query=x&start=1e1&end=20.5&step=1m");
    assertThat(engine.seen).startsWith("x from 10000 to 20500 by 60000 ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "query?query=up&time=x | invalid parameter \"time\": invalid time value for 'time': cannot"
            + " parse \"x\" to a valid timestamp",
        "query?query=up&limit=-1 | invalid parameter \"limit\": limit must be non-negative",
        "query?query=up&limit=a | invalid parameter \"limit\": strconv.Atoi: parsing \"a\": invalid"
            + " syntax",
        "query?query=up&timeout=1q | invalid parameter \"timeout\": cannot parse \"1q\" to a valid"
            + " duration",
        "query?query=up&lookback_delta=z | error parsing lookback delta duration: cannot parse"
            + " \"z\" to a valid duration",
        "query_range?query=up&end=2&step=1 | invalid parameter \"start\": cannot parse \"\" to a"
            + " valid timestamp",
        "query_range?query=up&start=3&end=2&step=1 | invalid parameter \"end\": end timestamp must"
            + " not be before start time",
        "query_range?query=up&start=1&end=2 | invalid parameter \"step\": cannot parse \"\" to a"
            + " valid duration",
        "query_range?query=up&start=1&end=2&step=0 | invalid parameter \"step\": zero or negative"
            + " query resolution step widths are not accepted. Try a positive integer",
        "query_range?query=up&start=0&end=11001&step=1 | exceeded maximum resolution of 11,000"
            + " points per timeseries. Try decreasing the query resolution (?step=XX)",
        "query_range?query=up&start=-9e15&end=9e15&step=1000000000 | exceeded maximum resolution of"
            + " 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        "query_exemplars?query=up&start=2&end=1 | end timestamp must not be before start timestamp",
        "query_exemplars?query=( | 1:2: parse error: unclosed left parenthesis",
        "format_query?query=( | invalid parameter \"query\": 1:2: parse error: unclosed left"
            + " parenthesis",
        "parse_query?query= | invalid parameter \"query\": unknown position: parse error: no"
            + " expression found in input",
      })
  void badRequests(String path, String error) {
    String escaped = error.replace("\"", "\\\"");
    assertThat(server.get("/api/v1/" + path))
        .isEqualTo(
            "400 {\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"" + escaped + "\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "BAD_DATA,400,bad_data,invalid parameter \\\"query\\\": oh",
    "EXECUTION,422,execution,oh",
    "LIMIT,422,execution,oh",
    "TIMEOUT,503,timeout,oh",
    "OVERLOAD,503,unavailable,oh",
    "CANCELED,499,canceled,oh",
    "STORAGE,500,internal,oh",
    "INTERNAL,500,internal,oh"
  })
  void failures(QueryException.Kind kind, int status, String type, String message) {
    engine.failure = new QueryException(kind, "oh");
    assertThat(server.get("/api/v1/query?query=x"))
        .isEqualTo(
            status
                + " {\"status\":\"error\",\"errorType\":\""
                + type
                + "\",\"error\":\""
                + message
                + "\"}");
    assertThat(
            server
                .send(server.request("/api/v1/query?query=x"))
                .headers()
                .firstValue("Retry-After"))
        .isEqualTo(status == 503 ? Optional.of("5") : Optional.empty());
  }

  @Test
  void exemplars() {
    assertThat(server.get("/api/v1/query_exemplars?query=rate(up[5m])&start=0&end=10"))
        .isEqualTo(
            OK
                + "[{\"seriesLabels\":{\"__name__\":\"up\",\"job\":\"a\\\"b<\u2028ü\"},"
                + "\"exemplars\":[{\"labels\":{\"trace_id\":\"x\"},\"value\":\"0.1\","
                + "\"timestamp\":1.001}]}]}");
    assertThat(server.get("/api/v1/query_exemplars?query=down")).isEqualTo(OK + "[]}");
    assertThat(server.get("/api/v1/query_exemplars?query=1")).isEqualTo("204 ");
  }

  @Test
  void formatAndParse() {
    assertThat(server.post("/api/v1/format_query", "query=sum(up) by (a) %23 c"))
        .isEqualTo(OK + "\"sum by (a) (up)\"}");
    assertThat(server.get("/api/v1/parse_query?query=-1"))
        .isEqualTo(OK + "{\"type\":\"numberLiteral\",\"val\":\"-1\"}}");
  }

  @Test
  void incompleteSeriesAndExemplarsAddAWarning() {
    server.store.missing("far is down");
    assertThat(server.get("/api/v1/series?match%5B%5D=down"))
        .startsWith(OK + "[{")
        .endsWith(",\"warnings\":[\"far is down\"]}");
    assertThat(server.get("/api/v1/query_exemplars?query=down"))
        .isEqualTo(OK + "[],\"warnings\":[\"far is down\"]}");
  }

  @Test
  void labelsValuesAndSeries() {
    assertThat(server.get("/api/v1/labels")).isEqualTo(OK + "[\"__name__\",\"job\",\"zone\"]}");
    assertThat(server.get("/api/v1/labels?match[]=up&match[]=down&limit=2".replace("[]", "%5B%5D")))
        .isEqualTo(
            OK + "[\"__name__\",\"job\"],\"warnings\":[\"results truncated due to limit\"]}");
    assertThat(server.get("/api/v1/labels?start=2")).isEqualTo(OK + "[\"__name__\",\"zone\"]}");
    assertThat(server.get("/api/v1/label/zone/values")).isEqualTo(OK + "[\"1\",\"2\"]}");
    assertThat(server.get("/api/v1/label/U__zone/values?match%5B%5D=%7Bzone%3D%222%22%7D"))
        .isEqualTo(OK + "[\"2\"]}");
    assertThat(server.get("/api/v1/label/a.b/values")).isEqualTo(OK + "[]}");
    assertThat(server.post("/api/v1/series", "match[]=down&match[]={zone=\"1\"}&limit=1"))
        .isEqualTo(
            OK
                + "[{\"__name__\":\"down\",\"zone\":\"1\"}],"
                + "\"warnings\":[\"results truncated due to limit\"]}");
    assertThat(server.get("/api/v1/series"))
        .isEqualTo(
            "400 {\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"no match[] parameter"
                + " provided\"}");
    assertThat(server.get("/api/v1/series?match%5B%5D=%7Ba%3D%22%22%7D"))
        .contains(
            "invalid parameter \\\"match[]\\\": match[] must contain at least one non-empty"
                + " matcher");
    assertThat(server.get("/api/v1/labels?match%5B%5D=%7B"))
        .contains("\"error\":\"1:2: parse error");
  }
}
