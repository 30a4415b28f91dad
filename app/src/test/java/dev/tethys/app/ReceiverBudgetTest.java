package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Memory that receivers reserve for a message is released however its sender ends. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("contrib")
@Tag("slow")
class ReceiverBudgetTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int SENDERS = 3;

  private static final String COLLECTOR =
      """
      receivers:
        otlp: {protocols: {http: {endpoint: '127.0.0.1:{otlp}'}}}
        fluent_forward: {endpoint: '127.0.0.1:{fluent}'}
        statsd: {endpoint: '127.0.0.1:{statsd}', transport: tcp}
        carbon: {endpoint: '127.0.0.1:{carbon}', pickle_endpoint: '127.0.0.1:{pickle}'}
        influxdb: {endpoint: '127.0.0.1:{influx}', tcp_endpoint: '127.0.0.1:{lines}'}
        collectd: {endpoint: '127.0.0.1:{collectd}'}
        zipkin: {endpoint: '127.0.0.1:{zipkin}'}
        jaeger: {protocols: {thrift_http: {endpoint: '127.0.0.1:{jaeger}'}}}
        datadog: {endpoint: '127.0.0.1:{datadog}'}
        splunk_hec: {endpoint: '127.0.0.1:{splunk}'}
        opentsdb: {endpoint: '127.0.0.1:{opentsdb}'}
        elasticsearch_bulk: {endpoint: '127.0.0.1:{elastic}'}
        prometheusremotewrite: {endpoint: '127.0.0.1:{write}'}
        loki: {protocols: {http: {endpoint: '127.0.0.1:{loki}'}}}
        tcplog: {listen_address: '127.0.0.1:{tcplog}'}
        syslog: {tcp: {listen_address: '127.0.0.1:{syslog}', max_log_size: 1MiB}, protocol: rfc5424}
      exporters:
        nop: {}
      service:
        telemetry: {metrics: {address: '127.0.0.1:{port}'}}
        pipelines:
          logs:
            receivers: [otlp, fluent_forward, splunk_hec, elasticsearch_bulk, loki, tcplog, syslog]
            exporters: [nop]
          metrics:
            receivers:
              [otlp, statsd, carbon, influxdb, collectd, datadog, opentsdb, prometheusremotewrite]
            exporters: [nop]
          traces: {receivers: [otlp, zipkin, jaeger, datadog], exporters: [nop]}
      """;

  private static final String LOGS =
      """
      server: {http_listen_address: 127.0.0.1, http_listen_port: {port}, grpc_listen_port: 0}
      positions: {filename: '{folder}/positions.yaml'}
      clients: [{url: 'http://127.0.0.1:{dead}/loki/api/v1/push'}]
      scrape_configs:
      - job_name: push
        loki_push_api:
          server: {http_listen_address: 127.0.0.1, http_listen_port: {push}, grpc_listen_port: 0}
          labels: {a: b}
      - job_name: gelf
        gelf: {listen_address: '127.0.0.1:{gelf}', listen_protocol: tcp, labels: {a: g}}
      - job_name: syslog
        syslog: {listen_address: '127.0.0.1:{rfc5424}', labels: {a: s}, max_message_length: 100000}
      """;

  /** End of a connection. */
  private enum End {
    RESET,
    HALF_CLOSED,
    CLOSED
  }

  /**
   * A sender.
   *
   * @param port name of a port in the configurations
   * @param held whether the receiver waits for the rest of the message
   */
  record Attack(String port, boolean held, byte[] bytes) {
    @Override
    public String toString() {
      return port + (held ? ", a part" : ", malformed");
    }
  }

  @TempDir static Path folder;

  private final Map<String, Integer> ports = new HashMap<>();
  private TethysProcess collector;
  private TethysProcess logs;

  @BeforeAll
  void start() throws IOException {
    collector = launch("collector.yaml", COLLECTOR, "collector", "--config=");
    logs = launch("promtail.yaml", LOGS, "logs", "-config.file=");
    collector.await("the start", LIMIT, () -> collector.log().contains("Everything is ready"));
    logs.awaitReady();
  }

  @AfterAll
  void stop() {
    collector.close();
    logs.close();
  }

  private TethysProcess launch(String name, String config, String role, String flag)
      throws IOException {
    Map<String, Integer> own = new HashMap<>();
    String text = config.replace("{folder}", folder.toString());
    Matcher m = Pattern.compile("\\{([a-z0-9]+)}").matcher(text);
    StringBuilder out = new StringBuilder();
    while (m.find()) {
      m.appendReplacement(
          out, String.valueOf(own.computeIfAbsent(m.group(1), key -> Ports.free())));
    }
    m.appendTail(out);
    ports.putAll(own);
    Path file = folder.resolve(name);
    Files.writeString(file, out.toString());
    return TethysProcess.launch(
        folder,
        Objects.requireNonNull(own.get("port")),
        List.of("-Xmx512m"),
        List.of(role, flag + file));
  }

  private static byte[] filled(int n, char c) {
    byte[] b = new byte[n];
    Arrays.fill(b, (byte) c);
    return b;
  }

  private static byte[] join(byte[]... parts) {
    int n = Arrays.stream(parts).mapToInt(p -> p.length).sum();
    ByteBuffer b = ByteBuffer.allocate(n);
    for (byte[] p : parts) {
      b.put(p);
    }
    return b.array();
  }

  private static byte[] head(String path, String type, int length) {
    return ("POST "
            + path
            + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
            + type
            + "\r\nContent-Length: "
            + length
            + "\r\n\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static Stream<Attack> http(String port, String path, String type) {
    byte[] some = filled(300_000, '[');
    return Stream.of(
        new Attack(port, true, join(head(path, type, 900_000), some)),
        new Attack(port, false, join(head(path, type, some.length), some)));
  }

  static Stream<Attack> attacks() {
    String json = "application/json";
    String protobuf = "application/x-protobuf";
    byte[] line = filled(30_000, 'x');
    byte[] fluent = {(byte) 0x92, (byte) 0xa1, 't', (byte) 0xc6, 0, (byte) 0x10, 0, 0};
    byte[] fluentEnd = {(byte) 0x92, (byte) 0xa1, 't', (byte) 0xc6, 0, 4, 0, 0};
    byte[] pickle = {0, 8, 0, 0};
    return Stream.of(
            Stream.of(
                new Attack("fluent", true, join(fluent, filled(300_000, 'q'))),
                new Attack("fluent", false, join(fluentEnd, filled(1 << 18, 'q'))),
                new Attack("pickle", true, join(pickle, filled(300_000, '('))),
                new Attack("pickle", false, join(pickle, filled(1 << 19, '('))),
                new Attack("statsd", true, line),
                new Attack("carbon", true, line),
                new Attack("lines", true, line),
                new Attack("tcplog", true, filled(300_000, 'x')),
                new Attack("syslog", true, filled(300_000, 'x')),
                new Attack(
                    "syslog",
                    true,
                    join("900000 ".getBytes(StandardCharsets.US_ASCII), filled(300_000, '<'))),
                new Attack("gelf", true, filled(300_000, '{')),
                new Attack("gelf", false, join(filled(300_000, '{'), new byte[1])),
                new Attack("rfc5424", true, filled(60_000, 'x'))),
            http("otlp", "/v1/logs", json),
            http("otlp", "/v1/traces", protobuf),
            http("influx", "/api/v2/write", "text/plain"),
            http("collectd", "/", json),
            http("zipkin", "/api/v2/spans", json),
            http("zipkin", "/api/v1/spans", "application/x-thrift"),
            http("jaeger", "/api/traces", "application/x-thrift"),
            http("datadog", "/api/v1/series", json),
            http("datadog", "/v0.4/traces", "application/msgpack"),
            http("splunk", "/services/collector", json),
            http("opentsdb", "/api/put", json),
            http("elastic", "/_bulk", "application/x-ndjson"),
            http("write", "/api/v1/write", protobuf),
            http("loki", "/loki/api/v1/push", json),
            http("push", "/loki/api/v1/push", json),
            // the whole of it is a line, which waits for its delivery
            http("push", "/promtail/api/v1/raw", "text/plain").limit(1))
        .flatMap(s -> s);
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void memoryIsReleased(Attack attack) throws IOException {
    int port = Objects.requireNonNull(ports.get(attack.port()));
    TethysProcess target =
        List.of("push", "gelf", "rfc5424").contains(attack.port()) ? logs : collector;
    for (End end : End.values()) {
      Socket[] all = new Socket[SENDERS];
      for (int i = 0; i < SENDERS; i++) {
        all[i] = new Socket("127.0.0.1", port);
        OutputStream out = all[i].getOutputStream();
        out.write(attack.bytes());
        out.flush();
      }
      if (attack.held()) {
        target.await("memory of " + attack, LIMIT, () -> inFlight(target) > 0);
      }
      for (Socket s : all) {
        if (end == End.RESET) {
          s.setSoLinger(true, 0);
        }
        if (end == End.HALF_CLOSED) {
          s.shutdownOutput();
        } else {
          s.close();
        }
      }
      target.await(end + " after " + attack, LIMIT, () -> inFlight(target) == 0);
      for (Socket s : all) {
        s.close();
      }
    }
    assertThat(target.isAlive()).isTrue();
  }

  private static double inFlight(TethysProcess p) {
    return p.get("/metrics")
        .body()
        .lines()
        .filter(l -> l.startsWith("tethys_receive_bytes_in_flight "))
        .mapToDouble(l -> Double.parseDouble(l.substring(l.indexOf(' ') + 1)))
        .findFirst()
        .orElseThrow();
  }
}
