package dev.tethys.app;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.LokiDouble;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pages of a collector and of the log agent, in Chromium. */
@Tag("slow")
class BrowserCollectorTest extends BrowserScenarios {
  /** A collector with a destination that is down and one that refuses everything permanently. */
  private static final String GRAPH =
      """
      extensions:
        file_storage: {directory: {folder}/queues, create_directory: true}
      receivers:
        otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}
        host_metrics/a: {collection_interval: 1s, scrapers: {load: }}
        host_metrics/b: {collection_interval: 1s, scrapers: {load: }}
      processors:
        batch: {send_batch_size: 1000, timeout: 100ms}
        filter/debug: {log_conditions: ["log.severity_number < 9"]}
      connectors:
        count: {logs: {log.count: {}}}
      exporters:
        otlp_http/down:
          endpoint: "http://127.0.0.1:9/"
          retry_on_failure: {initial_interval: 100ms, max_interval: 1s}
          sending_queue: {storage: file_storage}
        otlp_http/refusing:
          endpoint: "http://127.0.0.1:{refusing}/"
          sending_queue: {storage: file_storage}
        otlp_http/stuck:
          endpoint: "http://127.0.0.1:9/"
          retry_on_failure: {max_elapsed_time: 0}
          sending_queue: {queue_size: 1, when_full: block, overflow_bytes: 0}
        nop: {}
        nop/healthy: {}
      service:
        extensions: [file_storage]
        telemetry:
          metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]}
        pipelines:
          logs:
            receivers: [otlp]
            processors: [filter/debug, batch]
            exporters: [otlp_http/down, otlp_http/refusing, count]
          metrics: {receivers: [otlp, count], processors: [batch], exporters: [nop]}
          metrics/host: {receivers: [host_metrics/a, host_metrics/b], exporters: [otlp_http/stuck, nop/healthy]}
          traces: {receivers: [otlp], exporters: [nop]}
      """;

  /** Jobs that read files, drop, find patterns, listen, and one that finds nothing to read. */
  private static final String LOGS =
      """
      server: {http_listen_address: 127.0.0.1, http_listen_port: {port}}
      positions: {filename: {folder}/positions.yaml}
      clients: [{url: '{loki}', batchwait: 100ms, basic_auth: {username: u, password: hunter2}}]
      limits_config: {max_line_size: 1KB}
      target_config: {sync_period: 1s}
      scrape_configs:
        - job_name: shop
          static_configs:
            - {labels: {app: shop, __path__: '{folder}/app.log'}}
            - {labels: {app: till, __path__: '{folder}/till.log'}}
          pipeline_stages:
            - logfmt: {mapping: {level: , msg: }}
            - drop: {source: msg, value: noise, drop_counter_reason: noise}
            - labels: {level: }
            - pattern: {}
        - job_name: lost
          static_configs: [{labels: {app: lost}}]
        - job_name: fed
          loki_push_api: {server: {http_listen_address: 127.0.0.1, http_listen_port: {feed}}, labels: {app: fed}}
          pipeline_stages: [static_labels: {seen: "yes"}]
      """;

  @Test
  void showsCollectorGraphInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    HttpServer refusing = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    refusing.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(400, -1);
          exchange.close();
        });
    refusing.start();
    Path file = dir.resolve("collector.yaml");
    Files.writeString(
        file,
        GRAPH
            .replace("{folder}", dir.toString())
            .replace("{refusing}", String.valueOf(refusing.getAddress().getPort())));
    try (TethysProcess collector =
        TethysProcess.launch(
            dir, 0, List.of("collector", "--config=" + file, "--web.enable-tap"))) {
      collector.await(
          "both listeners", Duration.ofSeconds(120), () -> listening(collector).size() == 2);
      List<String> urls = listening(collector);
      scenarios("--suite=pipelines", "--base-url=" + urls.getFirst(), "--feed=" + urls.getLast());
    } finally {
      refusing.stop(0);
    }
  }

  @Test
  void showsLogAgentInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    int port = Ports.free();
    int feed = Ports.free();
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      lines.append("level=error msg=cannot reach db-").append(i).append(" after 3 attempts\n");
      lines.append("level=info msg=fine\n");
    }
    lines.append("level=warn msg=slow request 7\n").append("level=debug msg=noise\n".repeat(2));
    lines.append("x".repeat(2000)).append('\n');
    Files.writeString(dir.resolve("app.log"), lines);
    Files.writeString(dir.resolve("till.log"), "level=info msg=open\n");
    try (LokiDouble loki = new LokiDouble()) {
      Path file = dir.resolve("promtail.yml");
      Files.writeString(
          file,
          LOGS.replace("{folder}", dir.toString())
              .replace("{port}", String.valueOf(port))
              .replace("{feed}", String.valueOf(feed))
              .replace("{loki}", loki.url()));
      try (TethysProcess logs =
          TethysProcess.launch(
              dir, port, List.of("logs", "-config.file=" + file, "-web.enable-tap"))) {
        logs.await("the lines", Duration.ofSeconds(120), () -> loki.lines.size() == 82);
        scenarios(
            "--suite=logs",
            "--base-url=http://127.0.0.1:" + port,
            "--feed=http://127.0.0.1:" + feed);
        loki.setUnavailable(true);
        scenarios(
            "--suite=logs-down",
            "--base-url=http://127.0.0.1:" + port,
            "--feed=http://127.0.0.1:" + feed);
        loki.setUnavailable(false);
      }
    }
  }
}
