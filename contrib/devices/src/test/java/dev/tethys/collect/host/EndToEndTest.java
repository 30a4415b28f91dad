package dev.tethys.collect.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.exposition.EscapingScheme;
import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.collect.host.linux.HostCollectors;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All collectors over node_exporter's fixture give what node_exporter gives. */
final class EndToEndTest {
  /** What differs: a pattern of names, how many there are, and why. Nothing else may. */
  private record Different(String pattern, int families, String reason) {}

  private static final List<Different> DIFFERENT =
      List.of(
          new Different("node_scrape_collector_success", 1, "names the collectors that run"),
          new Different("node_exporter_build_info", 1, "of the program, not of a collector"),
          new Different("node_network_receive_nohandler_total", 1, "the fixture's sysfs has no lo"),
          asked("node_wifi_.*", 14),
          asked("node_qdisc_.*", 7));

  private static Different asked(String pattern, int families) {
    return new Different(pattern, families, "the kernel is asked, there as here, but in this test");
  }

  /** What differs from run to run, which node_exporter's own test cuts out as well. */
  private static final java.util.regex.Pattern SKIPPED =
      java.util.regex.Pattern.compile(
          "^(node_scrape_collector_duration_seconds|node_textfile_mtime_seconds"
              + "|node_time_(zone_offset_)?seconds"
              + "|node_network_(receive|transmit)_(bytes|packets)_total"
              + ")$");

  @TempDir(factory = InMemory.class)
  Path dir;

  @Test
  void exposesSameMetricsAsNodeExporter() throws IOException {
    HostPaths paths = Fixtures.unpack(dir);
    NodeExporterOptions options = Fixtures.options(paths);
    Exposition ours = Exposition.of(new HostCollectors(options, InstantSource.system()));
    Exposition expected =
        Exposition.parse(
            Files.readString(Shared.conformance("node_exporter/fixtures/e2e-output.txt"))
                .replace("collector/fixtures/", dir + "/"));
    Map<String, String> differences = new TreeMap<>();
    List<String> names = new ArrayList<>(expected.families.keySet());
    ours.families.keySet().stream()
        .filter(n -> !expected.families.containsKey(n))
        .forEach(names::add);
    for (String name : names) {
      if (name.startsWith("go_") || name.startsWith("process_") || name.startsWith("promhttp_")) {
        continue;
      }
      if (SKIPPED.matcher(name).find()) {
        continue;
      }
      String d = difference(expected.families.get(name), ours.families.get(name));
      if (!d.isEmpty()) {
        differences.put(name, d);
      }
    }
    for (Different d : DIFFERENT) {
      List<String> named = differences.keySet().stream().filter(n -> n.matches(d.pattern)).toList();
      assertThat(named).as(d.reason).hasSize(d.families);
      differences.keySet().removeAll(named);
    }
    assertThat(differences).isEmpty();
  }

  /** What is scraped over HTTP is what the collectors gave. */
  @Test
  void readsTheSameAsText() throws IOException {
    HostCollectors collectors =
        new HostCollectors(Fixtures.options(Fixtures.unpack(dir)), InstantSource.system());
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    ExpositionWriter writer =
        ExpositionWriter.of(
            new ExpositionFormat.Negotiated(
                ExpositionFormat.TEXT_0_0_4, EscapingScheme.UNDERSCORES),
            text);
    List<MetricFamily> families = new ArrayList<>();
    collectors.collect(families::add);
    families.forEach(writer::write);
    writer.finish();
    assertThat(Exposition.parse(text.toString(StandardCharsets.UTF_8)).families)
        .isEqualTo(Exposition.of(to -> families.forEach(to)).families);
  }

  private static String difference(
      Exposition.@Nullable Family expected, Exposition.@Nullable Family ours) {
    if (expected == null) {
      return "only ours: " + ours;
    }
    if (ours == null) {
      return "missing";
    }
    if (!expected.type().equals(ours.type())) {
      return "type " + ours.type() + " instead of " + expected.type();
    }
    if (!expected.help().equals(ours.help())) {
      return "help " + ours.help() + " instead of " + expected.help();
    }
    if (!expected.samples().equals(ours.samples())) {
      Map<String, Double> more = new TreeMap<>(ours.samples());
      more.entrySet().removeAll(expected.samples().entrySet());
      Map<String, Double> less = new TreeMap<>(expected.samples());
      less.entrySet().removeAll(ours.samples().entrySet());
      return "samples " + more + " instead of " + less;
    }
    return "";
  }
}
