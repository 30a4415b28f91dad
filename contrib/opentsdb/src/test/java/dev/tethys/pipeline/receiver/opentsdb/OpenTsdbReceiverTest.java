package dev.tethys.pipeline.receiver.opentsdb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.CollectdProcess;
import dev.tethys.pipeline.receiver.Samples;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.PushReceiver;
import io.micrometer.core.instrument.Clock;
import io.micrometer.opentsdb.OpenTSDBConfig;
import io.micrometer.opentsdb.OpenTSDBMeterRegistry;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenTsdbReceiverTest {
  private final TestPipeline pipeline = new TestPipeline();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private @Nullable PushReceiver receiver;

  @AfterEach
  void stop() {
    http.close();
    if (receiver != null) {
      receiver.stop(Duration.ZERO);
    }
  }

  private PushReceiver start() throws IOException {
    PushReceiver r =
        OpenTsdbReceiverFactory.receiver(
            TestPipeline.read(
                new OpenTsdbReceiverFactory().settings(),
                "{endpoint: '127.0.0.1:0', telnet_endpoint: '127.0.0.1:0'}"),
            pipeline.of(Signal.METRICS),
            null,
            Scheduler.system(),
            "receiver opentsdb",
            new Registry());
    r.start();
    receiver = r;
    return r;
  }

  private HttpResponse<String> put(String query, String body)
      throws IOException, InterruptedException {
    PushReceiver r = receiver == null ? start() : receiver;
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + r.httpPort() + "/api/put" + query))
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  void rejectsOnlyTheInvalidPoint() throws Exception {
    String good = "{\"metric\":\"a\",\"timestamp\":1,\"value\":2,\"tags\":{\"h\":\"x\"}}";
    String bad = "{\"metric\":\"b\",\"timestamp\":1,\"value\":\"two\",\"tags\":{\"h\":\"x\"}}";
    assertThat(put("", good).statusCode()).isEqualTo(204);
    assertThat(put("?summary", "[" + good + "]").body()).isEqualTo("{\"failed\":0,\"success\":1}");
    HttpResponse<String> r = put("?details", "[" + good + "," + bad + "]");
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body())
        .isEqualTo(
            "{\"errors\":[{\"datapoint\":"
                + bad
                + ",\"error\":\"Unable to parse value to a number\"}],\"failed\":1,\"success\":1}");
    assertThat(put("", "[" + bad + "]").statusCode()).isEqualTo(400);
    assertThat(put("", "nonsense").body()).contains("Unable to parse the given JSON");
    assertThat(Samples.of(pipeline.batches))
        .hasSize(3)
        .containsOnly("{__name__=\"a\", h=\"x\"} 2.0 @1000");
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ofSeconds(2));
    assertThat(put("", good).statusCode()).isEqualTo(503);
  }

  /** Data of Micrometer's registry for OpenTSDB over HTTP. */
  @Test
  void receivesFromMicrometer() throws Exception {
    String uri = "http://127.0.0.1:" + start().httpPort() + "/api/put";
    OpenTSDBConfig config =
        new OpenTSDBConfig() {
          @Override
          public @Nullable String get(String key) {
            return key.equals("opentsdb.uri") ? uri : null;
          }
        };
    OpenTSDBMeterRegistry registry = new OpenTSDBMeterRegistry(config, Clock.SYSTEM);
    long before = System.currentTimeMillis();
    registry.counter("orders.placed", "shop", "north west", "kind", "a/b").increment(3);
    registry.gauge("queue.length", 17);
    registry.timer("checkout").record(Duration.ofMillis(1500));
    registry.close(); // flushes the registry
    List<String> samples = Samples.of(pipeline.batches);
    // OpenTSDB requires a tag at least, so points without one get that of the machine.
    assertThat(
            samples.stream()
                .map(x -> x.replaceFirst(" @.*", "").replaceFirst("host=\".*\"", "host=\"h\"")))
        .containsExactlyInAnyOrder(
            "{__name__=\"orders_placed_total\", kind=\"a/b\", shop=\"north west\"} 3.0",
            "{__name__=\"queue_length\", host=\"h\"} 17.0",
            "{__name__=\"checkout_duration_seconds_count\", host=\"h\"} 1.0",
            "{__name__=\"checkout_duration_seconds_sum\", host=\"h\"} 1.5",
            "{__name__=\"checkout_duration_seconds_max\", host=\"h\"} 1.5");
    assertThat(samples)
        .allSatisfy(
            x ->
                assertThat(Long.parseLong(x.substring(x.lastIndexOf('@') + 1)))
                    .isBetween(before - 1000, System.currentTimeMillis()));
  }

  @Test
  void reportsFailedLines() throws Exception {
    try (Socket s = new Socket("127.0.0.1", start().socketPort(0))) {
      s.setSoTimeout(10_000);
      s.getOutputStream()
          .write("put a.b 1 2 h=x\nput a 1\nwhat\nversion\nput c 1 x h=y\nexit\n".getBytes(UTF_8));
      String answer = new String(s.getInputStream().readAllBytes(), UTF_8);
      assertThat(answer.lines())
          .containsExactly(
              "put: illegal argument: not enough arguments (need least 4, got 2)",
              "unknown command: what.  Try `help'.",
              "net.opentsdb tsdb 2.4 compatible: Tethys",
              "put: Unable to parse value to a number");
    }
    assertThat(Samples.of(pipeline.batches))
        .containsExactly("{__name__=\"a_b\", h=\"x\"} 2.0 @1000");
  }

  @Test
  void receivesFromCollectd(@TempDir Path dir) throws Exception {
    PushReceiver r = start();
    try (CollectdProcess c =
        new CollectdProcess(
            dir,
            "write_tsdb",
            "<Node>\nHost \"127.0.0.1\"\nPort \""
                + r.socketPort(0)
                + "\"\nHostTags \"dc=west\"\n</Node>")) {
      assertThat(c.tell("PUTVAL web1/cpu-0/cpu-idle interval=10 1700000000:4711")).startsWith("0 ");
      assertThat(c.tell("PUTVAL web1/load/load interval=10 1700000000:0.5:0.25:1"))
          .startsWith("0 ");
      c.flushUntil(
          () ->
              Samples.of(pipeline.batches)
                  .contains(
                      "{__name__=\"load_load_shortterm\", dc=\"west\", fqdn=\"web1\"} 0.5"
                          + " @1700000000000"));
    }
  }
}
