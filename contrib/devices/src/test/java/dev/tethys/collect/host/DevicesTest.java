package dev.tethys.collect.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.host.linux.HostCollectors;
import dev.tethys.testkit.Exposition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Collectors over small hosts made here, where node_exporter's fixture shows too little. */
final class DevicesTest {
  @TempDir Path dir;

  private void file(String path, String text) throws IOException {
    Files.createDirectories(dir.resolve(path).getParent());
    Files.writeString(dir.resolve(path), text);
  }

  private HostCollectors host(String collector, String... flags) throws IOException {
    Files.createDirectories(dir.resolve("proc"));
    Files.createDirectories(dir.resolve("sys"));
    List<NodeExporterOptions.Setting> s = new ArrayList<>();
    s.add(new NodeExporterOptions.Setting("collector.disable-defaults", null));
    s.add(new NodeExporterOptions.Setting("collector." + collector, null));
    s.add(new NodeExporterOptions.Setting("path.procfs", dir + "/proc/"));
    s.add(new NodeExporterOptions.Setting("path.sysfs", dir + "/sys"));
    s.add(new NodeExporterOptions.Setting("path.rootfs", dir.toString()));
    for (String f : flags) {
      int eq = f.indexOf('=');
      s.add(
          new NodeExporterOptions.Setting(
              eq < 0 ? f : f.substring(0, eq), eq < 0 ? null : f.substring(eq + 1)));
    }
    return new HostCollectors(NodeExporterOptions.parse(s), InstantSource.system());
  }

  @Test
  void nvmeSubsystems() throws IOException {
    String s = "sys/class/nvme-subsystem/nvme-subsys0/";
    for (String f : List.of("subsysnqn", "model", "serial", "iopolicy")) {
      file(s + f, f + "\n");
    }
    file(s + "nvme0/state", "live\n");
    file(s + "nvme0/transport", "tcp\n");
    file(s + "nvme1/state", "deleting (no IO)\n");
    file(s + "nvme1/transport", "tcp\n");
    file(s + "nvme0n1/size", "1\n");
    Exposition e = Exposition.of(host("nvmesubsystem"));
    assertThat(e.samples("node_nvmesubsystem_paths"))
        .containsEntry("subsystem=\"nvme-subsys0\"", 2.0);
    assertThat(e.samples("node_nvmesubsystem_paths_live"))
        .containsEntry("subsystem=\"nvme-subsys0\"", 1.0);
    assertThat(e.samples("node_nvmesubsystem_namespace_info"))
        .containsEntry("device=\"nvme0n1\",subsystem=\"nvme-subsys0\"", 1.0);
    assertThat(e.samples("node_nvmesubsystem_path_state"))
        .hasSize(14)
        .containsEntry(
            "controller=\"nvme1\",state=\"deleting\",subsystem=\"nvme-subsys0\","
                + "transport=\"tcp\"",
            1.0);
  }

  @Test
  void readsNamesOfPciDevices() throws IOException {
    String real = "sys/devices/pci0000:00/0000:00:02.1/";
    file(real + "class", "0x010802\n");
    file(real + "vendor", "0xc0a9\n");
    file(real + "device", "0x540a\n");
    file(real + "subsystem_vendor", "0xc0a9\n");
    file(real + "subsystem_device", "0x5021\n");
    file(real + "revision", "0x01\n");
    Files.createDirectories(dir.resolve("sys/bus/pci/devices"));
    Files.createSymbolicLink(
        dir.resolve("sys/bus/pci/devices/0000:00:02.1"),
        Path.of("../../../devices/pci0000:00/0000:00:02.1"));
    file(
        "pci.ids",
        "# c\nc0a9  Vendor Inc.\n\t540a  A disk\n\t\tc0a9 5021  Its board\n"
            + "C 01  Mass storage\n\t08  Non-Volatile\n\t\t02  NVM Express\n");
    Exposition e =
        Exposition.of(
            host(
                "pcidevice",
                "collector.pcidevice.names",
                "collector.pcidevice.idsfile=" + dir.resolve("pci.ids")));
    assertThat(e.samples("node_pcidevice_info").keySet())
        .singleElement()
        .asString()
        .contains("vendor_name=\"Vendor Inc.\"", "device_name=\"A disk\"", "revision=\"0x01\"")
        .contains("subsystem_device_name=\"Its board\"", "class_name=\"NVM Express\"");
    assertThat(e.samples("node_pcidevice_max_link_width").values()).containsOnly(-1.0);
  }

  private static boolean succeeded(Exposition e, String collector) {
    return e.samples("node_scrape_collector_success")
        .entrySet()
        .contains(Map.entry("collector=\"" + collector + "\"", 1.0));
  }

  @Test
  void emptyInputIsNotASuccessAndHasNoMetric() throws IOException {
    for (String c : List.of("bonding", "hwmon", "nfs", "nvme", "rapl", "zfs")) {
      Exposition e = Exposition.of(host(c));
      assertThat(succeeded(e, c)).as(c).isFalse();
      assertThat(e.families).as(c).hasSize(2);
    }
    for (String c : List.of("bcache", "btrfs", "edac", "xfs")) {
      assertThat(succeeded(Exposition.of(host(c)), c)).as(c).isTrue();
    }
  }
}
