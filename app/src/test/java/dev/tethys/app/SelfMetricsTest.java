package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.LokiDouble;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Dashboards and alerts of Promtail find their metrics: every one that Promtail 3.6 registers is
 * shown with its type and labels, or docs/logs.md says where it is or why it is not.
 */
@Tag("slow")
class SelfMetricsTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** Names, types, labels and descriptions as Promtail's sources register them. */
  private static final String PROMTAIL =
      """
      logentry_dropped_lines_total counter reason A count of all log lines dropped as a result of a pipeline stage
      logentry_dropped_lines_by_label_total counter label_name,label_value A count of all log lines dropped as a result of a pipeline stage
      promtail_encoded_bytes_total counter host Number of bytes encoded and ready to send.
      promtail_sent_bytes_total counter host Number of bytes sent.
      promtail_sent_entries_total counter host Number of log entries sent to the ingester.
      promtail_dropped_bytes_total counter host,reason,tenant Number of bytes dropped because failed to be sent to the ingester after all retries.
      promtail_dropped_entries_total counter host,reason,tenant Number of log entries dropped because failed to be sent to the ingester after all retries.
      promtail_mutated_entries_total counter host,reason,tenant The total number of log entries that have been mutated.
      promtail_mutated_bytes_total counter host,reason,tenant The total number of bytes that have been mutated.
      promtail_request_duration_seconds histogram host,status_code Duration of send requests.
      promtail_batch_retries_total counter host,tenant Number of times batches has had to be retried.
      promtail_config_reload_success_total counter - Number of reload success times.
      promtail_config_reload_fail_total counter - Number of reload fail times.
      promtail_read_bytes_total gauge path Number of bytes read.
      promtail_file_bytes_total gauge path Number of bytes total.
      promtail_read_lines_total counter path Number of lines read.
      promtail_encoding_failures_total counter path Number of encoding failures.
      promtail_files_active_total gauge - Number of active files.
      promtail_targets_failed_total counter reason Number of failed targets.
      promtail_targets_active_total gauge - Number of active total.
      promtail_gcp_push_target_entries_total counter - Number of successful entries received by the GCP Push target
      promtail_gcp_push_target_parsing_errors_total counter reason Number of parsing errors while receiving GCP Push messages
      promtail_gelf_target_entries_total counter - Total number of successful entries sent to the gelf target
      promtail_gelf_target_parsing_errors_total counter - Total number of parsing errors while receiving gelf messages
      promtail_heroku_drain_target_entries_total counter - Number of successful entries received by the Heroku target
      promtail_heroku_drain_target_parsing_errors_total counter - Number of parsing errors while receiving Heroku messages
      promtail_syslog_target_entries_total counter - Total number of successful entries sent to the syslog target
      promtail_syslog_target_parsing_errors_total counter - Total number of parsing errors while receiving syslog messages
      promtail_syslog_empty_messages_total counter - Total number of empty messages receiving from syslog
      promtail_build_info gauge goversion,revision,version
      """;

  /** Those of sources that need a peer: the page names them. */
  private static final Set<String> ELSEWHERE =
      Set.of(
          "promtail_cloudflare_target_entries_total",
          "promtail_cloudflare_target_last_requested_end_timestamp",
          "promtail_docker_target_entries_total",
          "promtail_docker_target_parsing_errors_total",
          "promtail_gcplog_target_entries_total",
          "promtail_gcplog_target_parsing_errors_total",
          "promtail_gcplog_target_last_success_scrape",
          "promtail_journal_target_lines_total",
          "promtail_journal_target_parsing_errors_total",
          "prometheus_sd_consulagent_rpc_failures_total",
          "prometheus_sd_consulagent_rpc_duration_seconds",
          "promtail_wal_writer_reclaimed_space",
          "loki_wal_watcher_records_read_total",
          "loki_wal_watcher_record_decode_failures_total",
          "loki_wal_watcher_dropped_write_notifications_total",
          "loki_wal_watcher_segment_read_total",
          "loki_wal_watcher_current_segment",
          "loki_wal_watcher_running");

  private static final String CONFIG =
      """
      server: {http_listen_address: 127.0.0.1, http_listen_port: {port}}
      positions: {filename: {folder}/positions.yaml}
      clients: [{url: '{loki}', batchwait: 100ms, tenant_id: acme}]
      target_config: {sync_period: 1s}
      scrape_configs:
        - job_name: files
          static_configs: [{labels: {app: a, __path__: '{folder}/app.log'}}, {labels: {app: lost}}]
          pipeline_stages:
            - drop: {expression: noise}
            - limit: {rate: 0.001, burst: 2, drop: true, by_label_name: app}
        - job_name: wide
          encoding: UTF-16LE
          static_configs: [{labels: {app: w, __path__: '{folder}/wide.log'}}]
        - {job_name: syslog, syslog: {listen_address: '127.0.0.1:0', labels: {job: s}}}
        - {job_name: gelf, gelf: {listen_address: '127.0.0.1:0', labels: {job: g}}}
        - job_name: heroku
          heroku_drain: {server: {http_listen_address: 127.0.0.1, http_listen_port: 0}, labels: {job: h}}
        - job_name: gcp
          gcplog:
            subscription_type: push
            server: {http_listen_address: 127.0.0.1, http_listen_port: {gcp}}
            labels: {job: p}
      """;

  @TempDir Path folder;

  @Test
  void everyPromtailMetricExistsOrIsAccountedFor() throws Exception {
    int port = Ports.free();
    int gcp = Ports.free();
    Files.writeString(folder.resolve("app.log"), "noise\none\ntwo\nthree\n");
    byte[] half = {'x', 0, 0, (byte) 0xD8, '\n', 0}; // a surrogate without its other
    Files.write(folder.resolve("wide.log"), half);
    try (LokiDouble loki = new LokiDouble()) {
      Path file = folder.resolve("promtail.yml");
      Files.writeString(
          file,
          CONFIG
              .replace("{port}", String.valueOf(port))
              .replace("{gcp}", String.valueOf(gcp))
              .replace("{folder}", folder.toString())
              .replace("{loki}", loki.url()));
      try (TethysProcess p =
          TethysProcess.launch(folder, port, List.of("logs", "-config.file=" + file))) {
        p.await("the lines", LIMIT, () -> loki.lines.contains("two"));
        p.await("a bad push", LIMIT, () -> refused(gcp));
        p.await(
            "all metrics",
            LIMIT,
            () -> shown(p.get("/metrics").body()).keySet().containsAll(names()));
        String text = p.get("/metrics").body();
        Map<String, String> shown = shown(text);
        for (String line : PROMTAIL.lines().toList()) {
          String[] f = line.split(" ", 4);
          assertThat(shown.get(f[0])).as(f[0]).isEqualTo(f[1] + " " + f[2]);
          if (f.length > 3) {
            assertThat(text).contains("# HELP " + f[0] + " " + f[3] + "\n");
          }
        }
      }
    }
    String page =
        Files.readString(Path.of(System.getProperty("tethys.root", ".."), "docs/logs.md"));
    for (String name : names()) {
      assertThat(page).contains("`" + name + "`");
    }
    for (String name : ELSEWHERE) {
      assertThat(page).contains("`" + name + "`");
    }
  }

  private static Set<String> names() {
    Set<String> out = new TreeSet<>();
    PROMTAIL.lines().forEach(l -> out.add(l.substring(0, l.indexOf(' '))));
    return out;
  }

  private static boolean refused(int port) {
    try (HttpClient c = HttpClient.newHttpClient()) {
      return c.send(
                  HttpRequest.newBuilder(
                          URI.create("http://127.0.0.1:" + port + "/gcp/api/v1/push"))
                      .POST(HttpRequest.BodyPublishers.ofString("no push"))
                      .build(),
                  HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 400;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final Pattern SAMPLE = Pattern.compile("^([a-z_]+)(?:\\{(.*)\\})? \\S+$");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"(?:[^\"\\\\]|\\\\.)*\"");

  /** Type and labels of each family of which there is a sample. */
  private static Map<String, String> shown(String text) {
    Map<String, String> types = new TreeMap<>();
    Map<String, String> out = new TreeMap<>();
    for (String l : text.lines().toList()) {
      if (l.startsWith("# TYPE ")) {
        String[] f = l.split(" ");
        types.put(f[2], f[3]);
        continue;
      }
      Matcher m = SAMPLE.matcher(l);
      if (!m.matches()) {
        continue;
      }
      String name = m.group(1);
      String family =
          types.containsKey(name) ? name : name.replaceFirst("_(bucket|sum|count)$", "");
      Set<String> labels = new TreeSet<>();
      LABEL
          .matcher(m.group(2) == null ? "" : m.group(2))
          .results()
          .forEach(r -> labels.add(r.group(1)));
      if (types.getOrDefault(family, "").equals("histogram")) {
        labels.remove("le");
      }
      out.put(
          family, types.get(family) + " " + (labels.isEmpty() ? "-" : String.join(",", labels)));
    }
    return out;
  }
}
