package dev.tethys.collect.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.host.linux.HostCollectors;
import dev.tethys.testkit.Exposition;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** On this machine the collectors show what the real node_exporter shows. */
@Tag("slow")
final class LiveTest {
  /** Flags in which Debian's build has other defaults than node_exporter itself. */
  private static final List<String> FLAGS =
      List.of(
          "collector.filesystem.mount-points-exclude="
              + NodeExporterFlags.get("collector.filesystem.mount-points-exclude").value(),
          "collector.filesystem.fs-types-exclude="
              + NodeExporterFlags.get("collector.filesystem.fs-types-exclude").value(),
          "collector.textfile.directory=");

  /** Collectors that are off by default, and that 1.11 has; its ksmd has other help texts. */
  private static final List<String> MORE =
      NodeExporterFlags.DEFAULT_OFF.stream()
          .filter(c -> !c.equals("nvmesubsystem") && !c.equals("ksmd"))
          .toList();

  /** Families whose labels are states that come and go between two scrapes. */
  private static final Set<String> VOLATILE =
      Set.of("node_tcp_connection_states", "node_processes_state", "node_processes_threads_state");

  /** Families that may differ, and why. */
  private static final Map<String, String> EXCEPTIONS =
      Map.of(
          "node_exporter_build_info",
          "of the program, not of a collector",
          "node_disk_info",
          "1.11 shows rotational 0 wherever a queue lacks any of thirty files",
          "node_scrape_collector_success",
          "1.11 has no collector dmmultipath",
          "node_scrape_collector_duration_seconds",
          "1.11 has no collector dmmultipath");

  @Test
  void exposesSameMetricsAsReference() throws Exception {
    List<String> flags = new ArrayList<>(FLAGS);
    MORE.forEach(c -> flags.add("collector." + c));
    Exposition theirs = RealNodeExporter.scraped(flags, Map.of());
    Exposition ours =
        Exposition.of(
            new HostCollectors(
                NodeExporterOptions.parse(
                    MORE.stream()
                        .map(c -> new NodeExporterOptions.Setting("collector." + c, null))
                        .toList()),
                InstantSource.system()));
    Map<String, String> differences = new TreeMap<>();
    theirs.families.forEach(
        (name, f) -> {
          if (!name.startsWith("node_")) {
            return;
          }
          Exposition.Family our = ours.families.get(name);
          if (our == null) {
            differences.put(name, "missing");
          } else if (!our.type().equals(f.type())) {
            differences.put(name, "type " + our.type() + " instead of " + f.type());
          } else if (!our.help().equals(f.help())) {
            differences.put(name, "help " + our.help() + " instead of " + f.help());
          } else if (!VOLATILE.contains(name)
              && !our.samples().keySet().equals(f.samples().keySet())) {
            differences.put(
                name, "labels " + our.samples().keySet() + " instead of " + f.samples().keySet());
          }
        });
    ours.families.keySet().stream()
        .filter(n -> !theirs.families.containsKey(n))
        .forEach(n -> differences.put(n, "only ours"));
    differences.keySet().removeAll(EXCEPTIONS.keySet());
    assertThat(differences).isEmpty();
    assertThat(ours.samples("node_scrape_collector_success"))
        .containsAllEntriesOf(theirs.samples("node_scrape_collector_success"));
    assertThat(ours.families.get("node_memory_MemTotal_bytes"))
        .isEqualTo(theirs.families.get("node_memory_MemTotal_bytes"));
    assertThat(ours.families.get("node_boot_time_seconds"))
        .isEqualTo(theirs.families.get("node_boot_time_seconds"));
    assertThat(ours.families.get("node_filesystem_size_bytes"))
        .isEqualTo(theirs.families.get("node_filesystem_size_bytes"));
    assertThat(ours.families.get("node_timex_tick_seconds"))
        .isEqualTo(theirs.families.get("node_timex_tick_seconds"));
  }
}
