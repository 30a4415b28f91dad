package dev.tethys.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.pprof.PprofWriter;
import dev.tethys.codec.pprof.PprofWriter.ValueType;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.testkit.Ports;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests of Coroot's node agent and cluster agent to a server that has only to be started. */
@Tag("slow")
class CorootAgentsTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private static final String USERS =
      "basic_auth_users: {alice: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW}";

  private static final String KEY = "alice:U*U";

  @TempDir Path dir;

  private static HttpResponse<String> send(
      TethysProcess p, String path, String key, byte[] body, String... headers) throws Exception {
    HttpRequest.Builder b =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + p.port + path))
            .header("X-Api-Key", key)
            .header("User-Agent", "coroot-node-agent");
    if (headers.length > 0) {
      b.headers(headers);
    }
    return TethysProcess.CLIENT.send(
        (body.length == 0 ? b.GET() : b.POST(BodyPublishers.ofByteArray(body))).build(),
        BodyHandlers.ofString());
  }

  private static byte[] metrics(long now) {
    byte[] b =
        new WriteRequestWriter()
            .beginSeries(
                Labels.of(
                    "__name__",
                    "container_info",
                    "container_id",
                    "/docker/shop",
                    "job",
                    "coroot-node-agent"))
            .sample(now, 7)
            .endSeries()
            .toByteArray();
    return SnappyBlock.encode(b, 0, b.length);
  }

  private static byte[] profile(long now) {
    PprofWriter w = new PprofWriter(new ValueType("ebpf:cpu:nanoseconds", "nanoseconds"));
    w.add(List.of(new Frame("pay", "", 0), new Frame("main", "", 0)), 500);
    return w.toGzip(
        now * 1_000_000, 60_000_000_000L, new ValueType("cpu", "nanoseconds"), 10_000_000);
  }

  private static byte[] logs(long now) {
    LogRecord r = new LogRecord();
    r.setTimeUnixNano(now * 1_000_000);
    r.setBody("paid");
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    s.items().add(r);
    ResourceGroup<LogRecord> g = new ResourceGroup<>();
    g.resource().attributes().put("service.name", "/docker/shop");
    g.scopes().add(s);
    LogsData d = new LogsData();
    d.resources().add(g);
    return new OtlpWriter().write(d);
  }

  private static boolean isReady(TethysProcess p) {
    try {
      return send(p, "/-/ready", KEY, new byte[0]).statusCode() == 200;
    } catch (Exception e) {
      return false;
    }
  }

  @Test
  void storesTelemetryOfCorootAgents() throws Exception {
    Path web = dir.resolve("web.yml");
    Files.writeString(web, USERS);
    long now = System.currentTimeMillis();
    Path config = dir.resolve("prometheus.yml");
    Files.writeString(config, "{}");
    int port = Ports.free();
    try (TethysProcess p =
        TethysProcess.launch(
            dir,
            port,
            List.of(
                "server",
                "--config.file=" + config,
                "--storage.tsdb.path=" + dir.resolve("data"),
                "--web.enable-remote-write-receiver",
                "--web.listen-address=127.0.0.1:" + port,
                "--web.config.file=" + web))) {
      p.await("ready", SOON, () -> isReady(p));
      String[] write = {
        "Content-Type", "application/x-protobuf",
        "Content-Encoding", "snappy",
        "X-Prometheus-Remote-Write-Version", "0.1.0"
      };
      assertThat(send(p, "/v1/metrics", "wrong", metrics(now), write).statusCode()).isEqualTo(401);
      assertThat(send(p, "/v1/metrics", KEY, metrics(now), write).statusCode()).isEqualTo(204);
      assertThat(send(p, "/api/v1/query?query=container_info", KEY, new byte[0]).body())
          .contains("/docker/shop", "\"7\"");
      assertThat(
              send(p, "/v1/logs", KEY, logs(now), "Content-Type", "application/x-protobuf")
                  .statusCode())
          .isEqualTo(200);
      String select = "%7Bservice_name%3D%22%2Fdocker%2Fshop%22%7D";
      assertThat(send(p, "/loki/api/v1/query_range?query=" + select, KEY, new byte[0]).body())
          .contains("paid");
      HttpResponse<String> profiles =
          send(
              p,
              "/v1/profiles?container.id=%2Fdocker%2Fshop&host.id=1&host.name=h"
                  + "&service.name=%2Fdocker%2Fshop",
              KEY,
              profile(now));
      assertThat(profiles.statusCode()).as(profiles.body()).isEqualTo(200);
      String request =
          """
          {"profileTypeID":"process_cpu:cpu:nanoseconds:cpu:nanoseconds",
           "labelSelector":"{service_name=\\"/docker/shop\\",profile_source=\\"ebpf\\"}",
           "start":%d,"end":%d}
          """
              .formatted(now - 3_600_000, now + 60_000);
      assertThat(
              send(
                      p,
                      "/pyroscope/querier.v1.QuerierService/SelectMergeStacktraces",
                      KEY,
                      request.getBytes(UTF_8),
                      "Content-Type",
                      "application/json")
                  .body())
          .contains("\"main\",\"pay\"", "\"total\":\"500\"");
      assertThat(send(p, "/v1/config", KEY, new byte[0]).body())
          .isEqualTo("{\"application_instrumentation\":[]}");
    }
  }
}
