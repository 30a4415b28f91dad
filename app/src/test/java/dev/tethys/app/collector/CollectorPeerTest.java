package dev.tethys.app.collector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.app.TethysProcess;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compared with the real OpenTelemetry Collector, with its components of OTLP: each sends to the
 * other, and both take and refuse the same configurations.
 */
class CollectorPeerTest {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(60);

  @TempDir private Path dir;
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : open.reversed()) {
      c.close();
    }
  }

  private Path config(String name, String... lines) throws IOException {
    return Files.writeString(dir.resolve(name), String.join("\n", lines) + "\n");
  }

  private ServerProcess real(String name, int port, Path config)
      throws IOException, InterruptedException {
    ServerProcess p =
        new ServerProcess(
            port,
            dir.resolve(name + ".log"),
            Map.of(),
            List.of(ServerProcess.find("otelcol").toString(), "--config=" + config));
    open.add(p);
    return p;
  }

  private void ours(Path config) throws IOException {
    CollectorRole role =
        new CollectorRole(
            new ConfigSources(List.of(config.toString()), List.of(), x -> null),
            BuiltIn.components(),
            false,
            false);
    open.add(role);
    role.start();
  }

  private static String otlp(int grpc, int http) {
    return "receivers: {otlp: {protocols: {grpc: {endpoint: '127.0.0.1:"
        + grpc
        + "'}, http: {endpoint: '127.0.0.1:"
        + http
        + "'}}}}";
  }

  private static final String QUIET = "  telemetry: {metrics: {level: none}}";

  private static String pipelines(String exporters) {
    StringBuilder sb = new StringBuilder("  pipelines:");
    for (String signal : List.of("traces", "metrics", "logs")) {
      sb.append("\n    ").append(signal).append(": {receivers: [otlp], processors: [batch],");
      sb.append(" exporters: [").append(exporters).append("]}");
    }
    return sb.toString();
  }

  private static void post(int port, String signal, String json) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> r =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/" + signal))
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(json, UTF_8))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    }
  }

  private static final String ATTRIBUTES =
      "\"attributes\":[{\"key\":\"int\",\"value\":{\"intValue\":\"-7\"}},"
          + "{\"key\":\"list\",\"value\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"a\"},"
          + "{\"boolValue\":true}]}}},{\"key\":\"double\",\"value\":{\"doubleValue\":0.25}}]";

  /** From a real one through ours to a real one again, by gRPC and gzip, then as JSON by HTTP. */
  @Test
  void telemetryPassesBothWays() throws Exception {
    ServerProcess.find("otelcol");
    int endGrpc = Ports.free();
    int endHttp = Ports.free();
    ServerProcess end =
        real(
            "end",
            endHttp,
            config(
                "end.yaml",
                otlp(endGrpc, endHttp),
                "processors: {batch: {timeout: 10ms}}",
                "exporters: {debug: {verbosity: detailed}}",
                "service:",
                QUIET,
                pipelines("debug")));
    int grpc = Ports.free();
    int http = Ports.free();
    int metrics = Ports.free();
    ours(
        config(
            "ours.yaml",
            otlp(grpc, http),
            "processors: {batch: {timeout: 10ms}}",
            "exporters:",
            "  otlp_grpc: {endpoint: '127.0.0.1:" + endGrpc + "', tls: {insecure: true}}",
            "  otlp_http: {endpoint: 'http://127.0.0.1:" + endHttp + "', encoding: json}",
            "service:",
            "  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1,"
                + " port: "
                + metrics
                + "}}}}]}}",
            pipelines("otlp_grpc, otlp_http")));
    int firstGrpc = Ports.free();
    int first = Ports.free();
    real(
        "first",
        first,
        config(
            "first.yaml",
            otlp(firstGrpc, first),
            "processors: {batch: {timeout: 10ms}}",
            "exporters:",
            "  otlp_grpc: {endpoint: '127.0.0.1:" + grpc + "', tls: {insecure: true}}",
            "  otlp_http: {endpoint: 'http://127.0.0.1:" + http + "'}",
            "service:",
            QUIET,
            pipelines("otlp_grpc, otlp_http")));
    post(
        first,
        "traces",
        "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
            + "{\"stringValue\":\"shop\"}}]},\"scopeSpans\":[{\"scope\":{\"name\":\"io.shop\"},"
            + "\"spans\":[{\"traceId\":\"5b8efff798038103d269b633813fc60c\",\"spanId\":"
            + "\"eee19b7ec3c1b174\",\"name\":\"buy it\",\"kind\":2,\"startTimeUnixNano\":"
            + "\"1700000000000000001\",\"endTimeUnixNano\":\"1700000000000000002\","
            + ATTRIBUTES
            + ",\"events\":[{\"name\":\"paid\",\"timeUnixNano\":\"1700000000000000003\"}],"
            + "\"status\":{\"code\":2,\"message\":\"no money\"}}]}]}]}");
    post(
        first,
        "metrics",
        "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"orders\",\"sum\":"
            + "{\"isMonotonic\":true,\"aggregationTemporality\":2,\"dataPoints\":[{\"asInt\":\"41\","
            + "\"timeUnixNano\":\"1700000000000000004\","
            + ATTRIBUTES
            + "}]}},{\"name\":\"sizes\",\"exponentialHistogram\":{\"aggregationTemporality\":1,"
            + "\"dataPoints\":[{\"count\":\"6\",\"sum\":9.5,\"scale\":3,\"zeroCount\":\"1\","
            + "\"positive\":{\"offset\":-2,\"bucketCounts\":[\"2\",\"3\"]},"
            + "\"timeUnixNano\":\"1700000000000000005\"}]}}]}]}]}");
    post(
        first,
        "logs",
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":"
            + "\"1700000000000000006\",\"severityNumber\":17,\"severityText\":\"Error\",\"body\":"
            + "{\"kvlistValue\":{\"values\":[{\"key\":\"text\",\"value\":{\"stringValue\":"
            + "\"gr\\u00fc\\u00dfe\"}}]}},"
            + ATTRIBUTES
            + "}]}]}]}");
    // Two ways to ours, and two from there.
    for (String text :
        List.of(
            "Name           : buy it",
            "Trace ID       : 5b8efff798038103d269b633813fc60c",
            "Status message : no money",
            "-> Name: paid",
            "-> Name: orders",
            "Value: 41",
            "-> Name: sizes",
            "Count: 6",
            "Body: Map({\"text\":\"grüße\"})",
            "SeverityText: Error")) {
      TethysProcess.await(
          "four times " + text, TIME_LIMIT, () -> count(end.log(), text) >= 4, end::log);
      assertThat(count(end.log(), text)).as(text).isEqualTo(4);
    }
    assertThat(dropped(metrics)).as("what ours counts as dropped though it arrived").isEmpty();
    assertThat(count(end.log(), "-> list: Slice([\"a\",true])")).isEqualTo(12);
    assertThat(count(end.log(), "-> int: Int(-7)")).isEqualTo(12);
    assertThat(count(end.log(), "-> double: Double(0.25)")).isEqualTo(12);
  }

  private static List<String> dropped(int port) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      String page =
          http.send(
                  HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                      .build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      assertThat(page).contains("tethys_pipeline_items_total");
      return page.lines()
          .filter(l -> l.startsWith("tethys_pipeline_items_total"))
          .filter(l -> l.contains("state=\"dropped\"") && !l.endsWith(" 0"))
          .toList();
    }
  }

  private static int count(String log, String text) {
    int n = 0;
    for (int at = log.indexOf(text); at >= 0; at = log.indexOf(text, at + 1)) {
      n++;
    }
    return n;
  }

  private static final String AROUND =
      "receivers: {otlp: {protocols: {grpc: {endpoint: 'localhost:0'}}}}\n";
  private static final String LOGS = "{receivers: [otlp], exporters: [debug]}";

  /** Configurations that the real one distinguishes, with one difference each. */
  @Test
  void bothAcceptAndRejectTheSameConfigurations() throws Exception {
    Path otelcol = ServerProcess.find("otelcol");
    List<String> takenOnes =
        List.of(
            AROUND + "exporters: {debug: }\nservice: {pipelines: {logs: " + LOGS + "}}",
            AROUND
                + "processors: {batch: {timeout: 1s, send_batch_size: '${env:NOT_SET:-100}'}}\n"
                + "exporters: {debug/a: {verbosity: basic}, otlp_http: {endpoint: 'http://h:1',"
                + " compression: none, retry_on_failure: {max_elapsed_time: 0s}}}\n"
                + "service: {telemetry: {logs: {level: warn}}, pipelines: {traces/x: {receivers:"
                + " [otlp], processors: [batch], exporters: [debug/a, otlp_http]}}}",
            AROUND
                + "processors: {memory_limiter: {check_interval: 1s, limit_mib: 100}}\n"
                + "exporters: {otlp_grpc: {endpoint: 'h:1', sending_queue: {queue_size: 5,"
                + " batch: {flush_timeout: 1s}}}}\n"
                + "service: {pipelines: {metrics: {receivers: [otlp], processors:"
                + " [memory_limiter], exporters: [otlp_grpc]}}}");
    List<String> refused =
        List.of(
            AROUND
                + "exporters: {debug: {no_such_key: 1}}\nservice: {pipelines: {logs: "
                + LOGS
                + "}}",
            AROUND
                + "exporters: {debug: }\nservice: {pipelines: {logs: {receivers: [otlp],"
                + " exporters: [debug/two]}}}",
            AROUND + "exporters: {debug: }\nservice: {pipelines: {logs: {receivers: [otlp]}}}",
            AROUND
                + "exporters: {debug: }\nservice: {pipelines: {logs: {receivers: [otlp],"
                + " processors: [batch], exporters: [debug]}}}",
            AROUND + "exporters: {debug: }\nservice: {pipelines: {lags: " + LOGS + "}}",
            AROUND + "exporters: {debug: }\nservice: {pipelines: }",
            AROUND
                + "exporters: {nothing_like_it: }\nservice: {pipelines: {logs: {receivers:"
                + " [otlp], exporters: [nothing_like_it]}}}",
            AROUND
                + "processors: {batch: {timeout: soon}}\nexporters: {debug: }\nservice:"
                + " {pipelines: {logs: {receivers: [otlp], processors: [batch], exporters:"
                + " [debug]}}}",
            AROUND
                + "processors: {batch: }\nexporters: {debug: }\nservice: {pipelines: {logs:"
                + " {receivers: [otlp], processors: [batch, batch], exporters: [debug]}}}",
            AROUND
                + "processors: {memory_limiter: {limit_mib: 100}}\nexporters: {debug: }\nservice:"
                + " {pipelines: {logs: {receivers: [otlp], processors: [memory_limiter], exporters:"
                + " [debug]}}}",
            AROUND
                + "processors: {batch: {send_batch_size: 10, send_batch_max_size: 5}}\nexporters:"
                + " {debug: }\nservice: {pipelines: {logs: {receivers: [otlp], processors: [batch],"
                + " exporters: [debug]}}}",
            AROUND
                + "exporters: {otlp_http: }\nservice: {pipelines: {logs: {receivers: [otlp],"
                + " exporters: [otlp_http]}}}",
            AROUND
                + "exporters: {debug: }\nservice: {extensions: [health_check], pipelines: {logs: "
                + LOGS
                + "}}",
            AROUND + "exporters: {debug: }\nextras: {}\nservice: {pipelines: {logs: " + LOGS + "}}",
            "receivers: {otlp: {protocols: {}}}\nexporters: {debug: }\nservice: {pipelines: {logs: "
                + LOGS
                + "}}");
    List<String> differ = new ArrayList<>();
    for (List<String> all : List.of(takenOnes, refused)) {
      for (String c : all) {
        Path f = config("check.yaml", c);
        int mine = CollectorCommand.run(List.of("validate", "--allow-unused", "--config=" + f));
        Process p =
            new ProcessBuilder(otelcol.toString(), "validate", "--config=" + f)
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("validate.log").toFile())
                .start();
        assertThat(p.waitFor(TIME_LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        boolean expected = all == takenOnes;
        if ((p.exitValue() == 0) != expected || (mine == 0) != expected) {
          differ.add(
              c
                  + "\n  real: "
                  + Files.readString(dir.resolve("validate.log"))
                  + "\n  ours: "
                  + mine);
        }
      }
    }
    assertThat(differ).isEmpty();
  }
}
