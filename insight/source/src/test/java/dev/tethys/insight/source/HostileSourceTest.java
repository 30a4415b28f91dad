package dev.tethys.insight.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import dev.tethys.insight.source.SourceStatus.State;
import dev.tethys.model.Labels;
import dev.tethys.testkit.Waiting;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sources that fail, lie, or answer without end. */
@Tag("slow")
class HostileSourceTest {
  private static final long START = SourceCase.START;
  private static final Labels UP = Labels.of("__name__", "up", "job", "a");
  private static final String MATRIX =
      "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[";

  @TempDir Path folder;
  private SourceCase c;

  @BeforeEach
  void open() throws IOException {
    c = new SourceCase(folder);
    c.maxCatchUp = Duration.ofMinutes(1);
    c.prometheus.add(UP, START, 1);
  }

  @AfterEach
  void close() {
    c.close();
  }

  private void series(String metric, String values) {
    c.prometheus.answerQueries(
        PrometheusDouble.text(
            200, MATRIX + "{\"metric\":" + metric + ",\"values\":[" + values + "]}]}}"));
  }

  @ParameterizedTest
  @CsvSource({
    "401, refused, credentials",
    "403, refused, credentials",
    "404, refused, path of the URL",
    "400, refused, no",
    "429, away, no",
    "500, away, no",
    "503, away, no"
  })
  void reportsRefusals(int status, String state, String text) throws Exception {
    c.prometheus.answerAll(
        PrometheusDouble.text(
            status, "{\"status\":\"error\",\"errorType\":\"x\",\"error\":\"no \\\"way\\\"\"}"));
    c.open().readAt(START);
    assertThat(c.status().state().text()).isEqualTo(state);
    assertThat(c.status().error()).contains("HTTP status " + status, text, "no \\\"way");
    c.prometheus.answerAll(null);
    c.readAt(START + 1000);
    assertThat(c.status().state()).as("it recovers").isEqualTo(State.OK);
    assertThat(c.status().error()).isNull();
  }

  @Test
  void reportsASourceThatIsAway() throws Exception {
    c.open();
    c.prometheus.close();
    c.readAt(START);
    assertThat(c.status().state()).isEqualTo(State.AWAY);
    assertThat(c.status().error()).contains(c.prometheus.url().toString());
    assertThat(c.status().lastSuccess()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<html><body>Please sign in</body></html>",
        "",
        "[]",
        "null",
        "{",
        "{\"status\":\"success\"}",
        "{\"status\":\"success\",\"data\":{}",
        "{\"status\":\"error\",\"error\":\"broken\"}",
        "{\"status\":\"success\",\"data\":[1]}",
        "\u0000\u0001\u0002",
        "{\"status\":\"success\",\"data\":[\"a\""
      })
  void refusesWhatIsNotTheApi(String body) throws Exception {
    c.prometheus.answerAll(PrometheusDouble.text(200, body));
    c.open().readAt(START);
    assertThat(c.status().state()).isIn(State.REFUSED, State.AWAY);
    assertThat(c.status().error())
        .contains(c.prometheus.url().toString())
        .doesNotContain("jackson");
    assertThat(String.valueOf(c.status().error()).length()).isLessThan(1_000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"resultType\":\"vector\",\"result\":[]}",
        "{\"resultType\":\"matrix\",\"result\":{}}",
        "{\"resultType\":\"matrix\",\"result\":[1]}",
        "{\"resultType\":\"matrix\",\"result\":[{\"values\":[[1,\"1\"]],\"metric\":{}}]}",
        "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"a\":1},\"values\":[]}]}",
        "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[[\"1\",\"1\"]]}]}",
        "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[[1,\"x\"]]}]}",
        "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[[1e300,\"1\"]]}]}",
        "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[[1,\"1\",2]]}]}"
      })
  void leavesOutMetricsWhoseAnswerCannotBeRead(String data) throws Exception {
    c.prometheus.answerQueries(
        PrometheusDouble.text(200, "{\"status\":\"success\",\"data\":" + data + "}"));
    c.open().readAt(START);
    assertThat(c.status().problems()).anySatisfy(p -> assertThat(p).startsWith("up is left out:"));
    assertThat(c.samples(START, START)).isEmpty();
  }

  @Test
  void keepsSamplesBeforeTheEndOfABrokenAnswer() throws Exception {
    c.prometheus.answerQueries(
        x -> {
          String whole =
              "{\"metric\":{\"__name__\":\"up\"},\"values\":[[" + START / 1000 + ",\"1\"]]},";
          // More than a parser reads ahead.
          byte[] b =
              (MATRIX + whole.repeat(5_000) + "{\"metric\":{\"__na")
                  .getBytes(StandardCharsets.UTF_8);
          x.sendResponseHeaders(200, b.length + 100); // and then the connection ends
          x.getResponseBody().write(b);
        });
    c.open().readAt(START);
    assertThat(c.status().state()).isEqualTo(State.AWAY);
    c.prometheus.answerQueries(null);
    c.readAt(START + 30_000);
    assertThat(c.status().state()).isEqualTo(State.OK);
    assertThat(c.samples(START, START)).containsKeys("up", "up{job=\"a\"}");
  }

  @Test
  void doesNotFollowRedirects() throws Exception {
    AtomicInteger elsewhere = new AtomicInteger();
    c.prometheus.answerAll(
        x -> {
          if (x.getRequestURI().getPath().endsWith("/secret")) {
            elsewhere.incrementAndGet();
          }
          x.getResponseHeaders().set("Location", c.prometheus.url() + "/secret?token=abc");
          PrometheusDouble.send(x, 302, new byte[0]);
        });
    c.open().readAt(START);
    assertThat(elsewhere).hasValue(0);
    assertThat(c.status().state()).isEqualTo(State.REFUSED);
    assertThat(c.status().error()).contains("redirects to", "/secret").doesNotContain("abc");
  }

  private static void endless(HttpExchange x, String start, String piece, AtomicLong sent)
      throws IOException {
    x.sendResponseHeaders(200, 0);
    byte[] b = piece.repeat(500).getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = x.getResponseBody()) {
      out.write(start.getBytes(StandardCharsets.UTF_8));
      while (sent.addAndGet(b.length) < 10L << 30) {
        out.write(b);
      }
    }
  }

  @Test
  void stopsReadingEndlessAnswers() throws Exception {
    AtomicLong sent = new AtomicLong();
    c.prometheus.answerQueries(
        x -> endless(x, MATRIX, "{\"metric\":{\"__name__\":\"up\"},\"values\":[]},", sent));
    c.open().readAt(START);
    assertThat(c.status().problems())
        .anySatisfy(p -> assertThat(p).contains("up is left out", "larger than"));
    assertThat(sent.get()).isLessThan(200 << 20);
  }

  @Test
  void stopsReadingEndlessListsOfNames() throws Exception {
    AtomicLong sent = new AtomicLong();
    c.prometheus.answerAll(
        x -> endless(x, "{\"status\":\"success\",\"data\":[", "\"some_name_of_a_metric\",", sent));
    c.open().readAt(START);
    assertThat(c.status().state()).isEqualTo(State.REFUSED);
    assertThat(sent.get()).isLessThan(200 << 20);
  }

  @Test
  void stopsUnpackingBombs() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream z = new GZIPOutputStream(packed)) {
      z.write(MATRIX.getBytes(StandardCharsets.UTF_8));
      byte[] blanks = " ".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < 300; i++) {
        z.write(blanks);
      }
    }
    c.prometheus.answerQueries(
        x -> {
          x.getResponseHeaders().set("Content-Encoding", "gzip");
          PrometheusDouble.send(x, 200, packed.toByteArray());
        });
    c.open().readAt(START);
    assertThat(c.status().problems()).anySatisfy(p -> assertThat(p).contains("larger than"));
    c.prometheus.answerQueries(
        x -> {
          x.getResponseHeaders().set("Content-Encoding", "gzip");
          PrometheusDouble.send(x, 200, "no gzip".getBytes(StandardCharsets.UTF_8));
        });
    c.prometheus.add(Labels.of("__name__", "down"), START, 1);
    c.readAt(START + 120_000);
    assertThat(c.status().problems()).anySatisfy(p -> assertThat(p).contains("gzip"));
  }

  @Test
  void splitsAnswersThatAreTooLarge() throws Exception {
    c.prometheus.clear();
    for (int m = 0; m < 60; m++) {
      for (int i = 0; i < (m == 7 ? 20_000 : 200); i++) {
        c.prometheus.add(Labels.of("__name__", "metric_" + m, "instance", "i" + i), START, i);
      }
    }
    c.maxAnswer = 100_000;
    c.open().readAt(START);
    assertThat(c.status().state()).isEqualTo(State.OK);
    assertThat(c.status().problems())
        .singleElement()
        .satisfies(p -> assertThat(p).startsWith("metric_7 is left out:"));
    assertThat(c.samples(START, START).keySet().stream().filter(k -> !k.startsWith("metric_7{")))
        .hasSize(59 * 200);
  }

  @Test
  void leavesASlowSource() throws Exception {
    c.timeout = Duration.ofSeconds(2);
    c.prometheus.answerQueries(
        x -> {
          x.sendResponseHeaders(200, 0);
          Waiting.await(Duration.ofSeconds(60), () -> "the client left", () -> isClosed(x));
        });
    c.open().readAt(START);
    assertThat(c.status().state()).isEqualTo(State.AWAY);
    assertThat(c.status().error()).contains("no complete answer within");
  }

  private static boolean isClosed(HttpExchange x) {
    try {
      x.getResponseBody().write(' ');
      x.getResponseBody().flush();
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void refusesSamplesOutsideOfTheRequestedRange() throws Exception {
    long s = START / 1000;
    series(
        "{\"__name__\":\"up\"}",
        "[%d,\"1\"],[%d,\"2\"],[%d,\"3\"],[%d,\"4\"],[%d,\"5\"]"
            .formatted(s - 100_000, s - 5, s + 100_000, s - 10, s));
    c.open().readAt(START);
    assertThat(c.samples(0, Long.MAX_VALUE / 2).get("up")).containsOnlyKeys(START - 5_000, START);
    assertThat(c.status().problems())
        .anySatisfy(p -> assertThat(p).contains("2 samples are left out", "clocks"));
    assertThat(c.status().lag()).isZero();
  }

  @Test
  void takesOddLabels() throws Exception {
    long s = START / 1000;
    series(
        "{\"__name__\":\"odd.näme\",\"\uD83D\uDE00\":\"\\uD83D\\uDE00\",\"a b\":\"\\\"\\n\","
            + "\"__tenant__\":\"other\",\"empty\":\"\",\"dup\":\"1\",\"dup\":\"2\"}",
        "[" + s + ",\"+Inf\"],[" + (s - 1) + ",\"7\"]");
    c.open().readAt(START);
    assertThat(c.samples(START, START))
        .containsOnlyKeys(
            Labels.of("__name__", "odd.näme", "😀", "😀", "a b", "\"\n", "dup", "2")
                .toSeriesString());
    c.prometheus.add(Labels.of("__name__", "x.|(y"), START + 60_000, 1);
    c.prometheus.answerQueries(null);
    c.readAt(START + 60_000);
    assertThat(c.samples(START + 60_000, START + 60_000).keySet())
        .contains(Labels.of("__name__", "x.|(y").toSeriesString());
  }

  @Test
  void leavesOutSeriesWithHugeLabelsOrWithoutName() throws Exception {
    long s = START / 1000;
    c.prometheus.answerQueries(
        PrometheusDouble.text(
            200,
            MATRIX
                + "{\"metric\":{\"__name__\":\"up\",\"x\":\"%s\"},\"values\":[[%d,\"1\"]]},"
                    .formatted("y".repeat(100_000), s)
                + "{\"metric\":{\"x\":\"z\"},\"values\":[[%d,\"1\"]]},".formatted(s)
                + "{\"metric\":{\"__name__\":\"up\",\"\":\"e\"},\"values\":[[%d,\"1\"]]},"
                    .formatted(s)
                + "{\"metric\":{\"__name__\":\"up\"},\"values\":[[%d,\"1\"]]}]}}".formatted(s)));
    c.open().readAt(START);
    assertThat(c.samples(START, START)).containsOnlyKeys("up");
    assertThat(c.status().problems())
        .anySatisfy(p -> assertThat(p).startsWith("3 series are left out"));
  }

  @Test
  void boundsTheNumberOfSeries() throws Exception {
    c.maxSeries = 1_000;
    c.maxAnswer = 1 << 30;
    int all = 1_000_000;
    c.prometheus.answerQueries(
        x -> {
          x.sendResponseHeaders(200, 0);
          try (OutputStream out = x.getResponseBody()) {
            StringBuilder sb = new StringBuilder(MATRIX);
            for (int i = 0; i < all; i++) {
              sb.append("{\"metric\":{\"__name__\":\"up\",\"i\":\"").append(i).append("\"},");
              sb.append("\"values\":[[").append(START / 1000).append(",\"1\"]]}");
              sb.append(i == all - 1 ? "]}}" : ",");
              if (sb.length() > 100_000) {
                out.write(sb.toString().getBytes(StandardCharsets.UTF_8));
                sb.setLength(0);
              }
            }
            out.write(sb.toString().getBytes(StandardCharsets.UTF_8));
          }
        });
    c.open().readAt(START);
    assertThat(c.samples(START, START)).hasSize(1_000);
    assertThat(c.status().series()).isEqualTo(1_000);
    assertThat(c.status().problems())
        .anySatisfy(p -> assertThat(p).startsWith("999000 series are left out"));
  }

  @Test
  void saysThatNativeHistogramsAreLeftOut() throws Exception {
    long s = START / 1000;
    c.prometheus.answerQueries(
        PrometheusDouble.text(
            200,
            MATRIX
                + "{\"metric\":{\"__name__\":\"up\"},\"histograms\":[[%d,{\"count\":\"1\","
                    .formatted(s)
                + "\"sum\":\"2\",\"buckets\":[[0,\"0.5\",\"1\",\"1\"]]}]]}]}}"));
    c.open().readAt(START);
    assertThat(c.status().problems())
        .anySatisfy(p -> assertThat(p).contains("1 series with native histograms are left out"));
  }

  @Test
  void showsWarningsOfTheSource() throws Exception {
    c.prometheus.answerQueries(
        PrometheusDouble.text(
            200,
            MATRIX + "]},\"warnings\":[\"No StoreAPIs matched\",\"" + "x".repeat(9_000) + "\"]}"));
    c.open().readAt(START);
    assertThat(c.status().problems())
        .contains("the source warns: No StoreAPIs matched")
        .allSatisfy(p -> assertThat(p.length()).isLessThan(500));
  }
}
