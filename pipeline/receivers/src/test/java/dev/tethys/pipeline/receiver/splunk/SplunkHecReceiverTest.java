package dev.tethys.pipeline.receiver.splunk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  void eventsBeforeABadOneAreKeptAndItsNumberIsAnswered(String bad, int code, String text)
      throws Exception {
    HttpResponse<String> r = send("{\"event\":\"a\"} {\"event\":\"b\"}\n" + bad);
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body())
        .isEqualTo("{\"text\":\"" + text + "\",\"code\":" + code + ",\"invalid-event-number\":2}");
    assertThat(bodies()).containsExactly("a", "b");
  }

  @Test
  void aPayloadWithoutAGoodEventIsNotDelivered() throws Exception {
    assertThat(send("{\"event\":\"\"}").body()).contains("\"invalid-event-number\":0");
    assertThat(send(" ").body()).isEqualTo("{\"text\":\"No data\",\"code\":5}");
    assertThat(pipeline.batches).isEmpty();
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
}
