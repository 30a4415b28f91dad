package dev.tethys.app.collector;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Components;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the API of a running collector shows of its data: volumes, records, findings. */
@Timeout(60)
@Tag("slow")
class RecordInspectionTest {
  private static final String CONFIG =
      """
      receivers: {hand: }
      processors:
        filter:
          logs: {log_record: ['IsMatch(body, "^health")']}
        transform:
          log_statements: ['set(log.attributes["seen"], true) where log.severity_number >= 17']
        redaction:
          allow_all_keys: true
          detectors: [card, email]
      exporters: {nop/raw: , nop/clean: }
      service:
        telemetry:
          metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]}
          volumes:
            prices: {currency: EUR, exporters: {nop/clean: {per_million_items: 100}}}
        pipelines:
          logs/raw: {receivers: [hand], processors: [filter, transform], exporters: [nop/raw]}
          logs/clean: {receivers: [hand], processors: [redaction], exporters: [nop/clean]}
      """;

  @TempDir @Nullable Path folder;
  private final HandReceiver hand = new HandReceiver(Signal.LOGS);
  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicBoolean stop = new AtomicBoolean();
  private @Nullable CollectorRole role;
  private long time = 1;

  @BeforeEach
  void start() throws IOException {
    Path file = requireNonNull(folder).resolve("collector.yaml");
    Files.writeString(file, CONFIG);
    List<ComponentFactory<?>> all = new ArrayList<>(BuiltIn.components().all());
    all.add(hand);
    CollectorRole r =
        new CollectorRole(
            new ConfigSources(List.of(file.toString()), List.of(), k -> null),
            new Components(all),
            false,
            true);
    role = r;
    r.start();
  }

  @AfterEach
  void end() throws IOException {
    stop.set(true);
    requireNonNull(role).close();
  }

  private void send() {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", "shop");
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    for (String body : List.of("health ok", "card 4111111111111111 of jane@example.com", "fine")) {
      LogRecord l = new LogRecord();
      l.setTimeUnixNano(time++);
      l.setSeverityNumber(body.startsWith("card") ? 17 : 9);
      l.setBody(body);
      s.items().add(l);
    }
    r.scopes().add(s);
    d.resources().add(r);
    requireNonNull(hand.input())
        .consume(
            new Batch(Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(d), 3, 0),
            AckCallback.NONE);
  }

  /** Sends while a request is answered. */
  private HttpResponse<String> get(String path, boolean load) throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    Thread sender =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (load && !done.get() && !stop.get()) {
                    send();
                    java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
                  }
                });
    try {
      return http.send(
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + requireNonNull(role).port() + path))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } finally {
      done.set(true);
      sender.join();
    }
  }

  private JsonNode data(String path, boolean load) throws Exception {
    HttpResponse<String> r = get(path, load);
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return JsonMapper.shared().readTree(r.body()).path("data");
  }

  @Test
  void volumesMatchTheAccounts() throws Exception {
    for (int i = 0; i < 10; i++) {
      send();
    }
    JsonNode v = data("/api/v1/pipelines/volumes?by=severity", false);
    for (JsonNode p : v.path("points")) {
      long items = p.path("otherItems").asLong();
      for (JsonNode row : p.path("rows")) {
        items += row.path("items").asLong();
      }
      assertThat(items).as(p.toString()).isEqualTo(p.path("items").asLong());
    }
    assertThat(v.path("points").size()).isEqualTo(6);
    assertThat(v.path("currency").asString()).isEqualTo("EUR");
    JsonNode b = v.path("balance");
    assertThat(b.path("in").asLong()).isEqualTo(30);
    assertThat(b.path("copied").asLong()).isEqualTo(30);
    assertThat(b.path("out").asLong()).isEqualTo(50);
    assertThat(b.path("dropped").path("filtered").asLong()).isEqualTo(10);
    assertThat(b.path("waiting").asLong()).isZero();
    assertThat(get("/api/v1/pipelines/volumes?by=region", false).statusCode()).isEqualTo(400);
    assertThat(get("/metrics", false).body())
        .contains("items_received_by_service_total{data_type=\"logs\",mdai_service=\"shop\"} 30")
        .contains("items_sent_by_service_total{data_type=\"logs\",mdai_service=\"shop\"} 50")
        .contains("tethys_volume_cost_total{currency=\"EUR\",exporter=\"nop/clean\"} 0.003");
  }

  private List<JsonNode> records(String node, String more) throws Exception {
    HttpResponse<String> r = get("/api/v1/pipelines/records?node=" + node + more, true);
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    List<JsonNode> out = new ArrayList<>();
    for (String line : r.body().split("\n")) {
      if (!line.isEmpty() && !line.startsWith("{\"skipped")) {
        out.add(JsonMapper.shared().readTree(line));
      }
    }
    return out;
  }

  @Test
  void showsRecordsBeforeAndAfterANodeMasked() throws Exception {
    List<JsonNode> filter = records("processor:filter@logs/raw", "&count=3&per_second=10");
    assertThat(filter)
        .extracting(n -> n.path("change").asString())
        .containsExactlyInAnyOrder("unchanged", "unchanged", "only_before");
    List<JsonNode> dropped =
        records("processor:filter@logs/raw", "&count=1&per_second=10&change=only_before");
    assertThat(dropped.getFirst().toString()).contains("health ok");
    JsonNode changed =
        records("processor:transform@logs/raw", "&count=1&per_second=10&change=changed").getFirst();
    assertThat(changed.path("after").toString()).contains("seen");
    assertThat(changed.path("before").toString())
        .doesNotContain("seen")
        .contains("card <card> of <email>")
        .doesNotContain("4111");
    assertThat(get("/api/v1/pipelines/records?node=none", false).statusCode()).isEqualTo(404);
  }

  @Test
  void followsOneRecordToItsEnds() throws Exception {
    JsonNode kept;
    do { // a record that is followed late may end after the two seconds
      kept = data("/api/v1/pipelines/follow?signal=logs&seconds=2&contains=fine", true);
    } while (kept.path("ends").size() < 2);
    assertThat(kept.path("ends").size()).isEqualTo(2);
    for (JsonNode end : kept.path("ends")) {
      assertThat(end.path("end").asString()).isEqualTo("exporter");
    }
    assertThat(kept.path("hops").size()).isEqualTo(5);
    JsonNode gone = data("/api/v1/pipelines/follow?signal=logs&seconds=2&contains=health", true);
    assertThat(gone.path("ends").toString())
        .contains("{\"node\":\"processor:filter@logs/raw\",\"end\":\"not_passed_on\"")
        .contains("\"filtered\":");
  }

  @Test
  void provesThatADestinationReceivesNoPersonalData() throws Exception {
    JsonNode all = data("/api/v1/pipelines/findings?seconds=1", true).path("destinations");
    assertThat(all.size()).isEqualTo(2);
    for (JsonNode d : all) {
      assertThat(d.path("records").asLong()).isPositive();
      boolean clean = d.path("node").asString().startsWith("exporter:nop/clean");
      if (clean) {
        assertThat(d.path("findings").asLong()).as(d.toString()).isZero();
      } else {
        assertThat(d.path("byDetector").path("card").path("body").asLong()).isPositive();
        assertThat(d.path("byDetector").path("email").path("body").asLong()).isPositive();
      }
    }
    assertThat(get("/metrics", false).body())
        .contains("tethys_redaction_findings_total{detector=\"card\"");
  }
}
