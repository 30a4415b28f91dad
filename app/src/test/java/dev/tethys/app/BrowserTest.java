package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.LokiDouble;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clicks through the pages in a real Chromium, against a server that watches itself. */
@Tag("slow")
class BrowserTest {
  @TempDir Path dir;

  private static final Pattern LISTENING = Pattern.compile("Listening on 127\\.0\\.0\\.1:(\\d+)");

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

  /** Collector of a fleet, which listens at a port that is free. */
  private static final String FLEET =
      """
      receivers:
        otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}
      exporters:
        nop: {}
      service:
        telemetry: {metrics: {level: none}}
        pipelines:
          logs: {receivers: [otlp], exporters: [nop]}
      """;

  /** Collector of a fleet that the demo shop sends to; its port is a variable of the process. */
  private static final String SHOP =
      """
      receivers:
        otlp: {protocols: {http: {endpoint: "127.0.0.1:${env:OTLP_PORT}"}}}
      processors:
        batch: {timeout: 200ms}
      exporters:
        nop: {}
      service:
        telemetry:
          metrics: {level: none}
          volumes: {prices: {currency: EUR, exporters: {nop: {per_gib: 2.5}}}}
        pipelines:
          logs: {receivers: [otlp], processors: [batch], exporters: [nop]}
          traces: {receivers: [otlp], processors: [batch], exporters: [nop]}
          metrics: {receivers: [otlp], processors: [batch], exporters: [nop]}
      """;

  /** Routes of which one is always muted; no receiver really notifies. */
  private static final String MANAGER =
      """
      route:
        receiver: default
        group_by: [alertname, cluster]
        group_wait: 1s
        routes:
          - matchers: ['severity="page"']
            receiver: pager
            routes:
              - matchers: ['team=~"db|storage"']
                receiver: db-pager
                group_by: [instance]
                continue: true
              - matchers: ['team="net"']
                receiver: pager
          - matchers: ['team="web"']
            receiver: web-chat
            mute_time_intervals: [always]
      time_intervals:
        - name: always
          time_intervals: [{times: [{start_time: "00:00", end_time: "24:00"}]}]
      inhibit_rules:
        - source_matchers: ['alertname="ClusterDown"']
          target_matchers: ['severity="page"']
          equal: [cluster]
      receivers: [{name: default}, {name: pager}, {name: db-pager}, {name: web-chat}]
      heartbeats: [{name: prometheus, matchers: ['alertname="Watchdog"'], within: 1h}]
      """;

  private static void assumeBrowser() {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/chromium")), "needs Chromium, which is not installed");
    Assumptions.assumeTrue(
        Files.isDirectory(Shared.root().resolve("ui/node_modules")),
        "needs the interface to be built (npm ci)");
  }

  /** Runs scenarios of {@code ui/e2e} and fails with what they say. */
  private void scenarios(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("npm", "run", "e2e", "--"));
    command.addAll(List.of(arguments));
    String shots = System.getProperty("tethys.screenshots");
    if (shots != null) {
      command.add("--screenshots=" + shots);
    }
    Path log = dir.resolve("browser.log");
    Process p =
        new ProcessBuilder(command)
            .directory(Shared.root().resolve("ui").toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(p.waitFor(12, TimeUnit.MINUTES)).as("browser scenarios end").isTrue();
    assertThat(p.exitValue()).as(Files.readString(log)).isZero();
  }

  @Test
  void everyPageWorksInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    int port = Ports.free();
    try (TethysProcess server =
        TethysProcess.launch(
                dir,
                port,
                List.of("--web.listen-address=127.0.0.1:" + port, "--web.enable-lifecycle"))
            .awaitReady()) {
      server.await(
          "rates of this machine",
          Duration.ofSeconds(90),
          () -> server.query("rate(node_cpu_seconds_total[1m])").contains("\"value\""));
      scenarios("--base-url=http://127.0.0.1:" + port);
    }
  }

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

  /** URL of a control plane, which is added to the processes to end. */
  private String control(List<TethysProcess> all) throws IOException, InterruptedException {
    TethysProcess control =
        TethysProcess.launch(
            dir,
            0,
            List.of(
                "control", "--web.listen-address=127.0.0.1:0", "--data=" + dir.resolve("control")));
    all.add(control);
    control.await("a listener", Duration.ofSeconds(120), () -> !listening(control).isEmpty());
    return listening(control).getFirst();
  }

  @Test
  void controlsAFleetInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    List<TethysProcess> all = new ArrayList<>();
    try {
      String url = control(all);
      for (String env : List.of("prod", "prod", "dev")) {
        Path file = dir.resolve("fleet-" + all.size() + ".yaml");
        Files.writeString(file, FLEET);
        all.add(
            TethysProcess.launch(
                dir,
                0,
                List.of(
                    "collector",
                    "--config=" + file,
                    "--control=" + url,
                    "--control.data=" + dir.resolve("fleet-" + all.size()),
                    "--control.label=env=" + env)));
      }
      scenarios("--suite=fleet", "--base-url=" + url, "--feed=" + url);
    } finally {
      for (TethysProcess one : all) {
        one.close();
      }
    }
  }

  @Tag("contrib")
  @Test
  void controlsAFleetWithShopTrafficInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    Path file = dir.resolve("shop.yaml");
    Files.writeString(file, SHOP);
    List<TethysProcess> all = new ArrayList<>();
    try {
      String url = control(all);
      List<String> demo = new ArrayList<>(List.of("demo", "--web.listen-address=127.0.0.1:0"));
      for (int i = 1; i <= 5; i++) {
        TethysProcess agent =
            TethysProcess.launch(
                dir,
                0,
                List.of(),
                Map.of("OTLP_PORT", "0"),
                List.of(
                    "collector",
                    "--config=" + file,
                    "--web.enable-tap",
                    "--control=" + url,
                    "--control.data=" + dir.resolve("agent-" + i),
                    "--control.label=env=" + (i <= 3 ? "prod" : "dev"),
                    "--control.label=zone=z" + i));
        all.add(agent);
        agent.await("a listener", Duration.ofSeconds(120), () -> !listening(agent).isEmpty());
        demo.add("--otlp.endpoint=" + listening(agent).getFirst());
      }
      demo.add("--rate=20");
      all.add(TethysProcess.launch(dir, 0, demo));
      scenarios("--suite=fleet-traffic", "--base-url=" + url);
    } finally {
      for (TethysProcess one : all.reversed()) {
        one.close();
      }
    }
  }

  @Test
  void operatesAnAlertmanagerInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    Path file = dir.resolve("alertmanager.yml");
    Files.writeString(file, MANAGER);
    try (TethysProcess manager =
        TethysProcess.launch(
            dir,
            0,
            List.of(
                "alertmanager",
                "--config.file=" + file,
                "--storage.path=" + dir.resolve("am"),
                "--cluster.listen-address=",
                "--web.listen-address=127.0.0.1:0"))) {
      manager.await("a listener", Duration.ofSeconds(120), () -> !listening(manager).isEmpty());
      scenarios("--suite=alertmanager", "--base-url=" + listening(manager).getFirst());
    }
  }

  @Test
  void embeddedAlertmanagerHasItsPagesUnderAlerts() throws IOException, InterruptedException {
    assumeBrowser();
    Path file = dir.resolve("alertmanager.yml");
    Files.writeString(file, MANAGER);
    try (TethysProcess server =
        TethysProcess.server(dir, "{}\n", "--alertmanager.config.file=" + file)) {
      scenarios(
          "--suite=alertmanager",
          "--base-url=http://127.0.0.1:" + server.port,
          "--manager=/alertmanager",
          "--only=alerts");
    }
  }

  @Test
  void sendsAlertsToEmbeddedAlertmanager() throws IOException, InterruptedException {
    assumeBrowser();
    Files.writeString(
        dir.resolve("am.yml"), "{route: {receiver: r, group_wait: 0s}, receivers: [{name: r}]}");
    Files.writeString(
        dir.resolve("rules.yml"),
        """
        groups:
          - name: g
            rules:
              - alert: Always
                expr: label_replace(vector(1), "n", "a", "", "") or label_replace(vector(1), "n", "b", "", "") or vector(1)
                labels: {severity: page}
        """);
    try (TethysProcess server =
        TethysProcess.server(
            dir,
            "{global: {evaluation_interval: 1s}, rule_files: [rules.yml]}\n",
            "--rules.alert.resend-delay=1s",
            "--alertmanager.config.file=" + dir.resolve("am.yml"))) {
      server.await(
          "alerts fire",
          Duration.ofSeconds(60),
          () -> server.query("count(ALERTS{alertstate=\"firing\"})").contains("\"3\""));
      scenarios("--suite=embedded", "--base-url=http://127.0.0.1:" + server.port);
    }
  }

  /** The first suite needs an empty log store. The second answers Loki's API within the browser. */
  @Test
  void exploresLogsInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    try (TethysProcess server = TethysProcess.server(dir, "global: {}\n")) {
      scenarios("--suite=explore-logs-store", "--base-url=http://127.0.0.1:" + server.port);
      scenarios("--suite=explore-logs", "--base-url=http://127.0.0.1:" + server.port);
    }
  }

  /** Tempo's API and Prometheus's are answered within the browser. */
  @Test
  void exploresTracesProfilesAndServicesInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    try (TethysProcess server = TethysProcess.server(dir, "global: {}\n")) {
      scenarios("--suite=explore-traces", "--base-url=http://127.0.0.1:" + server.port);
      scenarios("--suite=explore-profiles", "--base-url=http://127.0.0.1:" + server.port);
      scenarios("--suite=services", "--base-url=http://127.0.0.1:" + server.port);
      scenarios("--suite=infrastructure", "--base-url=http://127.0.0.1:" + server.port);
      scenarios("--suite=insight", "--base-url=http://127.0.0.1:" + server.port);
    }
  }

  @Test
  void showsAlertHistoryInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    HttpServer hook = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    hook.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    hook.start();
    Files.writeString(
        dir.resolve("am.yml"),
        """
        route: {receiver: r, group_wait: 0s}
        receivers: [{name: r, webhook_configs: [{url: 'http://127.0.0.1:%d/'}]}]
        """
            .formatted(hook.getAddress().getPort()));
    Files.writeString(
        dir.resolve("rules.yml"),
        "groups: [{name: g, rules: [{alert: Always, expr: 'vector(1)', for: 1s}]}]");
    try (TethysProcess server =
        TethysProcess.server(
            dir,
            "{global: {evaluation_interval: 1s}, rule_files: [rules.yml]}\n",
            "--rules.alert.resend-delay=1s",
            "--alertmanager.config.file=" + dir.resolve("am.yml"))) {
      server.await(
          "a history",
          Duration.ofSeconds(60),
          () ->
              server
                  .query("count_over_time(tethys_alert_event{tethys_event=\"notified\"}[1h])")
                  .contains("Always"));
      scenarios("--suite=history", "--base-url=http://127.0.0.1:" + server.port);
    } finally {
      hook.stop(0);
    }
  }

  @Test
  void showsPushgatewayInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    try (TethysProcess gateway =
        TethysProcess.launch(
            dir,
            0,
            List.of("pushgateway", "--web.enable-admin-api", "--web.listen-address=127.0.0.1:0"))) {
      gateway.await("a listener", Duration.ofSeconds(120), () -> !listening(gateway).isEmpty());
      scenarios("--suite=pushgateway", "--base-url=" + listening(gateway).getFirst());
    }
    try (TethysProcess server = TethysProcess.server(dir, "{}\n", "--web.enable-pushgateway")) {
      scenarios(
          "--suite=pushgateway",
          "--base-url=http://127.0.0.1:" + server.port,
          "--manager=/pushgateway",
          "--only=groups");
    }
  }

  @Test
  void showsRemoteWriteOfServerAndAgentInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    HttpServer target = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    target.createContext(
        "/metrics",
        exchange -> {
          byte[] body = "scraped_total 7\n".getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "text/plain");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    target.start();
    String config =
        """
        global: {scrape_interval: 1s, scrape_timeout: 1s}
        scrape_configs: [{job_name: t, static_configs: [{targets: ['127.0.0.1:{target}']}]}]
        remote_write: [{url: 'http://127.0.0.1:9/api/v1/write', name: down}]
        """
            .replace("{target}", String.valueOf(target.getAddress().getPort()));
    try {
      try (TethysProcess server = TethysProcess.server(dir, config)) {
        scenarios("--suite=remote-write", "--base-url=http://127.0.0.1:" + server.port);
      }
      try (TethysProcess agent =
          TethysProcess.launch(
              dir,
              0,
              List.of(
                  "agent",
                  "--config.file=" + dir.resolve("prometheus.yml"),
                  "--web.enable-tap",
                  "--web.listen-address=127.0.0.1:0"))) {
        agent.await("a listener", Duration.ofSeconds(120), () -> !listening(agent).isEmpty());
        scenarios("--suite=remote-write", "--base-url=" + listening(agent).getFirst());
      }
    } finally {
      target.stop(0);
    }
  }

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

  /** Where a process says that it listens, in the order in which it began to. */
  private static List<String> listening(TethysProcess p) {
    return LISTENING.matcher(p.log()).results().map(m -> "http://127.0.0.1:" + m.group(1)).toList();
  }
}
