package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.config.ConfigException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.YamlDocument;
import dev.tethys.testkit.Shared;
import dev.tethys.web.SocketTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of promtool's, amtool's and Alertmanager's own tests; each states the expected result. */
@Tag("slow")
class ToolFixturesTest {
  @TempDir Path dir;

  private static Path promtool(String file) {
    return Shared.conformance("prometheus/promtool/" + file);
  }

  private static Path alertmanager(String file) {
    return Shared.conformance("alertmanager/" + file);
  }

  private static ToolRun tool(Object... words) {
    return ToolRun.of("", List.of(words).stream().map(Object::toString).toList());
  }

  private static ToolRun ok(ToolRun r) {
    assertThat(r.status()).as(r.err()).isZero();
    return r;
  }

  /** As blocks, with a sample each minute from 0 on. */
  private Path loaded(String... series) throws IOException {
    StringBuilder sb = new StringBuilder();
    for (String s : series) {
      String[] words = s.split(" ");
      for (int i = 1; i < words.length; i++) {
        sb.append(words[0]).append(' ').append(words[i]).append(' ');
        sb.append((i - 1) * 60).append('\n');
      }
    }
    Path in = Files.writeString(dir.resolve("in.om"), sb + "# EOF\n");
    Path data = dir.resolve("data");
    ok(tool("tsdb", "create-blocks-from", "openmetrics", "-q", in, data));
    return data;
  }

  private static List<String> sorted(String text) {
    return text.lines().sorted().toList();
  }

  @ParameterizedTest
  @CsvSource({
    "1,{__name__=~'(?s:.*)'},",
    "1,{foo=~'.+'},{foo=~'.+'}",
    "1,{__name__=~'(?s:.*)'},{baz='abc'}",
    "1,{__name__='heavy_metric'},{baz='abc'}"
  })
  void dumpsOfEverything(int n, String match, String other) throws IOException {
    dumps(n, match, other);
  }

  @Test
  void dumpsSelectedSeries() throws IOException {
    dumps(2, "{__name__='heavy_metric',foo='foo'}", "{__name__='metric'}");
  }

  @Test
  void dumpsSelectedTimeRange() throws IOException {
    dumps(3, "{__name__='metric'}", null, "--min-time=60000", "--max-time=120000");
  }

  private void dumps(
      int n, String match, @org.jspecify.annotations.Nullable String other, String... flags)
      throws IOException {
    Path data =
        loaded(
            "metric{foo=\"bar\",baz=\"abc\"} 1 2 3 4 5",
            "heavy_metric{foo=\"bar\"} 5 4 3 2 1",
            "heavy_metric{foo=\"foo\"} 5 4 3 2 1");
    List<Object> words = new ArrayList<>(List.of("tsdb", "dump", data, "--match=" + match));
    if (other != null) {
      words.add("--match=" + other);
    }
    words.addAll(List.of(flags));
    assertThat(sorted(ok(tool(words.toArray())).out()))
        .isEqualTo(sorted(Files.readString(promtool("dump-test-" + n + ".prom"))));
    words.add("--format=seriesjson");
    assertThat(sorted(ok(tool(words.toArray())).out()))
        .isEqualTo(sorted(Files.readString(promtool("dump-series-" + n + ".prom"))));
  }

  @Test
  void dumpsAsOpenMetrics() throws IOException {
    Path data =
        loaded(
            "my_counter{foo=\"bar\",baz=\"abc\"} 1 2 3 4 5",
            "my_gauge{bar=\"foo\",abc=\"baz\"} 9 8 0 4 7");
    assertThat(sorted(ok(tool("tsdb", "dump-openmetrics", data)).out()))
        .isEqualTo(sorted(Files.readString(promtool("dump-openmetrics-test.prom"))));
  }

  @Test
  void openMetricsDumpImportsUnchanged() throws IOException {
    Path data = dir.resolve("data");
    Path in = promtool("dump-openmetrics-roundtrip-test.prom");
    ok(tool("tsdb", "create-blocks-from", "openmetrics", "-q", in, data));
    assertThat(sorted(ok(tool("tsdb", "dump-openmetrics", data)).out()))
        .isEqualTo(sorted(Files.readString(in)));
  }

  @Test
  void metricsAreCounted() throws IOException {
    String text = Files.readString(promtool("metrics-test.prom"));
    ToolRun r = ToolRun.of(text, List.of("check", "metrics", "--extended", "--lint=none"));
    assertThat(r.status()).isZero();
    assertThat(r.out().lines().map(l -> l.strip().replaceAll("\\s+", " ")))
        .anyMatch(l -> l.startsWith("prometheus_tsdb_compaction_chunk_size_bytes 15 55.56%"))
        .anyMatch(l -> l.startsWith("go_gc_duration_seconds 7 25.93%"))
        .anyMatch(l -> l.startsWith("net_conntrack_dialer_conn_attempted_total 4 14.81%"))
        .anyMatch(l -> l.startsWith("go_info 1 3.70%"));
  }

  @Test
  void reportsRuleErrorsAndWarnings() throws IOException {
    ToolRun bad = tool("check", "rules", promtool("rules-bad.yml"));
    assertThat(bad.status()).isEqualTo(1);
    assertThat(bad.err() + bad.out()).contains("undefined variable \"$label\"");
    assertThat(
            ToolRun.of(Files.readString(promtool("rules-bad.yml")), List.of("check", "rules"))
                .status())
        .isEqualTo(1);
    Path twice = promtool("prometheus-rules.lint.yml");
    assertThat(tool("check", "rules", twice).status()).isZero();
    assertThat(tool("check", "rules", "--lint-fatal", twice).status()).isEqualTo(3);
    assertThat(
            ToolRun.of(Files.readString(twice), List.of("check", "rules", "--lint-fatal")).status())
        .isEqualTo(3);
    assertThat(ok(tool("check", "rules", promtool("prometheus-config.rules.good.yml"))).out())
        .contains("0 rules found");
  }

  @Test
  void checksConfigurationWithoutContactingServers() throws IOException {
    Path file = promtool("prometheus-aws-sd-empty-region.good.yml");
    ok(tool("check", "config", file));
  }

  @ParameterizedTest
  @CsvSource({
    "good-sd-file.json,0,''",
    "good-sd-file.yml,0,''",
    "good-sd-file.yaml,0,''",
    "bad-sd-file-format.yml,1,targats",
    "bad-sd-file-extension.nonexistent,1,bad-sd-file-extension"
  })
  void filesOfTargetsAreChecked(String file, int status, String problem) throws IOException {
    Path config =
        Files.writeString(
            dir.resolve("prometheus.yml"),
            "scrape_configs: [{job_name: a, file_sd_configs: [{files: ['%s']}]}]"
                .formatted(promtool(file)));
    ToolRun r = tool("check", "config", config);
    assertThat(r.status()).as(r.out() + r.err()).isEqualTo(status);
    assertThat(r.err() + r.out()).contains(problem);
  }

  /** Amtool takes its flags from files in the home folder, and skips those of no command. */
  @ParameterizedTest
  @CsvSource({"amtool.good1.yml,0", "amtool.good2.yml,0", "amtool.bad.yml,1"})
  void amtoolReadsItsFlagsFromAFile(String file, int status) throws Exception {
    Path folder = Files.createDirectories(dir.resolve(".config/amtool"));
    Files.copy(alertmanager("amtool-config/" + file), folder.resolve("config.yml"));
    ToolRun r = atHome("check-config", alertmanager("config/conf.group-by-all.yml").toString());
    assertThat(r.status()).as(r.err()).isEqualTo(status);
    if (status != 0) {
      assertThat(r.err()).contains("config.yml:1:1");
    }
  }

  /** A program with its own home folder: the environment of this process cannot be changed. */
  private ToolRun atHome(String... args) throws Exception {
    List<String> command = TethysProcess.small("tool", "amtool");
    command.addAll(List.of(args));
    return run(command);
  }

  private ToolRun run(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder b = new ProcessBuilder(command);
    b.environment().put("HOME", dir.toString());
    Path out = dir.resolve("out.txt");
    Path err = dir.resolve("err.txt");
    Process p = b.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    int status = p.waitFor();
    return new ToolRun(status, Files.readString(out), Files.readString(err));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "comment_required: '0'",
        "require-comment: F",
        "require-comment: 'True'\ncomment_required: 'false'",
        "comment_required: maybe",
        "author: me\ncomment_required: 'false'\noutput: foo",
        "timeout: xx",
        "nosuch: 1"
      })
  void amtoolReadsTheSameFileAsTheOriginal(String yaml) throws Exception {
    Path peer = Shared.peer("amtool");
    String all = yaml + "\nalertmanager.url: http://127.0.0.1:1\nversion-check: f\n";
    for (String file : List.of("amtool/config.yml", "prometheus/amtool.yml")) { // Debian's is here
      Path p = dir.resolve(".config").resolve(file);
      Files.createDirectories(p.getParent());
      Files.writeString(p, all);
    }
    ToolRun theirs = run(List.of(peer.toString(), "silence", "add", "a=b"));
    ToolRun ours = atHome("silence", "add", "a=b");
    assertThat(ours.status()).isEqualTo(theirs.status()).isEqualTo(1);
    assertThat(ours.out()).isEqualTo(theirs.out());
    assertThat(ours.err()).isEqualTo(theirs.err().replaceFirst("dial tcp [^ ]+: ", ""));
  }

  private static HttpClientConfig http(String file) throws IOException {
    return HttpClientConfig.TYPE.read(
        YamlDocument.read(alertmanager("amtool-config/" + file)).root());
  }

  @Test
  void amtoolReadsConnectionSettingsFromAFile() throws IOException {
    HttpClientConfig good = http("http_config.good.yml");
    assertThat(good.proxy().url()).hasToString("http://remote.host");
    assertThat(Objects.requireNonNull(good.authorization()).credentials().value())
        .startsWith("theanswer");
    assertThat(
            Objects.requireNonNull(http("http_config.basic_auth.good.yml").basicAuth()).username())
        .isEqualTo("user");
    Path bad = alertmanager("amtool-config/http_config.bad.yml");
    ToolRun r =
        tool(
            "amtool",
            "alert",
            "--alertmanager.url=http://127.0.0.1:1",
            "--http.config.file=" + bad);
    assertThat(r.status()).isEqualTo(1);
    assertThat(r.err()).contains("authorization type cannot be set to \"basic\"");
  }

  /** The private keys are not among these files: reading those that are whole ends there. */
  @ParameterizedTest
  @CsvSource({
    "empty_tls_config.yml,missing 'tls_server_config' entry in the TLS configuration",
    "tls_config_with_missing_server.yml,missing 'tls_server_config' entry in the TLS configuration",
    "tls_config_with_null_client.yml,missing 'tls_client_config' entry in the TLS configuration",
    "tls_config_with_missing_client.yml,node2-key.pem",
    "tls_config_node1.yml,node1-key.pem",
    "tls_config_node2.yml,node2-key.pem"
  })
  void tlsOfClustersIsRead(String file, String problem) {
    Path tls = alertmanager("cluster/" + file);
    assertThatThrownBy(() -> SocketTls.read(tls))
        .isInstanceOfAny(ConfigException.class, IOException.class)
        .hasMessageContaining(problem);
  }

  /** Where upstream's tests reach a mail server; ours start their own. */
  @ParameterizedTest
  @CsvSource({"auth", "auth-local", "noauth", "noauth-local"})
  void addressesOfMailServersAreTaken(String file) throws IOException {
    String smarthost =
        Files.readAllLines(alertmanager("email/" + file + ".yml")).getFirst().split(": ")[1];
    String yaml =
        "{global: {smtp_smarthost: '"
            + smarthost
            + "', smtp_from: a@b}, route: {receiver: r}, receivers: [{name: r, email_configs: [{to:"
            + " c@d}]}]}";
    assertThat(
            AlertmanagerConfig.read(
                    YamlDocument.parse("am.yml", null, yaml), MatcherSyntax.FALLBACK)
                .text())
        .contains(smarthost);
  }
}
