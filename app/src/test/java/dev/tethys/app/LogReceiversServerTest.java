package dev.tethys.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tethys.codec.otlp.wire.OtlpResponse;
import dev.tethys.testkit.Ports;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.LogsData;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.resource.v1.Resource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Protocols that senders of logs have, into the log store of one server. */
@Tag("slow")
class LogReceiversServerTest {
  private static final String JSON = "application/json";
  private static final Duration SOON = Duration.ofSeconds(60);

  private static final String CONFIG =
      """
      logs:
        limits_config:
          max_line_size: 2KB
          otlp_config:
            resource_attributes:
              attributes_config:
                - {action: index_label, attributes: [team.name]}
                - {action: drop, regex: secret\\..*}
        overrides:
          strict: {max_line_size: 20B}
      """;

  private static final MethodDescriptor<byte[], byte[]> EXPORT =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("opentelemetry.proto.collector.logs.v1.LogsService/Export")
          .setRequestMarshaller(new Bytes())
          .setResponseMarshaller(new Bytes())
          .build();

  @TempDir Path dir;

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static String found(TethysProcess p, String query, String tenant) {
    String path =
        "/loki/api/v1/query_range?limit=1000&since=1h&query=" + URLEncoder.encode(query, UTF_8);
    return p.send(HttpRequest.newBuilder(p.uri(path)).header("X-Scope-OrgID", tenant)).body();
  }

  private static String found(TethysProcess p, String query) {
    return found(p, query, "fake");
  }

  private static byte[] otlp(String... lines) {
    ScopeLogs.Builder scope = ScopeLogs.newBuilder();
    long now = System.currentTimeMillis() * 1_000_000;
    for (String line : lines) {
      scope.addLogRecords(
          LogRecord.newBuilder()
              .setTimeUnixNano(now++)
              .setSeverityNumberValue(17)
              .setBody(AnyValue.newBuilder().setStringValue(line)));
    }
    Resource.Builder resource = Resource.newBuilder();
    for (String[] kv :
        new String[][] {
          {"service.name", "grpc"}, {"team.name", "blue"}, {"secret.key", "x"}, {"os.type", "linux"}
        }) {
      resource.addAttributes(
          KeyValue.newBuilder()
              .setKey(kv[0])
              .setValue(AnyValue.newBuilder().setStringValue(kv[1])));
    }
    return LogsData.newBuilder()
        .addResourceLogs(ResourceLogs.newBuilder().setResource(resource).addScopeLogs(scope))
        .build()
        .toByteArray();
  }

  private static byte[] export(
      TethysProcess p, byte[] message, String tenant, @Nullable String gzip) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", p.uri("/").getPort()).usePlaintext().build();
    try {
      Metadata headers = new Metadata();
      headers.put(Metadata.Key.of("x-scope-orgid", Metadata.ASCII_STRING_MARSHALLER), tenant);
      CallOptions options =
          gzip == null ? CallOptions.DEFAULT : CallOptions.DEFAULT.withCompression(gzip);
      return ClientCalls.blockingUnaryCall(
          ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
          EXPORT,
          options,
          message);
    } finally {
      channel.shutdownNow();
    }
  }

  @Tag("contrib")
  @Test
  void acceptsLogsOverAllProtocolsOfTheServersPort() throws IOException {
    try (TethysProcess p = TethysProcess.server(dir, CONFIG)) {
      p.await("ready", SOON, () -> p.get("/-/ready").statusCode() == 200);
      otlpOverGrpc(p);
      elasticsearch(p);
      splunk(p);
      gelf(p);
      limitsOfTenants(p);
    }
  }

  private static void otlpOverGrpc(TethysProcess p) {
    assertThat(export(p, otlp("by gRPC"), "g1", null)).isEmpty();
    assertThat(export(p, otlp("compressed"), "g1", "gzip")).isEmpty();
    assertThat(found(p, "{service_name=\"grpc\", team_name=\"blue\"}", "g1"))
        .contains("by gRPC")
        .contains("compressed")
        .contains("\"detected_level\":\"error\"")
        .contains("\"os_type\":\"linux\"")
        .doesNotContain("secret");
    assertThat(found(p, "{service_name=\"grpc\"}")).doesNotContain("by gRPC");
    byte[] partial = export(p, otlp("fits", "x".repeat(3000)), "g1", null);
    OtlpResponse answer = OtlpResponse.fromProtobuf(partial);
    assertThat(answer.rejected()).isEqualTo(1);
    assertThat(answer.message())
        .contains("max entry size '2048' bytes exceeded for stream")
        .contains("while adding an entry with length '3000' bytes");
    assertThat(catchThrowable(() -> export(p, new byte[] {1, 2, 3}, "g1", null)))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageStartingWith("INVALID_ARGUMENT");
    assertThat(catchThrowable(() -> export(p, otlp("x"), "a|b", null)))
        .hasMessageStartingWith("INVALID_ARGUMENT")
        .hasMessageContaining("X-Scope-OrgID");
    assertThat(p.get("/metrics").body())
        .contains("loki_discarded_samples_total{reason=\"line_too_long\",tenant=\"g1\"} 1")
        .contains("tethys_logs_discarded_lines_by_stream_total{reason=\"line_too_long\"");
  }

  private static void elasticsearch(TethysProcess p) {
    for (String prefix : new String[] {"/elastic", "/insert/elasticsearch"}) {
      assertThat(p.get(prefix + "/").body()).contains("\"number\":\"8.");
      assertThat(p.get(prefix + "/").headers().firstValue("X-Elastic-Product"))
          .contains("Elasticsearch");
      assertThat(p.get(prefix + "/_license").body()).contains("\"status\":\"active\"");
    }
    assertThat(
            p.send(
                    HttpRequest.newBuilder(p.uri("/elastic/_index_template/logs"))
                        .PUT(HttpRequest.BodyPublishers.ofString("{}")))
                .body())
        .contains("\"acknowledged\":true");
    String body =
        """
        {"create":{"_index":"filebeat-8"}}
        {"@timestamp":"%1$s","message":"GET /cart 500","log":{"level":"error"},"host":{"name":"web-1"}}
        {"create":{"_index":"filebeat-8"}}
        {"@timestamp":"%1$s","message":"%2$s","host":{"name":"web-1"}}
        {"index":{"_index":"fluent"}}
        {"@timestamp":"%1$s","log":"from fluent bit","kubernetes":{"namespace_name":"shop"}}
        {"delete":{"_index":"fluent","_id":"1"}}
        {"index":{"_index":"other"}}
        {"answer":42}
        """
            .formatted(Instant.now(), "y".repeat(3000));
    HttpResponse<String> r = p.post("/elastic/_bulk", "application/x-ndjson", body.getBytes(UTF_8));
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    assertThat(r.body()).startsWith("{\"errors\":true,");
    String[] items = r.body().substring(r.body().indexOf("\"items\":")).split("\"_index\":", -1);
    assertThat(items).hasSize(6);
    assertThat(items[1]).contains("\"status\":201");
    assertThat(items[2]).contains("\"status\":400").contains("max entry size '2048' bytes");
    assertThat(items[3]).contains("\"status\":201");
    assertThat(items[4]).contains("\"status\":400");
    assertThat(items[5]).contains("\"status\":201");
    assertThat(found(p, "{index=\"filebeat-8\", host_name=\"web-1\"} | detected_level=\"error\""))
        .contains("GET /cart 500")
        .doesNotContain("host_name_extracted");
    assertThat(found(p, "{index=\"fluent\", kubernetes_namespace_name=\"shop\"}"))
        .contains("from fluent bit");
    assertThat(found(p, "{index=\"other\"}")).contains("{\\\"answer\\\":42}");
    p.post(
        "/insert/elasticsearch/app/_bulk?_stream_fields=app",
        "application/x-ndjson",
        "{\"create\":{}}\n{\"app\":\"a1\",\"msg\":\"own fields\"}\n".getBytes(UTF_8));
    assertThat(found(p, "{app=\"a1\", index=\"app\"}")).contains("own fields");
  }

  private static void splunk(TethysProcess p) {
    HttpResponse<String> r =
        p.post(
            "/services/collector/event",
            JSON,
            ("{\"event\":\"hello HEC\",\"host\":\"h1\",\"source\":\"s1\",\"fields\":{\"k\":\"v\"}}"
                    + "\n{\"event\":{\"a\":1},\"host\":\"h1\",\"sourcetype\":\"st\"}")
                .getBytes(UTF_8));
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.body()).isEqualTo("{\"text\":\"Success\",\"code\":0}");
    assertThat(
            p.post("/services/collector/raw?host=h2", "text/plain", "one\ntwo\n".getBytes(UTF_8))
                .statusCode())
        .isEqualTo(200);
    assertThat(found(p, "{host=\"h1\"}")).contains("hello HEC").contains("\"k\":\"v\"");
    assertThat(found(p, "{host=\"h1\", sourcetype=\"st\"}")).contains("{\\\"a\\\":1}");
    assertThat(found(p, "{host=\"h2\"}")).contains("\"one\"").contains("\"two\"");
    assertThat(p.get("/services/collector/health").body()).contains("HEC is healthy");
    HttpResponse<String> bad =
        p.post("/services/collector", JSON, "{\"event\":\"a\"}{\"no\":1}".getBytes(UTF_8));
    assertThat(bad.statusCode()).isEqualTo(400);
    assertThat(bad.body()).contains("\"code\":12").contains("\"invalid-event-number\":1");
  }

  private static void gelf(TethysProcess p) {
    HttpResponse<String> r =
        p.post(
            "/gelf",
            JSON,
            "{\"version\":\"1.1\",\"host\":\"gh\",\"short_message\":\"by GELF\",\"level\":3}"
                .getBytes(UTF_8));
    assertThat(r.statusCode()).as(r.body()).isEqualTo(202);
    assertThat(
            found(
                p,
                "{job=\"gelf\", host=\"gh\", level=\"error\"} | json | short_message=\"by GELF\""))
        .contains("by GELF");
    assertThat(p.post("/gelf", JSON, "[1]".getBytes(UTF_8)).statusCode()).isEqualTo(400);
  }

  private static void limitsOfTenants(TethysProcess p) {
    String line = "a line of more than twenty bytes";
    String push =
        "{\"streams\":[{\"stream\":{\"app\":\"a\"},\"values\":[[\"%d\",\"%s\"]]}]}"
            .formatted(System.currentTimeMillis() * 1_000_000, line);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(p.uri("/loki/api/v1/push"))
            .header("Content-Type", JSON)
            .header("X-Scope-OrgID", "strict")
            .POST(HttpRequest.BodyPublishers.ofString(push));
    HttpResponse<String> r = p.send(request);
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body())
        .isEqualTo(
            "max entry size '20' bytes exceeded for stream '{app=\"a\", service_name=\"a\"}' while"
                + " adding an entry with length '32' bytes");
    assertThat(p.post("/loki/api/v1/push", JSON, push.getBytes(UTF_8)).statusCode()).isEqualTo(204);
  }

  @Test
  void syslogAndGelfArriveOnListenersThatFlagsName() throws IOException {
    int syslogUdp = Ports.free();
    int syslogTcp = Ports.free();
    int gelfUdp = Ports.free();
    int gelfTcp = Ports.free();
    try (TethysProcess p =
        TethysProcess.server(
            dir,
            "{}\n",
            "--logs.syslog-udp-listen-address=127.0.0.1:" + syslogUdp,
            "--logs.syslog-tcp-listen-address=127.0.0.1:" + syslogTcp,
            "--logs.gelf-udp-listen-address=127.0.0.1:" + gelfUdp,
            "--logs.gelf-tcp-listen-address=127.0.0.1:" + gelfTcp)) {
      p.await("ready", SOON, () -> p.get("/-/ready").statusCode() == 200);
      packet(syslogUdp, "<11>" + "Oct 11 22:14:15 router su: old syslog");
      tcp(syslogTcp, "<165>1 " + Instant.now() + " mail postfix 7 ID1 - new syslog\n");
      packet(gelfUdp, "{\"version\":\"1.1\",\"host\":\"u\",\"short_message\":\"udp\"}");
      tcp(gelfTcp, "{\"version\":\"1.1\",\"host\":\"t\",\"short_message\":\"tcp\",\"level\":6}\0");
      await(
          p,
          "{job=\"syslog\", app=\"postfix\", host=\"mail\", level=\"notice\"} |"
              + " detected_level=\"info\"",
          "new syslog");
      await(p, "{job=\"gelf\", host=\"u\"}", "udp");
      await(
          p,
          "{job=\"gelf\", host=\"t\", level=\"informational\"} | detected_level=\"info\"",
          "tcp");
      for (int i = 0; i < 8; i++) {
        packet(syslogUdp, "<" + (8 + i) + ">1 " + Instant.now() + " s severity - - - s" + i + "s");
      }
      List<String> levels =
          List.of("fatal", "critical", "critical", "error", "warn", "info", "info", "debug");
      for (int i = 0; i < 8; i++) {
        await(
            p, "{app=\"severity\"} | detected_level=\"" + levels.get(i) + "\"", "\"s" + i + "s\"");
      }
      // The message has no year, so that it may be of any time of the last one.
      p.await(
          "syslog of RFC 3164",
          SOON,
          () -> p.get("/loki/api/v1/label/app/values?since=9000h").body().contains("\"su\""));
    }
  }

  private static void await(TethysProcess p, String query, String line) {
    p.await(line, SOON, () -> found(p, query).contains(line));
  }

  private static void packet(int port, String text) throws IOException {
    try (DatagramSocket s = new DatagramSocket()) {
      byte[] b = text.getBytes(UTF_8);
      s.send(new DatagramPacket(b, b.length, InetAddress.getLoopbackAddress(), port));
    }
  }

  private static void tcp(int port, String text) throws IOException {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port);
        OutputStream out = s.getOutputStream()) {
      out.write(text.getBytes(UTF_8));
    }
  }

  @Test
  void pipelinesAndPromtailJobsInTheServerWriteToItsStore() throws IOException {
    Path lines = Files.writeString(dir.resolve("app.log"), "first of promtail\n");
    Path promtail =
        Files.writeString(
            dir.resolve("promtail.yml"),
            """
            positions: {filename: %1$s/positions.yaml}
            scrape_configs:
              - job_name: files
                static_configs: [{targets: [localhost], labels: {job: files, __path__: %2$s}}]
            """
                .formatted(dir, lines));
    int port = Ports.free();
    Path pipelines =
        Files.writeString(
            dir.resolve("collector.yaml"),
            """
            receivers:
              loki: {protocols: {http: {endpoint: '127.0.0.1:%d'}}, use_incoming_timestamp: true}
            exporters:
              tethys:
                tenant: piped
                logs: {default_labels: {region: eu}}
            service:
              pipelines:
                logs: {receivers: [loki], exporters: [tethys]}
            """
                .formatted(port));
    try (TethysProcess p =
        TethysProcess.server(
            dir,
            "{}\n",
            "--promtail.config.file=" + promtail,
            "--pipelines.config=" + pipelines,
            "--web.enable-lifecycle",
            "--logs.max-line-size=100B")) {
      p.await("ready", SOON, () -> p.get("/-/ready").statusCode() == 200);
      await(p, "{job=\"files\"}", "first of promtail");
      HttpRequest.Builder push =
          HttpRequest.newBuilder(
                  java.net.URI.create("http://127.0.0.1:" + port + "/loki/api/v1/push"))
              .header("Content-Type", JSON)
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"streams\":[{\"stream\":{\"app\":\"a\"},\"values\":[[\"%1$d\",\"short\"],[\"%1$d\",\"%2$s\"]]}]}"
                          .formatted(System.currentTimeMillis() * 1_000_000, "z".repeat(200))));
      HttpResponse<String> r = p.send(push);
      assertThat(r.statusCode()).isEqualTo(400);
      assertThat(r.body()).contains("max entry size '100' bytes exceeded");
      assertThat(found(p, "{app=\"a\", region=\"eu\"}", "piped")).contains("short");
      assertThat(p.get("/metrics").body())
          .contains("tethys_pipeline_items_total")
          .contains("line_too_long")
          .contains("promtail_read_lines_total");

      Files.writeString(pipelines, "receivers: {}\nservice: {pipelines: {}}\n");
      HttpResponse<String> wrong = p.post("/-/reload", "", new byte[0]);
      assertThat(wrong.statusCode()).as(wrong.body()).isEqualTo(500);
    }
  }
}
