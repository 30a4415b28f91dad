package dev.tethys.collect.host.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.NodeExporterOptions.Setting;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files instead of the kernel: those of node_exporter's own end-to-end test. */
final class FixturesTest {
  private static final String FIXTURES = "node_exporter/fixtures/";

  @TempDir Path dir;

  private static NodeExporterOptions options(String flag, Path folder) {
    return NodeExporterOptions.parse(List.of(new Setting(flag, folder.toString())));
  }

  private static Families shown(NodeCollector c) throws IOException {
    Families out = new Families();
    c.collect(new HostFiles(NodeExporterOptions.DEFAULT.paths()), out);
    return out;
  }

  private static void asThere(NodeCollector c, String start, int families) throws IOException {
    Exposition ours = Exposition.of(shown(c)::drainTo);
    Exposition wanted =
        Exposition.parse(Files.readString(Shared.conformance(FIXTURES + "e2e-output.txt")));
    assertThat(wanted.families.keySet().stream().filter(n -> n.startsWith(start)))
        .containsExactlyInAnyOrderElementsOf(ours.families.keySet());
    assertThat(ours.families).hasSize(families);
    ours.families.forEach(
        (name, family) -> assertThat(family).as(name).isEqualTo(wanted.families.get(name)));
  }

  @Test
  void readsQueuesFromTheFile() throws IOException {
    Path folder =
        Objects.requireNonNull(Shared.conformance(FIXTURES + "qdisc/results.json").getParent());
    String flag = "collector.qdisc.fixtures";
    NodeExporterOptions o =
        NodeExporterOptions.parse(
            List.of(
                new Setting(flag, folder.toString()),
                new Setting("collector.qdisc.device-include", "(wlan0|eth0)")));
    asThere(new QdiscCollector(o), "node_qdisc_", 7);
  }

  @Test
  void readsWirelessDevicesFromFiles() throws IOException {
    Path folder =
        Objects.requireNonNull(Shared.conformance(FIXTURES + "wifi/interfaces.json").getParent());
    asThere(new WifiCollector(options("collector.wifi.fixtures", folder)), "node_wifi_", 14);
  }

  @Test
  void reportsInvalidFixtures() throws IOException {
    NodeCollector queues = new QdiscCollector(options("collector.qdisc.fixtures", dir));
    assertThatThrownBy(() -> shown(queues)).isInstanceOf(NoSuchFileException.class);
    wrong(queues, "{}", "a list of objects");
    wrong(queues, "[1]", "an object of JSON");
    wrong(queues, "[{\"bytes\": \"x\"}]", "bytes must be a number");
    wrong(queues, "[", "not JSON");
    Files.writeString(dir.resolve("results.json"), "[{\"parent\": 7, \"kind\": \"fq\"}]");
    assertThat(Exposition.of(shown(queues)::drainTo).families).isEmpty(); // not at the root
    NodeCollector wireless = new WifiCollector(options("collector.wifi.fixtures", dir));
    assertThatThrownBy(() -> shown(wireless)).isInstanceOf(NoSuchFileException.class);
    Files.writeString(dir.resolve("interfaces.json"), "[{\"name\": \"w\"}]");
    assertThat(Exposition.of(shown(wireless)::drainTo).families).hasSize(1);
    Files.createDirectory(dir.resolve("w"));
    Files.writeString(dir.resolve("w/bss.json"), "{\"bssid\": \"?\"}");
    assertThatThrownBy(() -> shown(wireless)).hasMessageContaining("bssid must be Base64");
  }

  private void wrong(NodeCollector c, String json, String says) throws IOException {
    Path file = Files.writeString(dir.resolve("results.json"), json);
    assertThatThrownBy(() -> shown(c)).hasMessageContainingAll(file.toString(), says);
  }
}
