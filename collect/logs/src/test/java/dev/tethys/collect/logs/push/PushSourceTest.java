package dev.tethys.collect.logs.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.loki.PushWriter;
import dev.tethys.collect.logs.SourceRig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.Labels;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.client.TlsSockets;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class PushSourceTest {
  private static final String SERVER = "server: {http_listen_address: 127.0.0.1}";
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir Path folder;
  private SourceRig rig;

  @BeforeEach
  void begin() throws IOException {
    rig = new SourceRig(folder);
  }

  @AfterEach
  void end() {
    rig.close();
  }

  private static <S extends PushSource> S started(S source) throws IOException {
    source.start();
    return source;
  }

  private LokiPushSource loki(String more) throws IOException {
    return started(
        new LokiPushSource(
            SourceRig.read(
                LokiPushConfig.TYPE, "{" + SERVER + ", labels: {via: push}" + more + "}"),
            rig.context()));
  }

  private HerokuSource heroku(String more) throws IOException {
    return started(
        new HerokuSource(
            SourceRig.read(HerokuConfig.TYPE, "{" + SERVER + more + "}"), rig.context()));
  }

  private static HttpRequest request(PushSource s, String path, String type, byte[] body) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + s.port() + path))
        .header("Content-Type", type)
        .header("X-Scope-OrgID", "acme")
        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
        .build();
  }

  private static int post(PushSource s, String path, String type, byte[] body)
      throws IOException, InterruptedException {
    return CLIENT
        .send(request(s, path, type, body), HttpResponse.BodyHandlers.ofString())
        .statusCode();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The example of Loki's page, with structured metadata. */
  @Test
  void acceptsLokiPushes() throws Exception {
    String json =
        "{\"streams\":[{\"stream\":{\"label\":\"value\"},\"values\":["
            + "[\"1700000000000000001\",\"one\"],"
            + "[\"1700000000000000002\",\"two\",{\"trace\":\"t1\"}]]}]}";
    try (LokiPushSource s = loki(", use_incoming_timestamp: true")) {
      assertThat(post(s, "/loki/api/v1/push", "application/json", bytes(json))).isEqualTo(204);
      LogEntry e = rig.next();
      assertThat(e.line()).isEqualTo("one");
      assertThat(e.timestamp()).isEqualTo(1_700_000_000_000_000_001L);
      assertThat(e.labels())
          .isEqualTo(Labels.of("label", "value", "via", "push", "__tenant_id__", "acme"));
      assertThat(rig.next().metadata()).isEqualTo(Labels.of("trace", "t1"));

      PushWriter w = new PushWriter();
      w.add("{app=\"a\"}", 5, "three", Labels.EMPTY);
      byte[] b = w.toByteArray();
      byte[] snappy = Compression.SNAPPY.compress(b, 0, b.length, Compression.DEFAULT_LEVEL);
      assertThat(post(s, "/loki/api/v1/push", "application/x-protobuf", snappy)).isEqualTo(204);
      assertThat(rig.next().line()).isEqualTo("three");

      assertThat(post(s, "/promtail/api/v1/raw", "text/plain", bytes("four\r\n\n  five \nsi\rx")))
          .isEqualTo(204);
      assertThat(rig.lines(3)).containsExactly("four", "  five ", "si\rx");

      assertThat(post(s, "/loki/api/v1/push", "application/json", bytes("{"))).isEqualTo(400);
      assertThat(post(s, "/loki/api/v1/push", "text/csv", bytes("a"))).isEqualTo(415);
      assertThat(post(s, "/loki/api/v1/push", "application/x-protobuf", bytes("zzz")))
          .isEqualTo(400);
    }
  }

  /** Logs with three levels, in batches as they are by default, and ends in good order. */
  private static final String WINSTON =
      """
      const modules = process.argv[1], host = process.argv[2], json = process.argv[3] === 'json';
      const { createLogger, format } = require(modules + '/winston');
      const Loki = require(modules + '/winston-loki');
      const loki = new Loki({
        host, json, interval: 1, replaceTimestamp: true, labels: { app: 'shop' },
        headers: { 'X-Scope-OrgID': 'acme' }, format: format.printf(i => i.level + ': ' + i.message), gracefulShutdown: false,
        onConnectionError: e => { console.error(String(e)); process.exit(1); },
      });
      const log = createLogger({ level: 'debug', transports: [loki] });
      log.info('one'); log.error({ message: 'tw\u00f6', labels: { key: 'value' } }); log.debug('three');
      loki.flush().then(() => process.exit(0));
      """;

  @ParameterizedTest
  @ValueSource(strings = {"json", "protobuf"})
  void acceptsWinstonsTransport(String as) throws Exception {
    Path modules = Shared.npm("winston-loki").resolveSibling(".").normalize();
    try (LokiPushSource s = loki(", use_incoming_timestamp: true")) {
      Path out = folder.resolve("winston");
      Process p =
          new ProcessBuilder(
                  "node", "-e", WINSTON, modules.toString(), "http://127.0.0.1:" + s.port(), as)
              .redirectErrorStream(true)
              .redirectOutput(out.toFile())
              .start();
      try {
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          LogEntry e = rig.next();
          seen.add(e.labels() + " " + e.line());
          assertThat(e.timestamp() / 1_000_000_000)
              .isCloseTo(System.currentTimeMillis() / 1000, within(100L));
        }
        String tenant = "__tenant_id__=\"acme\", ";
        assertThat(seen)
            .containsExactlyInAnyOrder(
                "{" + tenant + "app=\"shop\", level=\"info\", via=\"push\"} info: one",
                "{"
                    + tenant
                    + "app=\"shop\", key=\"value\", level=\"error\", via=\"push\"} error: tw\u00f6",
                "{" + tenant + "app=\"shop\", level=\"debug\", via=\"push\"} debug: three");
        assertThat(p.waitFor(20, TimeUnit.SECONDS)).as(Files.readString(out)).isTrue();
        assertThat(p.exitValue()).as(Files.readString(out)).isZero();
      } finally {
        p.destroyForcibly();
      }
    }
  }

  /** What was not delivered is not acknowledged, so that its sender keeps it. */
  @Test
  void respondsAfterDelivery() throws Exception {
    rig.settles(false);
    try (LokiPushSource s = loki("")) {
      CompletableFuture<HttpResponse<String>> answer =
          CLIENT.sendAsync(
              request(s, "/promtail/api/v1/raw", "text/plain", bytes("a\nb\n")),
              HttpResponse.BodyHandlers.ofString());
      LogEntry a = rig.next();
      LogEntry b = rig.next();
      b.settle();
      assertThat(answer).isNotDone();
      a.settle();
      assertThat(answer.get().statusCode()).isEqualTo(204);
    }
  }

  /** As Heroku's page of log drains has them: lengths, and no structured data. */
  @Test
  void acceptsHerokuDrains() throws Exception {
    String one =
        "<40>1 2012-11-30T06:45:29+00:00 host app web.3 - State changed from starting to up";
    String two = "<40>1 2012-11-30T06:45:26+00:00 host heroku web.3 - Starting process";
    try (HerokuSource s = heroku(", labels: {job: heroku}, use_incoming_timestamp: true")) {
      byte[] body = bytes(one.length() + " " + one + two.length() + " " + two);
      assertThat(post(s, "/heroku/api/v1/drain?my-app=x&my-app=y", "application/logplex-1", body))
          .isEqualTo(204);
      LogEntry e = rig.next();
      assertThat(e.line()).isEqualTo("State changed from starting to up");
      assertThat(e.timestamp()).isEqualTo(1_354_257_929_000_000_000L);
      assertThat(e.labels())
          .isEqualTo(
              Labels.of(
                  "job", "heroku",
                  "__tenant_id__", "acme",
                  "was_heroku_drain_host", "host",
                  "was_heroku_drain_app", "app",
                  "was_heroku_drain_proc", "web.3",
                  "was_heroku_drain_param_my_app", "x,y"));
      assertThat(rig.next().labels().get("was_heroku_drain_app")).isEqualTo("heroku");
      assertThat(post(s, "/heroku/api/v1/drain", "application/logplex-1", bytes("3 abc")))
          .isEqualTo(400);
    }
    assertThat(rig.metric("promtail_heroku_drain_target_entries_total")).isEqualTo(2);
    assertThat(rig.metric("promtail_heroku_drain_target_parsing_errors_total")).isEqualTo(1);
  }

  @Test
  void acceptsPubSubPushes() throws Exception {
    String entry =
        "{\"logName\":\"projects/p/logs/l\",\"severity\":\"INFO\",\"textPayload\":\"hello\","
            + "\"timestamp\":\"2026-01-01T00:00:00.5Z\",\"labels\":{\"k\":\"v\"},"
            + "\"resource\":{\"type\":\"gcs\",\"labels\":{\"backendServiceName\":\"b\"}}}";
    String push =
        "{\"message\":{\"attributes\":{\"logging.googleapis.com/timestamp\":\"t\"},\"data\":\""
            + Base64.getEncoder().encodeToString(bytes(entry))
            + "\",\"messageId\":\"17\"},\"subscription\":\"projects/p/subscriptions/s\"}";
    GcpConfig config =
        SourceRig.read(
            GcpConfig.TYPE,
            "{subscription_type: push, " + SERVER + ", use_incoming_timestamp: true}");
    try (GcpSource s =
        started(new GcpSource(config, Objects.requireNonNull(config.server()), rig.context()))) {
      assertThat(post(s, "/gcp/api/v1/push", "application/json", bytes(push))).isEqualTo(204);
      LogEntry e = rig.next();
      assertThat(e.line()).isEqualTo("hello");
      assertThat(e.timestamp()).isEqualTo(1_767_225_600_500_000_000L);
      assertThat(e.labels().toMap())
          .containsEntry("was_gcp_message_id", "17")
          .containsEntry("was_gcp_subscription_name", "projects/p/subscriptions/s")
          .containsEntry("was_gcp_attributes_logging_googleapis_com_timestamp", "t")
          .containsEntry("was_gcp_logname", "projects/p/logs/l")
          .containsEntry("was_gcp_severity", "INFO")
          .containsEntry("was_gcp_resource_type", "gcs")
          .containsEntry("was_gcp_resource_labels_backend_service_name", "b")
          .containsEntry("was_gcp_labels_k", "v");
      assertThat(post(s, "/gcp/api/v1/push", "application/json", bytes("{}"))).isEqualTo(400);
    }
  }

  @Test
  void speaksTls() throws Exception {
    TestCertificates certs = new TestCertificates(folder);
    certs.issue("server", "ip:127.0.0.1");
    String yaml =
        "{server: {http_listen_address: 127.0.0.1, http_tls_config: {cert_file: '%s',"
            + " key_file: '%s'}}}";
    LokiPushConfig config =
        SourceRig.read(
            LokiPushConfig.TYPE, yaml.formatted(certs.certificate("server"), certs.key("server")));
    TlsConfig trusting =
        new TlsConfig("", certs.ca().toString(), "", "", Secret.NONE, "", "", false, null, null);
    try (LokiPushSource s = started(new LokiPushSource(config, rig.context()));
        Socket c = TlsSockets.factory(trusting).createSocket("127.0.0.1", s.port())) {
      c.getOutputStream()
          .write(bytes("GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
      c.getOutputStream().flush();
      assertThat(new String(c.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 200")
          .endsWith("ready");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/promtail/api/v1/raw", "/loki/api/v1/push", "/heroku/api/v1/drain"})
  void aRequestKeepsNoMemoryWhileItWaitsForItsDelivery(String path) throws Exception {
    String line = "x".repeat(200_000);
    boolean heroku = path.startsWith("/heroku");
    String frame = "<13>1 2026-01-02T03:04:05Z host app web.1 - " + line;
    byte[] body =
        bytes(
            heroku
                ? frame.length() + " " + frame
                : path.endsWith("raw")
                    ? line
                    : "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\""
                        + line
                        + "\"]]}]}");
    rig.settles(false);
    try (PushSource s = heroku ? heroku("") : loki("")) {
      CompletableFuture<HttpResponse<String>> answer =
          CLIENT.sendAsync(
              request(s, path, "application/json", body), HttpResponse.BodyHandlers.ofString());
      LogEntry e = rig.next();
      assertThat(e.line()).hasSize(200_000);
      while (ByteBudget.process().inUse() > 0) {
        assertThat(answer).isNotDone();
        Thread.onSpinWait();
      }
      e.settle();
      assertThat(answer.get().statusCode()).isEqualTo(204);
    }
  }

  @Test
  void rejectsRequestWhenFull() throws Exception {
    try (LokiPushSource s =
        started(
            new LokiPushSource(
                SourceRig.read(LokiPushConfig.TYPE, "{" + SERVER + "}"),
                rig.contextOfFullDestination()))) {
      HttpResponse<String> r =
          CLIENT.send(
              request(s, "/promtail/api/v1/raw", "text/plain", bytes("a\n")),
              HttpResponse.BodyHandlers.ofString());
      assertThat(r.statusCode()).isEqualTo(503);
      assertThat(r.body()).contains("the destination accepts no entries");
      assertThat(r.headers().firstValue("Retry-After")).isPresent();
    }
  }
}
