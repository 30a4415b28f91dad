package dev.tethys.app.clymene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.app.collector.CollectorRole;
import dev.tethys.config.ConfigException;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code clymene.yml} in the graph of an agent, and in what the migration prints. */
@Tag("slow")
class ScrapedConfigurationTest {
  private static final String TYPES =
      """
      global: {scrape_interval: 5s, sample_limit: 1500, external_labels: {dc: '1000', n: 7}}
      scrape_configs:
      - job_name: a
        sample_limit: 1000
        target_limit: 0x10
        honor_labels: yes
        honor_timestamps: false
        params: {module: ["1000", 'true']}
        relabel_configs:
        - {source_labels: [x], target_label: y, replacement: '/nodes/${1}/metrics'}
        - {source_labels: [x], target_label: z, action: hashmod, modulus: 8}
        - {source_labels: [x], target_label: w, regex: }
        file_sd_configs: [{files: ['targets/*.yml']}]
        consul_sd_configs: [{server: 'localhost:8500', refresh_interval: 1m}]
        dns_sd_configs: [{names: [a.example], type: A, port: 9100}]
        tls_config: {ca_file: ca.pem}
      """;

  @Test
  void scrapeConfigurationKeepsItsTypesAndPaths(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("clymene.yml");
    Files.writeString(file, TYPES);
    ClymeneFlags flags =
        ClymeneFlags.read(
            ClymeneRole.AGENT,
            List.of("--config.file=" + file),
            Map.of("STORAGE_TYPE", "prometheus"));
    CollectorRole.check(ClymeneGraph.document(flags));
    String printed = ClymeneGraphTest.yaml(flags);
    assertThat(printed)
        .contains("sample_limit: 1500\n", "sample_limit: 1000\n", "modulus: 8\n", "port: 9100\n")
        .contains("target_limit: 0x10\n", "honor_labels: yes\n", "honor_timestamps: false\n")
        .contains("dc: '1000'\n", "'n': 7\n", "- '1000'\n", "- 'true'\n", "regex: null\n")
        .contains("replacement: '/nodes/$${1}/metrics'\n")
        .contains("- " + dir + "/targets/*.yml\n", "ca_file: " + dir + "/ca.pem\n");
    ClymeneGraphTest.runs(printed);
  }

  static List<Path> goodConfigurations() {
    return Shared.conformanceFiles("prometheus/config", ".good.yml").stream()
        .filter(
            f ->
                !Objects.requireNonNull(f.getParent())
                    .endsWith("scrape_configs")) // parts of others
        .toList();
  }

  /**
   * Any file that Prometheus starts with, an agent starts with, and a collector after the
   * migration.
   */
  @ParameterizedTest
  @MethodSource("goodConfigurations")
  void acceptsPrometheusConfigurations(Path file) throws IOException {
    ClymeneFlags flags =
        ClymeneFlags.read(
            ClymeneRole.AGENT,
            List.of("--config.file=" + file),
            Map.of("STORAGE_TYPE", "prometheus"));
    CollectorRole.check(ClymeneGraph.document(flags));
    ClymeneGraphTest.runs(ClymeneGraphTest.yaml(flags));
  }

  @Test
  void errorsNameTheFileAndItsLineOrTheFlag(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("clymene.yml");
    Files.writeString(file, "scrape_configs:\n- job_name: a\n  sample_limit: many\n");
    wrongAt(file + ":3:17: ", Map.of(), "--config.file=" + file);
    Files.writeString(file, "scrape_configs: []\nscrape_config: []\n");
    wrongAt(file + ":2:1: ", Map.of(), "--config.file=" + file);
    Files.writeString(file, "scrape_configs: []\n");
    wrongAt(
        "--prometheus.remote.timeout: ",
        Map.of(),
        "--config.file=" + file,
        "--prometheus.remote.timeout=soon");
    wrongAt(
        "PROMETHEUS_REMOTE_URL: ",
        Map.of("PROMETHEUS_REMOTE_URL", "nowhere"),
        "--config.file=" + file);
  }

  private static void wrongAt(String place, Map<String, String> variables, String... flags) {
    Map<String, String> all = new HashMap<>(variables);
    all.put("STORAGE_TYPE", "prometheus");
    assertThatThrownBy(
            () ->
                CollectorRole.check(
                    ClymeneGraph.document(
                        ClymeneFlags.read(ClymeneRole.AGENT, List.of(flags), all))))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(place);
  }
}
