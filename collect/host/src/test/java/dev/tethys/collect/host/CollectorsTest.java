package dev.tethys.collect.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.host.linux.HostCollectors;
import dev.tethys.testkit.Exposition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Collectors over small hosts made here, where node_exporter's fixture shows too little. */
final class CollectorsTest {
  @TempDir Path dir;

  @BeforeEach
  void folders() throws IOException {
    Files.createDirectories(dir.resolve("proc"));
    Files.createDirectories(dir.resolve("sys"));
  }

  private void file(String path, String text) throws IOException {
    Files.createDirectories(dir.resolve(path).getParent());
    Files.writeString(dir.resolve(path), text);
  }

  private HostCollectors host(String collector, String... flags) {
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
    return new HostCollectors(
        NodeExporterOptions.parse(s),
        InstantSource.fixed(Instant.ofEpochMilli(1_700_000_000_250L)));
  }

  private static boolean succeeded(Exposition e, String collector) {
    return e.samples("node_scrape_collector_success")
        .entrySet()
        .contains(Map.entry("collector=\"" + collector + "\"", 1.0));
  }

  @Test
  void cpuTimesNeverDecreaseExceptAfterReplug() throws IOException {
    HostCollectors h = host("cpu");
    String idle = "cpu=\"0\",mode=\"idle\"";
    String user = "cpu=\"0\",mode=\"user\"";
    file("proc/stat", "cpu  1 1 1 1\ncpu0 500 0 0 1000 0 0 0 0 0 0\ncpu1 1 2 3 4 5 6 7 8 9 10\n");
    Map<String, Double> first = Exposition.of(h).samples("node_cpu_seconds_total");
    assertThat(first).containsEntry(idle, 10.0).containsEntry(user, 5.0).hasSize(16);
    assertThat(first).containsEntry("cpu=\"1\",mode=\"steal\"", 0.08);
    file("proc/stat", "cpu0 600 0 0 990 0 0 0 0 0 0\n");
    Map<String, Double> second = Exposition.of(h).samples("node_cpu_seconds_total");
    assertThat(second).containsEntry(idle, 10.0).containsEntry(user, 6.0).hasSize(8);
    file("proc/stat", "cpu0 7 0 0 3 0 0 0 0 0 0\n");
    Map<String, Double> third = Exposition.of(h).samples("node_cpu_seconds_total");
    assertThat(third).containsEntry(idle, 0.03).containsEntry(user, 0.07);
    file("proc/stat", "cpu99999999 7 0 0 3 0 0 0 0 0 0\n");
    assertThat(succeeded(Exposition.of(h), "cpu")).isFalse();
  }

  @Test
  void ignoredDeviceMayReportAnything() throws IOException {
    file(
        "proc/diskstats",
        """
           7       0 loop0 1 2 -3 ? 5 6 7 8 9 10 11
           8       0 sda 1 2 3 4 5 6 7 8 9 10 11
        """);
    Exposition disks = Exposition.of(host("diskstats", "collector.diskstats.device-exclude=^loop"));
    assertThat(succeeded(disks, "diskstats")).isTrue();
    assertThat(disks.samples("node_disk_reads_completed_total"))
        .isEqualTo(Map.of("device=\"sda\"", 1.0));
    disks = Exposition.of(host("diskstats", "collector.diskstats.device-exclude=^sdz"));
    assertThat(succeeded(disks, "diskstats")).isFalse();
    file(
        "proc/net/dev",
        """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
         veth1: 1 none
          eth0: 9 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0
        """);
    Exposition nets = Exposition.of(host("netdev", "collector.netdev.device-exclude=^veth"));
    assertThat(succeeded(nets, "netdev")).isTrue();
    assertThat(nets.samples("node_network_receive_bytes_total"))
        .isEqualTo(Map.of("device=\"eth0\"", 9.0));
    assertThat(succeeded(Exposition.of(host("netdev")), "netdev")).isFalse();
  }

  @Test
  void readsFilesystemsWhereTheHostIsMounted() throws IOException {
    Files.createDirectories(dir.resolve("data dir"));
    file(
        "proc/1/mountinfo",
        """
        1 0 8:1 / %s/data\\040dir rw,noatime shared:1 master:2 - ext4 /dev/sda1 rw,errors=remount-ro
        2 0 8:1 / %s/data\\040dir rw - ext4 /dev/sda1 rw
        3 0 8:2 / /gone ro - xfs /dev/sdb1 rw
        4 0 0:5 / /proc rw - proc proc rw
        5 0 0:6 / /run/credentials/x rw - tmpfs tmpfs rw
        6 0 0:7 / %s rw - btrfs /dev/sdc emergency_ro,subvol=/
        """
            .formatted(dir, dir, dir));
    Exposition e = Exposition.of(host("filesystem"));
    String data = "device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/data dir\"";
    String root = "device=\"/dev/sdc\",fstype=\"btrfs\",mountpoint=\"/\"";
    assertThat(e.samples("node_filesystem_size_bytes").keySet()).containsExactly(data, root);
    assertThat(e.samples("node_filesystem_device_error"))
        .containsEntry(data, 0.0)
        .containsEntry(
            "device=\"/dev/sdb1\",device_error=\"no such file or directory\",fstype=\"xfs\","
                + "mountpoint=\"/gone\"",
            1.0)
        .hasSize(3);
    assertThat(e.samples("node_filesystem_readonly"))
        .containsEntry(data, 0.0)
        .containsEntry(root, 1.0);
    assertThat(e.samples("node_filesystem_mount_info").keySet())
        .contains("device=\"/dev/sda1\",major=\"8\",minor=\"1\",mountpoint=\"/data dir\"");
    assertThat(e.samples("node_filesystem_purgeable_bytes").values()).containsOnly(0.0);
  }

  @Test
  void ownMountsReplaceHiddenOnes() throws IOException {
    file("proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
    assertThat(Exposition.of(host("filesystem")).samples("node_filesystem_files")).hasSize(1);
    file("proc/self/mountinfo", "1 0 8:1 / / rw ext4 /dev/sda1 rw\n");
    assertThat(succeeded(Exposition.of(host("filesystem")), "filesystem")).isFalse();
  }

  @Test
  void namesNetworkDevicesLikeTheKernel() throws IOException {
    file(
        "proc/net/dev",
        """
        Inter-|   Receive  |  Transmit
         face |bytes packets
        eth0:1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
          eth1:17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 18446744073709551615
        """);
    file("sys/class/net/eth1/statistics/rx_crc_errors", "5\n");
    file("sys/class/net/eth1/statistics/rx_bytes", "6\n");
    file("sys/class/net/eth1/statistics/rx_nohandler", "7\n");
    file("sys/class/net/eth1/ifalias", "uplink\n");
    Exposition usual = Exposition.of(host("netdev", "collector.netdev.label-ifalias"));
    assertThat(usual.samples("node_network_transmit_compressed_total"))
        .containsEntry("device=\"eth0:1\"", 16.0)
        .containsEntry("device=\"eth1\",ifalias=\"uplink\"", 1.8446744073709552e19);
    assertThat(usual.samples("node_network_receive_nohandler_total"))
        .containsOnly(Map.entry("device=\"eth1\",ifalias=\"uplink\"", 7.0));
    Exposition detailed =
        Exposition.of(
            host(
                "netdev",
                "collector.netdev.enable-detailed-metrics",
                "collector.netdev.device-include=^eth1$"));
    assertThat(detailed.samples("node_network_receive_crc_errors_total"))
        .containsOnly(Map.entry("device=\"eth1\"", 5.0));
    assertThat(detailed.families.keySet()).doesNotContain("node_network_receive_drop_total");
    Exposition plain = Exposition.of(host("netdev", "no-collector.netdev.netlink"));
    assertThat(plain.families.keySet()).doesNotContain("node_network_receive_nohandler_total");
  }

  @Test
  void listsAddressesOfThisMachine() {
    Exposition e =
        Exposition.of(
            new HostCollectors(
                NodeExporterOptions.parse(
                    List.of(
                        new NodeExporterOptions.Setting("collector.netdev.address-info", null),
                        new NodeExporterOptions.Setting("collector.netdev.device-include", "lo"))),
                InstantSource.system()));
    assertThat(e.samples("node_network_address_info"))
        .containsKey("address=\"127.0.0.1\",device=\"lo\",netmask=\"8\",scope=\"link-local\"");
  }

  @Test
  void selinux() throws IOException {
    assertThat(Exposition.of(host("selinux")).samples("node_selinux_enabled"))
        .containsEntry("", 0.0);
    file("sys/fs/selinux/enforce", "1");
    file("proc/self/attr/current", "system_u:system_r:init_t:s0\0");
    file("etc/selinux/config", "# comment\nSELINUX=permissive\nSELINUXTYPE=targeted\n");
    Exposition on = Exposition.of(host("selinux"));
    assertThat(on.samples("node_selinux_enabled")).containsEntry("", 1.0);
    assertThat(on.samples("node_selinux_current_mode")).containsEntry("", 1.0);
    assertThat(on.samples("node_selinux_config_mode")).containsEntry("", 0.0);
    file("proc/self/attr/current", "kernel\0");
    assertThat(Exposition.of(host("selinux")).samples("node_selinux_enabled"))
        .containsEntry("", 0.0);
  }

  @Test
  void swap() throws IOException {
    file(
        "proc/swaps",
        "Filename\tType\tSize\tUsed\tPriority\n/dev/zram0 partition\t8388604\t76\t-2\n");
    Exposition e = Exposition.of(host("swap"));
    String l = "device=\"/dev/zram0\",swap_type=\"partition\"";
    assertThat(e.samples("node_swap_size_bytes")).containsEntry(l, 8388604.0 * 1024);
    assertThat(e.samples("node_swap_used_bytes")).containsEntry(l, 76.0 * 1024);
    assertThat(e.samples("node_swap_priority")).containsEntry(l, -2.0);
  }

  @Test
  void tcpConnections() throws IOException {
    file(
        "proc/net/tcp",
        """
          sl  local_address rem_address   st tx_queue rx_queue
           0: 0100007F:0016 00000000:0000 0A 00000000:00000003 00:0 0 0 0 1
           1: 0100007F:0016 0100007F:D431 01 00000010:00000000 00:0 0 0 0 2
           2: 0100007F:0016 0100007F:D432 0C 00000000:00000000 00:0 0 0 0 3
        """);
    file("proc/net/tcp6", "  sl\n   0: 0:0 0:0 01 00000001:00000001 00:0 0 0 0 4\n");
    assertThat(Exposition.of(host("tcpstat")).samples("node_tcp_connection_states"))
        .containsOnly(
            Map.entry("state=\"listen\"", 1.0),
            Map.entry("state=\"established\"", 2.0),
            Map.entry("state=\"syn_recv\"", 1.0),
            Map.entry("state=\"rx_queued_bytes\"", 4.0),
            Map.entry("state=\"tx_queued_bytes\"", 17.0));
  }

  @Test
  void fieldsMayMoveBetweenScrapes() throws IOException {
    HostCollectors h = host("meminfo");
    file("proc/meminfo", "MemTotal: 1 kB\nMemFree: 2 kB\n");
    assertThat(Exposition.of(h).samples("node_memory_MemFree_bytes")).containsEntry("", 2048.0);
    file("proc/meminfo", "MemFree: 3 kB\nActive(anon): 4 kB\nMemTotal: 5 kB\nHugePages_Free: 6\n");
    Exposition e = Exposition.of(h);
    assertThat(e.samples("node_memory_MemFree_bytes")).containsEntry("", 3072.0);
    assertThat(e.samples("node_memory_MemTotal_bytes")).containsEntry("", 5120.0);
    assertThat(e.samples("node_memory_Active_anon_bytes")).containsEntry("", 4096.0);
    assertThat(e.samples("node_memory_HugePages_Free")).containsEntry("", 6.0);
  }

  @Test
  void omitsValuesUnknownToTheKernel() throws IOException {
    file("proc/stat", "cpu0 1 2 3 4\n");
    file("sys/devices/system/cpu/cpu0/topology/physical_package_id", "-1\n");
    file("sys/devices/system/cpu/cpu0/topology/core_id", "0\n");
    file("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "5\n");
    Exposition cpu = Exposition.of(host("cpu"));
    assertThat(succeeded(cpu, "cpu")).isTrue();
    assertThat(cpu.families.keySet()).doesNotContain("node_cpu_core_throttles_total");
    file("proc/diskstats", "8 0 sda 1 2 3 4 5 6 7 8 -1 10 11\n");
    assertThat(succeeded(Exposition.of(host("diskstats")), "diskstats")).isFalse();
    file("proc/sys/kernel/shmmax", "18446744073692774399\n");
    file("proc/sys/vm/overcommit", "-3\n");
    Exposition sysctl =
        Exposition.of(
            host(
                "sysctl",
                "collector.sysctl.include=kernel.shmmax",
                "collector.sysctl.include=vm.overcommit"));
    assertThat(sysctl.samples("node_sysctl_kernel_shmmax"))
        .containsEntry("", 1.8446744073692774e19);
    assertThat(sysctl.samples("node_sysctl_vm_overcommit")).containsEntry("", -3.0);
  }

  @Test
  void usesTheGivenClock() {
    Exposition e = Exposition.of(host("time"));
    assertThat(e.samples("node_time_seconds")).containsEntry("", 1_700_000_000.25);
    assertThat(e.samples("node_time_zone_offset_seconds").keySet()).hasSize(1);
  }

  @Test
  void emptyInputIsNotASuccessAndHasNoMetric() {
    for (String c : List.of("conntrack", "os", "pressure")) {
      Exposition e = Exposition.of(host(c));
      assertThat(succeeded(e, c)).as(c).isFalse();
      assertThat(e.families).as(c).hasSize(2);
    }
    for (String c : List.of("sockstat", "time")) {
      assertThat(succeeded(Exposition.of(host(c)), c)).as(c).isTrue();
    }
  }

  @Test
  void supportsConcurrentScrapes() {
    HostCollectors h = new HostCollectors(NodeExporterOptions.DEFAULT, InstantSource.system());
    List<CompletableFuture<Integer>> all = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      all.add(
          CompletableFuture.supplyAsync(
              () -> {
                int n = 0;
                for (int k = 0; k < 10; k++) {
                  n = Exposition.of(h).families.size();
                }
                return n;
              }));
    }
    assertThat(all.stream().map(CompletableFuture::join)).allMatch(n -> n > 100);
  }
}
