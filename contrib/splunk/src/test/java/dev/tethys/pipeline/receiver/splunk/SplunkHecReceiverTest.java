package dev.tethys.pipeline.receiver.splunk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.AckRegistry;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.PushReceiver;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class SplunkHecReceiverTest {
  private final TestPipeline pipeline = new TestPipeline();
  private final HttpClient client = HttpClient.newHttpClient();
  private PushReceiver receiver = new PushReceiver(null, null, System::nanoTime);

  @BeforeEach
  void start() throws IOException {
    receiver =
        SplunkReceiverFactory.receiver(
            TestPipeline.read(new SplunkReceiverFactory().settings(), "{endpoint: '127.0.0.1:0'}"),
            Map.of(Signal.LOGS, pipeline),
            null,
            null,
            Scheduler.system());
    receiver.start();
  }

  @AfterEach
  void stop() {
    receiver.stop(Duration.ZERO);
    client.close();
  }

  private HttpResponse<String> send(String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + receiver.httpPort() + "/services/collector/event"))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private List<Object> bodies() {
    List<Object> out = new ArrayList<>();
    for (Batch b : pipeline.batches) {
      ((LogsData) b.takeTree())
          .resources()
          .forEach(
              g ->
                  g.scopes()
                      .forEach(s -> s.items().stream().map(LogRecord::body).forEach(out::add)));
    }
    return out;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"time\":1}                     | 12 | Event field is required",
        "{\"event\":\"\"}                 | 13 | Event field cannot be blank",
        "{\"event\":\"x\",\"fields\":[1]} | 15 | Error in handling indexed fields",
        "{\"event\":\"x\",\"time\":\"z\"} | 6  | Invalid data format",
        "broken                           | 6  | Invalid data format"
      })
  void keepsEventsBeforeAnInvalidOneAndReportsItsNumber(String bad, int code, String text)
      throws Exception {
    HttpResponse<String> r = send("{\"event\":\"a\"} {\"event\":\"b\"}\n" + bad);
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body())
        .isEqualTo("{\"text\":\"" + text + "\",\"code\":" + code + ",\"invalid-event-number\":2}");
    assertThat(bodies()).containsExactly("a", "b");
  }

  @Test
  void rejectsAPayloadWithoutValidEvents() throws Exception {
    assertThat(send("{\"event\":\"\"}").body()).contains("\"invalid-event-number\":0");
    assertThat(send(" ").body()).isEqualTo("{\"text\":\"No data\",\"code\":5}");
    assertThat(pipeline.batches).isEmpty();
  }

  @Test
  void makesMetricsOfMetricEvents() throws Exception {
    receiver.stop(Duration.ZERO);
    TestPipeline metrics = new TestPipeline();
    receiver =
        SplunkReceiverFactory.receiver(
            TestPipeline.read(new SplunkReceiverFactory().settings(), "{endpoint: '127.0.0.1:0'}"),
            Map.of(Signal.LOGS, pipeline, Signal.METRICS, metrics),
            null,
            null,
            Scheduler.system());
    receiver.start();
    assertThat(
            send("""
                {"event": "a line"}
                {"time": 1.5, "event": "metric", "host": "h", "fields": {
                  "metric_name": "cpu", "_value": "2.5", "core": "0"}}
                {"fields": {"metric_name:mem.used": 7, "metric_name:mem.free": 9, "node": "n"}}""")
                .statusCode())
        .isEqualTo(200);
    assertThat(bodies()).containsExactly("a line");
    List<String> got = new ArrayList<>();
    ((MetricsData) metrics.batches.getFirst().takeTree())
        .resources()
        .forEach(
            g ->
                g.scopes()
                    .getFirst()
                    .items()
                    .forEach(
                        m -> {
                          NumberDataPoint p =
                              (NumberDataPoint) Objects.requireNonNull(m.data()).points().get(0);
                          got.add(
                              g.resource().attributes().getString("host.name")
                                  + " "
                                  + m.name()
                                  + " "
                                  + (p.isInt() ? p.longValue() : p.doubleValue())
                                  + " "
                                  + p.attributes());
                        }));
    assertThat(got)
        .containsExactlyInAnyOrder(
            "h cpu 2.5 {core=0}", "null mem.used 7.0 {node=n}", "null mem.free 9.0 {node=n}");
    HttpResponse<String> bad = send("{\"event\": \"metric\", \"fields\": {\"core\": \"0\"}}");
    assertThat(bad.statusCode()).isEqualTo(400);
    assertThat(bad.body()).contains("\"code\":15");
  }

  @Test
  void takesRawEventsAndNamesAsConfigured() throws Exception {
    receiver.stop(Duration.ZERO);
    receiver =
        SplunkReceiverFactory.receiver(
            TestPipeline.read(
                new SplunkReceiverFactory().settings(),
                "{endpoint: '127.0.0.1:0', raw_path: /my/raw, health_path: /up, splitting: none,"
                    + " hec_metadata_to_otel_attrs: {host: my.host}}"),
            Map.of(Signal.LOGS, pipeline),
            null,
            null,
            Scheduler.system());
    receiver.start();
    String at = "http://127.0.0.1:" + receiver.httpPort();
    HttpResponse<String> raw =
        client.send(
            HttpRequest.newBuilder(URI.create(at + "/my/raw?host=h&source=s"))
                .POST(HttpRequest.BodyPublishers.ofString("one\ntwo"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(raw.statusCode()).isEqualTo(200);
    LogsData d = (LogsData) pipeline.batches.getFirst().takeTree();
    assertThat(d.resources().getFirst().resource().attributes().get("my.host")).isEqualTo("h");
    assertThat(d.resources().getFirst().resource().attributes().get("com.splunk.source"))
        .isEqualTo("s");
    assertThat(d.resources().getFirst().scopes().getFirst().items())
        .extracting(LogRecord::body)
        .containsExactly("one\ntwo");
    HttpResponse<String> up =
        client.send(
            HttpRequest.newBuilder(URI.create(at + "/up")).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(up.statusCode()).isEqualTo(200);
  }

  /** Registry that has delivered only number 7. */
  private static final class Sevens implements AckRegistry {
    @Override
    public long acknowledge(UUID channel) {
      return 7;
    }

    @Override
    public Map<Long, Boolean> query(UUID channel, List<Long> numbers) {
      Map<Long, Boolean> out = new TreeMap<>();
      numbers.forEach(n -> out.put(n, n == 7));
      return out;
    }
  }

  private HttpResponse<String> send(String path, String body, String... headers) throws Exception {
    HttpRequest.Builder b =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + receiver.httpPort() + path))
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      b.headers(headers);
    }
    return client.send(b.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void keepsAcknowledgementsOfChannelsInExtension() throws Exception {
    receiver.stop(Duration.ZERO);
    receiver =
        SplunkReceiverFactory.receiver(
            TestPipeline.read(
                new SplunkReceiverFactory().settings(),
                "{endpoint: '127.0.0.1:0', ack: {extension: ack, path: /my/ack}}"),
            Map.of(Signal.LOGS, pipeline),
            null,
            new Sevens(),
            Scheduler.system());
    receiver.start();
    String channel = "0AEEAC95-AC74-4AA9-B30D-6C4C0AC581BA";
    String event = "{\"event\":\"a\"}";
    assertThat(send("/services/collector?channel=" + channel, event).body())
        .contains("\"ackId\":7");
    assertThat(send("/services/collector", event).body()).doesNotContain("ackId");
    HttpResponse<String> bad =
        send("/services/collector", event, "X-Splunk-Request-Channel", "nonsense");
    assertThat(bad.statusCode()).isEqualTo(400);
    assertThat(bad.body()).contains("\"code\":11");
    assertThat(pipeline.batches).hasSize(2);
    for (String path : List.of("/my/ack", "/services/collector/ack")) {
      assertThat(send(path, "{\"acks\":[6,7]}", "X-Splunk-Request-Channel", channel).body())
          .isEqualTo("{\"acks\":{\"6\":false,\"7\":true}}");
      assertThat(send(path, "{\"acks\":[7]}").body()).contains("\"code\":10");
      assertThat(send(path, "{\"acks\":[7]}", "X-Splunk-Request-Channel", "x").body())
          .contains("\"code\":11");
      for (String body : List.of("", "{", "[1]", "{\"acks\":7}", "{\"acks\":[\"7\"]}")) {
        HttpResponse<String> r = send(path, body, "X-Splunk-Request-Channel", channel);
        assertThat(r.statusCode()).as(body).isEqualTo(400);
        assertThat(r.body()).contains("\"code\":6");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true, Splunk t-1, t-1", "true, Bearer t-1,", "true, Splunk,", "false, Splunk t-1,"})
  void keepsTokenOfClientOnlyIfConfigured(boolean pass, String header, @Nullable String kept)
      throws Exception {
    receiver.stop(Duration.ZERO);
    receiver =
        SplunkReceiverFactory.receiver(
            TestPipeline.read(
                new SplunkReceiverFactory().settings(),
                "{endpoint: '127.0.0.1:0', access_token_passthrough: " + pass + "}"),
            Map.of(Signal.LOGS, pipeline),
            null,
            null,
            Scheduler.system());
    receiver.start();
    send("/services/collector", "{\"event\":\"a\"}", "Authorization", header);
    send("/services/collector/raw", "a", "Authorization", header);
    assertThat(pipeline.batches).hasSize(2);
    for (Batch b : pipeline.batches) {
      assertThat(
              ((LogsData) b.takeTree())
                  .resources()
                  .getFirst()
                  .resource()
                  .attributes()
                  .get("com.splunk.hec.access_token"))
          .isEqualTo(kept);
    }
  }
}
