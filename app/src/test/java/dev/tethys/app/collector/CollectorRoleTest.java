package dev.tethys.app.collector;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.config.PrintedConfig;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.SendResult;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The role with a receiver and an exporter that a test holds in its hands. */
@Tag("slow")
class CollectorRoleTest {
  @TempDir @Nullable Path folder;

  private final HandReceiver hand = new HandReceiver(Signal.LOGS);
  private final List<EncodedRequest> taken = new CopyOnWriteArrayList<>();
  private volatile SendResult verdict = SendResult.DELIVERED;

  private final class Shelf implements ExporterFactory<DeliverySettings> {
    private final Section section = new Section("shelf", "A destination.");
    private final Key<Secret> token = section.key("token", Type.SECRET, Secret.NONE, "A secret.");

    Shelf() {
      section.include(DeliverySettings.SECTION);
    }

    @Override
    public String type() {
      return "shelf";
    }

    @Override
    public String about() {
      return "What a test looks at.";
    }

    @Override
    public Type<DeliverySettings> settings() {
      return section.type(
          o -> {
            o.get(token);
            return DeliverySettings.read(o, Duration.ofSeconds(1));
          });
    }

    @Override
    public Set<Signal> signals() {
      return Set.of(Signal.values());
    }

    @Override
    public Exporter create(DeliverySettings s, Signal signal, Context context) {
      return context.exporter(
          s,
          signal,
          b ->
              Encoder.Encoded.of(
                  new EncodedRequest(signal, b.body(), b.items(), b.lane(), Map.of())),
          p -> {
            if (verdict instanceof SendResult.Delivered) {
              taken.add(p);
            }
            return verdict;
          });
    }
  }

  private Components components() {
    List<ComponentFactory<?>> all = new ArrayList<>(BuiltIn.components().all());
    all.add(hand);
    all.add(new Shelf());
    return new Components(all);
  }

  private Path file() {
    if (folder == null) {
      throw new AssertionError("no folder");
    }
    return folder.resolve("collector.yaml");
  }

  private CollectorRole role(boolean tap) {
    return new CollectorRole(
        new ConfigSources(
            List.of(file().toString()), List.of(), Map.of("STORE", file() + ".store")::get),
        components(),
        false,
        tap);
  }

  private void write(int size, String more) throws IOException {
    Files.writeString(
        file(),
        """
        extensions: {file_storage: {directory: "${STORE}"}}
        receivers: {hand: }
        processors: {batch: {send_batch_size: %d, timeout: 5ms}}
        exporters: {shelf: {token: abc, sending_queue: {storage: file_storage}}}
        service:
          extensions: [file_storage]
          telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]}}
          pipelines:
            logs: {receivers: [hand], processors: [batch], exporters: [shelf]}
        %s
        """
            .formatted(size, more));
  }

  private Outcome send(int items) throws InterruptedException {
    List<Outcome> told = new CopyOnWriteArrayList<>();
    Consumer c = hand.input();
    if (c == null) {
      throw new AssertionError("not started");
    }
    // A log record without anything in it.
    byte[] body = {0x0a, 4, 0x12, 2, 0x12, 0};
    c.consume(new Batch(Signal.LOGS, Encoding.OTLP, body, items, 0), told::add);
    await(() -> !told.isEmpty());
    return told.getFirst();
  }

  private static HttpResponse<String> ask(CollectorRole r, String method, String path)
      throws Exception {
    try (HttpClient c = HttpClient.newHttpClient()) {
      return c.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + r.port() + path))
              .method(method, HttpRequest.BodyPublishers.noBody())
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void reloadsConfigurationsWhileTelemetryFlows() throws Exception {
    write(1, "");
    try (CollectorRole r = role(true)) {
      r.start();
      assertThat(send(3)).isEqualTo(Outcome.ACCEPTED);
      await(() -> taken.size() == 1);
      assertThat(ask(r, "GET", "/-/ready").statusCode()).isEqualTo(200);
      assertThat(ask(r, "GET", "/").body()).contains("\"collector\"".replace("\"", "&quot;"));
      assertThat(ask(r, "GET", "/api/v1/pipelines/config").body())
          .contains("\"yaml\":\"", "exporters:\\n  shelf:");
      String pipelines = ask(r, "GET", "/api/v1/pipelines").body();
      assertThat(pipelines)
          .contains("\"id\":\"exporter:shelf@logs\"")
          .contains("\"id\":\"receiver:hand..logs..processor:batch@logs\"")
          .contains("\"items\":3")
          .contains("\"queue\":{");

      // A tap shows what passes.
      Thread later =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      while (!Thread.interrupted()) {
                        send(1);
                      }
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
      String sample =
          ask(
                  r,
                  "GET",
                  "/api/v1/pipelines/tap?count=1&edge=processor:batch@logs..logs..exporter:shelf@logs")
              .body()
              .strip();
      later.interrupt();
      later.join();
      assertThat(sample).contains("\"signal\":\"logs\"").contains("resourceLogs");

      write(2, "");
      assertThat(ask(r, "POST", "/-/reload").statusCode()).isEqualTo(200);
      write(3, "nonsense: 1");
      HttpResponse<String> bad = ask(r, "POST", "/-/reload");
      assertThat(bad.statusCode()).isEqualTo(500);
      assertThat(bad.body()).contains("unknown key \"nonsense\"").contains("collector.yaml:10:1");
      assertThat(send(2)).isEqualTo(Outcome.ACCEPTED);

      // What is refused is kept, listed, and sent again.
      await(() -> r.graph().outboxes().values().iterator().next().status().requests() == 0);
      int before = taken.size();
      verdict = new SendResult.Permanent("no such tenant");
      send(5);
      await(() -> r.graph().outboxes().values().iterator().next().status().deadLetters() == 1);
      String letters =
          ask(r, "GET", "/api/v1/pipelines/dead-letters?node=exporter:shelf@logs").body();
      assertThat(letters).contains("no such tenant").contains("\"items\":5");
      verdict = SendResult.DELIVERED;
      assertThat(
              ask(r, "POST", "/api/v1/pipelines/dead-letters/replay?node=exporter:shelf@logs")
                  .body())
          .contains("\"replayed\":1");
      await(() -> taken.size() > before);
      String metrics = ask(r, "GET", "/metrics").body();
      assertThat(metrics)
          .contains("otelcol_exporter_sent_log_records_total{exporter=\"shelf\"}")
          .contains("otelcol_exporter_queue_capacity{data_type=\"logs\",exporter=\"shelf\"} 1000")
          .contains("otelcol_processor_batch_batch_send_size_bucket")
          .contains("tethys_config_last_reload_successful 0")
          .contains("tethys_config_last_reload_pause_seconds 0.")
          .contains("otelcol_process_uptime_seconds_total");
    }
  }

  @Test
  void rejectsTapsUnlessAllowed() throws Exception {
    write(1, "");
    try (CollectorRole r = role(false)) {
      r.start();
      assertThat(ask(r, "GET", "/api/v1/pipelines/tap?edge=x").statusCode()).isEqualTo(403);
      assertThat(ask(r, "GET", "/api/v1/pipelines/dead-letters?node=x").statusCode())
          .isEqualTo(404);
    }
  }

  @Test
  void masksSecretsAndRejectsUnsupportedKeys() throws Exception {
    write(1, "");
    ConfigSources sources =
        new ConfigSources(
            List.of(file().toString(), "yaml:processors::batch::timeout: 7ms"),
            List.of("exporters.shelf.timeout=3s"),
            Map.of("STORE", "/tmp/x")::get);
    YamlDocument d = sources.read();
    assertThat(PrintedConfig.of(d.root(), components()))
        .contains("token: '[REDACTED]'")
        .contains("directory: /tmp/x")
        .contains("timeout: 7ms")
        .contains("timeout: 3s")
        .doesNotContain("abc");
    Files.writeString(
        file(),
        Files.readString(file())
            .replace(
                "readers: [", "readers: [{periodic: {producers: [x], exporter: {console: {}}}}, "));
    assertThatThrownBy(() -> role(false).start())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("producers")
        .hasMessageContaining("not built");
    assertThat(ComponentsList.of(components())).contains("- name: batch", "- name: kafka");
  }

  @Test
  void extensionsMayBeListedInAnyOrder(@TempDir Path folder) throws Exception {
    Path c = folder.resolve("c.yaml");
    Files.writeString(
        c,
        """
        extensions:
          health_check: {endpoint: "127.0.0.1:0", auth: {authenticator: basicauth/web}}
          basicauth/web: {htpasswd: {inline: "u:p"}}
        receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
        exporters: {nop: }
        service:
          extensions: [health_check, basicauth/web]
          pipelines: {logs: {receivers: [otlp], exporters: [nop]}}
          telemetry: {metrics: {level: none}}
        """);
    try (CollectorRole role =
        new CollectorRole(
            new ConfigSources(List.of(c.toString()), List.of(), n -> null),
            BuiltIn.components(),
            false,
            false)) {
      role.start();
      assertThat(role.graph().config()).isNotEmpty();
    }
  }

  /** The OpAMP server receives the configuration in use, masked, also after a reload. */
  @Test
  void reportsMaskedConfigurationToOpampServer(@TempDir Path folder) throws Exception {
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/",
        e -> {
          told.add(new String(e.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
          e.sendResponseHeaders(200, -1);
          e.close();
        });
    server.start();
    Path c = folder.resolve("c.yaml");
    String text =
        """
        extensions:
          opamp:
            server: {http: {endpoint: "http://127.0.0.1:%d/", headers: {X-Key: SECRET1}}}
            agent_description: {include_resource_attributes: true}
        receivers:
          otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}
          prometheus:
            config:
              scrape_configs:
                - {job_name: a, scrape_interval: 1h, basic_auth: {username: u, password: SECRET2}}
        exporters: {nop: }
        service:
          extensions: [opamp]
          pipelines:
            logs: {receivers: [otlp], exporters: [nop]}
            metrics: {receivers: [prometheus], exporters: [nop]}
          telemetry: {metrics: {level: none}, resource: {zone: here}}
        """
            .formatted(server.getAddress().getPort());
    Files.writeString(c, text);
    try (CollectorRole role =
        new CollectorRole(
            new ConfigSources(List.of(c.toString()), List.of(), n -> null),
            BuiltIn.components(),
            false,
            false)) {
      role.start();
      assertThat(told.poll(60, TimeUnit.SECONDS))
          .contains("job_name: a", "[REDACTED]", "zone", "here", "pipeline:metrics", "StatusOK")
          .doesNotContain("SECRET");
      Files.writeString(c, text.replace("job_name: a", "job_name: b"));
      role.reload();
      String next = told.poll(60, TimeUnit.SECONDS);
      while (next != null && !next.contains("job_name: b")) {
        next = told.poll(60, TimeUnit.SECONDS);
      }
      assertThat(next).isNotNull().doesNotContain("SECRET", "os.description");
    } finally {
      server.stop(0);
    }
  }
}
