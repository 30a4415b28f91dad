package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Secrets of a configuration, in each of their places, are in no response and no line of a log. */
@Tag("slow")
@Tag("contrib")
class PlantedSecretsTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String PLANTED = "Pl4nted";

  /** {@code {url}} is a URL with secrets in its user information and query; nothing listens. */
  private static final String CONFIG =
      """
      global: {scrape_interval: 1s, scrape_timeout: 500ms, evaluation_interval: 1s}
      rule_files: [rules.yml]
      alerting:
        alertmanagers:
          - path_prefix: '/am?token=Pl4nted'
            static_configs: [{targets: ['user:Pl4nted@127.0.0.1:{dead}']}]
          - basic_auth: {username: u, password: Pl4nted}
            static_configs: [{targets: ['127.0.0.1:{dead}']}]
      remote_write:
        - url: '{url}'
          headers: {X-Api-Key: Pl4nted, X-Scope-OrgID: tenant}
          oauth2:
            client_id: c
            client_secret: Pl4nted
            token_url: '{url}'
            endpoint_params: {password: Pl4nted, audience: Pl4nted}
            proxy_url: 'http://user:Pl4nted@127.0.0.1:{dead}'
        - url: '{url}&n=2'
          authorization: {credentials: Pl4nted}
          http_headers: {X-A: {secrets: [Pl4nted]}}
          proxy_url: 'http://user:Pl4nted@127.0.0.1:{dead}'
          proxy_connect_header: {X-B: [Pl4nted]}
      remote_read:
        - url: '{url}'
          read_recent: true
          headers: {X-Api-Key: Pl4nted}
          basic_auth: {username: u, password: Pl4nted}
      scrape_configs:
        - job_name: params
          params: {token: [Pl4nted], module: [shown]}
          authorization: {credentials: Pl4nted}
          static_configs: [{targets: ['127.0.0.1:{dead}', 'user:Pl4nted@127.0.0.1:{dead}']}]
        - job_name: found
          http_sd_configs: [{url: '{url}', refresh_interval: 1s}]
          consul_sd_configs: [{server: '127.0.0.1:{dead}', token: Pl4nted}]
          puppetdb_sd_configs: [{url: 'http://user:Pl4nted@127.0.0.1:{dead}/', query: nodes}]
          eureka_sd_configs: [{server: 'http://user:Pl4nted@127.0.0.1:{dead}/'}]
          marathon_sd_configs: [{servers: ['http://user:Pl4nted@127.0.0.1:{dead}/'], auth_token: Pl4nted}]
          nomad_sd_configs: [{server: 'http://user:Pl4nted@127.0.0.1:{dead}/'}]
          kuma_sd_configs: [{server: 'http://user:Pl4nted@127.0.0.1:{dead}/'}]
          docker_sd_configs: [{host: 'http://user:Pl4nted@127.0.0.1:{dead}/'}]
      """;

  private static final String RULES =
      """
      groups:
        - name: g
          rules: [{alert: Always, expr: 'vector(1)'}]
      """;

  @TempDir Path folder;

  @Test
  void serverExposesNoSecretsInResponsesOrLogs() throws Exception {
    int dead = Ports.free();
    String url =
        ("http://user:Pl4nted@127.0.0.1:" + dead)
            + "/x?password=Pl4nted&key=Pl4nted&tok=Pl4nted&db=shown";
    Files.writeString(folder.resolve("rules.yml"), RULES);
    String config = CONFIG.replace("{url}", url).replace("{dead}", String.valueOf(dead));
    try (TethysProcess p =
        TethysProcess.server(
            folder,
            config,
            "--log.level=debug",
            "--web.enable-lifecycle",
            "--web.external-url=http://u:Pl4nted@127.0.0.1/")) {
      p.await(
          "failures of every kind",
          LIMIT,
          () ->
              p.get("/api/v1/targets").body().contains("\"health\":\"down\"")
                  && p.log().contains("were not sent to")
                  && p.get("/metrics")
                      .body()
                      .contains("prometheus_notifications_errors_total{alertmanager="));
      p.get("/api/v1/query?query=up");
      for (String page :
          List.of(
              "/metrics",
              "/api/v1/status/config",
              "/api/v1/status/flags",
              "/api/v1/status/runtimeinfo",
              "/api/v1/alertmanagers",
              "/api/v1/targets",
              "/api/v1/scrape_pools/config?scrapePool=params",
              "/api/v1/scrape_pools/config?scrapePool=found",
              "/api/v1/targets/relabel_steps?scrapePool=params&labels=%7B%7D",
              "/api/v1/query?query=up",
              "/api/v1/query?query=prometheus_remote_storage_shards",
              "/api/v1/notifications",
              "/api/v1/status/alertmanagers",
              "/api/v1/status/self_metrics",
              "/api/v1/status/queries",
              "/debug/pprof/",
              "/debug/pprof/goroutine?debug=2",
              "/api/v1/status/tsdb")) {
        assertThat(p.get(page).body()).as(page).doesNotContain(PLANTED);
      }
      assertThat(p.get("/metrics").body())
          .contains("prometheus_remote_read_client_queries{")
          .contains("db=shown");
      assertThat(p.get("/api/v1/status/config").body()).contains("tenant").contains("module");
      Files.writeString(
          folder.resolve("prometheus.yml"), "remote_write: [{url: 'http://u:Pl4nted@h:x'}]");
      p.post("/-/reload", "text/plain", new byte[0]);
      assertThat(p.log()).doesNotContain(PLANTED).contains("xxxxx");
    }
  }

  private static final String ALERTMANAGER =
      """
      global:
        slack_api_url: 'http://user:Pl4nted@127.0.0.1:{dead}/services/Pl4nted/slack'
        smtp_smarthost: '127.0.0.1:{dead}'
        smtp_from: a@b
        smtp_auth_username: u
        smtp_auth_password: Pl4nted
      route: {receiver: all, group_wait: 0s, group_interval: 1s}
      receivers:
        - name: all
          webhook_configs:
            - url: 'http://user:Pl4nted@127.0.0.1:{dead}/hook/Pl4nted?token=Pl4nted'
              http_config: {authorization: {credentials: Pl4nted}}
          slack_configs: [{channel: c}]
          msteams_configs: [{webhook_url: 'http://127.0.0.1:{dead}/Pl4nted/teams'}]
          discord_configs: [{webhook_url: 'http://127.0.0.1:{dead}/Pl4nted/discord'}]
          opsgenie_configs: [{api_url: 'http://127.0.0.1:{dead}/', api_key: Pl4nted}]
          pagerduty_configs: [{url: 'http://127.0.0.1:{dead}/pd', routing_key: Pl4nted}]
          pushover_configs: [{user_key: Pl4nted, token: Pl4nted, http_config: {proxy_url: 'http://u:Pl4nted@127.0.0.1:{dead}'}}]
          telegram_configs: [{api_url: 'http://127.0.0.1:{dead}', bot_token: Pl4nted, chat_id: 1}]
          victorops_configs: [{api_url: 'http://127.0.0.1:{dead}/', api_key: Pl4nted, routing_key: r}]
          email_configs: [{to: c@d}, {to: e@f, auth_username: u, auth_password: Pl4nted, auth_secret: Pl4nted}]
          msteamsv2_configs: [{webhook_url: 'http://127.0.0.1:{dead}/Pl4nted/v2'}]
          mattermost_configs: [{webhook_url: 'http://127.0.0.1:{dead}/Pl4nted/mm', text: t}]
          jira_configs: [{api_url: 'http://u:Pl4nted@127.0.0.1:{dead}/', project: P, issue_type: T, http_config: {basic_auth: {username: u, password: Pl4nted}}}]
          incidentio_configs: [{url: 'http://u:Pl4nted@127.0.0.1:{dead}/', alert_source_token: Pl4nted}]
          rocketchat_configs: [{api_url: 'http://127.0.0.1:{dead}/', channel: c, token: Pl4nted, token_id: Pl4nted}]
          sns_configs: [{api_url: 'http://u:Pl4nted@127.0.0.1:{dead}', topic_arn: 'arn:aws:sns:us-east-1:1:t', sigv4: {region: us-east-1, access_key: AK, secret_key: Pl4nted}}]
          wechat_configs: [{api_url: 'http://u:Pl4nted@127.0.0.1:{dead}/', corp_id: c, api_secret: Pl4nted}]
          webex_configs: [{api_url: 'http://u:Pl4nted@127.0.0.1:{dead}/', room_id: r, http_config: {authorization: {credentials: Pl4nted}}}]
      """;

  @Test
  void alertmanagerExposesNoSecretsInResponsesOrLogs() throws Exception {
    Path file = folder.resolve("alertmanager.yml");
    int port = Ports.free();
    Files.writeString(file, ALERTMANAGER.replace("{dead}", String.valueOf(Ports.free())));
    try (TethysProcess p =
        TethysProcess.launch(
                folder,
                port,
                List.of(
                    "alertmanager",
                    "--config.file=" + file,
                    "--storage.path=" + folder.resolve("data"),
                    "--web.listen-address=127.0.0.1:" + port,
                    "--cluster.listen-address=",
                    "--log.level=debug"))
            .awaitReady()) {
      byte[] alert = "[{\"labels\":{\"alertname\":\"A\"}}]".getBytes(StandardCharsets.UTF_8);
      assertThat(p.post("/api/v2/alerts", "application/json", alert).statusCode()).isEqualTo(200);
      String fingerprint =
          p.get("/api/v2/alerts").body().replaceAll("(?s).*\"fingerprint\":\"(\\w+)\".*", "$1");
      String trace = "/api/tethys/trace?fingerprint=" + fingerprint;
      p.await(
          "a failure of each receiver",
          LIMIT,
          () -> p.get(trace).body().split("\"lastFailure\"", -1).length > 19);
      for (String page :
          List.of(
              trace,
              "/metrics",
              "/api/v2/status",
              "/api/v2/receivers",
              "/api/v2/alerts/groups",
              "/api/tethys/deliveries",
              "/debug/pprof/",
              "/api/tethys/routes")) {
        assertThat(p.get(page).body()).as(page).doesNotContain(PLANTED);
      }
      Files.writeString(
          file, "receivers: [{name: x, webhook_configs: [{url: 'http://u:Pl4nted@h:x'}]}]");
      p.post("/-/reload", "text/plain", new byte[0]);
      assertThat(p.log()).doesNotContain(PLANTED).contains("127.0.0.1:" + port);
    }
  }

  private static final String COLLECTOR =
      """
      receivers:
        otlp: {protocols: {http: {endpoint: '127.0.0.1:{otlp}'}}}
      exporters:
        otlphttp: {endpoint: '{url}', headers: {X-Api-Key: Pl4nted}, retry_on_failure: {enabled: false}}
        loki: {endpoint: '{url}&n=1'}
        elasticsearch: {endpoints: ['http://user:Pl4nted@127.0.0.1:{dead}'], api_key: Pl4nted}
        splunk_hec: {endpoint: '{url}&n=2', token: Pl4nted}
        clickhouse: {endpoint: '{url}', password: Pl4nted}
        influxdb: {endpoint: '{url}', token: Pl4nted, org: o, bucket: b}
        prometheusremotewrite: {endpoint: '{url}'}
        zipkin: {endpoint: '{url}'}
      extensions:
        zpages: {endpoint: '127.0.0.1:{zpages}'}
        pprof: {endpoint: '127.0.0.1:{pprof}'}
      service:
        extensions: [zpages, pprof]
        telemetry:
          logs: {level: debug}
          metrics: {address: '127.0.0.1:{port}'}
        pipelines:
          logs: {receivers: [otlp], exporters: [otlphttp, loki, elasticsearch, splunk_hec, clickhouse]}
          metrics: {receivers: [otlp], exporters: [influxdb, prometheusremotewrite]}
          traces: {receivers: [otlp], exporters: [zipkin]}
      """;

  @Test
  void collectorExposesNoSecretsInResponsesOrLogs() throws Exception {
    int port = Ports.free();
    int otlp = Ports.free();
    int dead = Ports.free();
    int zpages = Ports.free();
    int pprof = Ports.free();
    Path file = folder.resolve("collector.yaml");
    Files.writeString(
        file,
        COLLECTOR
            .replace(
                "{url}",
                "http://user:Pl4nted@127.0.0.1:{dead}/x?password=Pl4nted&key=Pl4nted&tok=Pl4nted")
            .replace("{dead}", String.valueOf(dead))
            .replace("{zpages}", String.valueOf(zpages))
            .replace("{pprof}", String.valueOf(pprof))
            .replace("{otlp}", String.valueOf(otlp))
            .replace("{port}", String.valueOf(port)));
    try (TethysProcess p =
        TethysProcess.launch(
            folder,
            port,
            List.of(
                "collector",
                "--config=" + file,
                "--set=exporters.otlphttp.headers.X-Other=Pl4nted"))) {
      p.await("the start", LIMIT, () -> p.log().contains("Everything is ready"));
      // Senders wait for the exporters, which try again and again.
      List<CompletableFuture<?>> sent =
          List.of(
              push(
                  otlp,
                  "logs",
                  "Logs\":[{\"scopeLogs\":[{\"logRecords\":[{\"severityNumber\":9}]}]}]}"),
              push(
                  otlp,
                  "metrics",
                  "Metrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\",\"gauge\":"
                      + "{\"dataPoints\":[{\"timeUnixNano\":\"1795841937000000000\","
                      + "\"asDouble\":1}]}}]}]}]}"),
              push(
                  otlp,
                  "traces",
                  "Spans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"s\",\"spanId\":"
                      + "\"0123456789abcdef\",\"traceId\":\"0123456789abcdef0123456789abcdef\"}]}]}]}"));
      assertThat(sent).hasSize(3);
      for (String exporter :
          List.of(
              "otlp_http",
              "loki",
              "elasticsearch",
              "splunk_hec",
              "clickhouse",
              "influxdb",
              "prometheus_remote_write",
              "zipkin")) {
        p.await(
            "a failure of " + exporter,
            LIMIT,
            () ->
                p.log()
                    .lines()
                    .anyMatch(l -> l.contains("WARN") && l.contains("exporter " + exporter)));
      }
      for (String page :
          List.of(
              "/metrics",
              "/api/v1/pipelines",
              "/api/v1/pipelines/config",
              "/api/v1/pipelines/dead-letters",
              "/api/v1/pipelines/recommendations",
              "/api/v1/pipelines/volumes")) {
        assertThat(p.get(page).body()).as(page).doesNotContain(PLANTED);
      }
      for (String page : List.of("servicez", "pipelinez", "extensionz", "featurez")) {
        assertThat(page(zpages, page)).as(page).doesNotContain(PLANTED);
      }
      for (String page : List.of("pprof/", "pprof/cmdline", "pprof/goroutine?debug=2")) {
        assertThat(page(pprof, page)).as(page).doesNotContain(PLANTED);
      }
      assertThat(p.get("/api/v1/pipelines").body()).contains("otlp_http").contains("xxxxx");
      assertThat(p.log()).doesNotContain(PLANTED).contains("level=DEBUG").contains("xxxxx");
    }
  }

  private static String page(int port, String path) throws IOException, InterruptedException {
    HttpResponse<String> r =
        TethysProcess.CLIENT.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/debug/" + path))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).as(path).isEqualTo(200);
    return r.body();
  }

  private static CompletableFuture<?> push(int port, String signal, String body) {
    return TethysProcess.CLIENT.sendAsync(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/" + signal))
            .header("Content-Type", "application/json")
            .timeout(LIMIT)
            .POST(HttpRequest.BodyPublishers.ofString("{\"resource" + body))
            .build(),
        HttpResponse.BodyHandlers.discarding());
  }
}
