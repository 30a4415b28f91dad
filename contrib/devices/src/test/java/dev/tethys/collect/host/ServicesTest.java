package dev.tethys.collect.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.collect.host.internal.bus.BusDouble;
import dev.tethys.collect.host.linux.HostCollectors;
import dev.tethys.testkit.Exposition;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What services and files tell, to the collectors here and to the real node_exporter. */
final class ServicesTest {
  @TempDir Path dir;

  @Test
  void exposesSameUnitsSessionsAndServices() throws Exception {
    Path socket = Files.createTempDirectory("bus").resolve("s");
    Path sys = graphics();
    Path runit = runit();
    HttpServer supervisor = supervisor();
    try (DatagramSocket ntp = ntp();
        BusDouble bus = bus(socket)) {
      List<String> flags =
          List.of(
              "collector.disable-defaults",
              "collector.systemd",
              "collector.systemd.enable-task-metrics",
              "collector.systemd.enable-restarts-metrics",
              "collector.systemd.enable-start-time-metrics",
              "collector.systemd.unit-exclude=.+\\.(scope|slice)",
              "collector.logind",
              "collector.drm",
              "path.sysfs=" + sys,
              "collector.runit",
              "collector.runit.servicedir=" + runit,
              "collector.supervisord",
              "collector.supervisord.url=http://127.0.0.1:"
                  + supervisor.getAddress().getPort()
                  + "/RPC2",
              "collector.ntp",
              "collector.ntp.server-port=" + ntp.getLocalPort());
      Map<String, String> environment = Map.of("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=" + socket);
      Exposition theirs = RealNodeExporter.scraped(flags, environment);
      Exposition ours = ours(flags, environment);
      assertThat(bus.names()).hasSize(7);
      Map<String, String> differences = differences(theirs, ours);
      // 1.11 does not see the file "down" of a service, which runit looks for there
      assertThat(differences.remove("node_service_normal_state")).contains("cron");
      assertThat(differences).isEmpty();
      assertThat(theirs.families)
          .containsKeys(
              "node_systemd_unit_state",
              "node_systemd_unit_tasks_max",
              "node_systemd_timer_last_trigger_seconds",
              "node_systemd_socket_refused_connections_total",
              "node_logind_sessions",
              "node_drm_card_info",
              "node_service_desired_state",
              "node_supervisord_start_time_seconds",
              "node_ntp_sanity");
      assertThat(theirs.samples("node_scrape_collector_success").values()).containsOnly(1.0);
    } finally {
      supervisor.stop(0);
      Files.deleteIfExists(socket);
    }
  }

  /** Of the devices of this machine. */
  @Test
  void netlinkMatchesNodeExporter() throws Exception {
    List<String> flags =
        List.of(
            "collector.disable-defaults",
            "collector.netclass",
            "collector.netclass.netlink",
            "collector.netclass_rtnl.with-stats");
    Exposition theirs = RealNodeExporter.scraped(flags, Map.of());
    assertThat(theirs.families).containsKeys("node_network_up", "node_network_iface_id");
    assertThat(differences(theirs, ours(flags, Map.of()))).isEmpty();
  }

  private static Exposition ours(List<String> flags, Map<String, String> environment) {
    return Exposition.of(
        new HostCollectors(
            NodeExporterOptions.parse(
                flags.stream()
                    .map(
                        f -> {
                          int eq = f.indexOf('=');
                          return eq < 0
                              ? new NodeExporterOptions.Setting(f, null)
                              : new NodeExporterOptions.Setting(
                                  f.substring(0, eq), f.substring(eq + 1));
                        })
                    .toList()),
            InstantSource.system(),
            environment::get));
  }

  private static Map<String, String> differences(Exposition theirs, Exposition ours) {
    Map<String, String> differences = new TreeMap<>();
    theirs.families.forEach(
        (name, f) -> {
          if (name.startsWith("node_") && !name.equals("node_exporter_build_info")) {
            compare(name, f, ours.families.get(name), differences);
          }
        });
    ours.families.keySet().stream()
        .filter(n -> !theirs.families.containsKey(n))
        .forEach(n -> differences.put(n, "only ours"));
    return differences;
  }

  private static void compare(
      String name,
      Exposition.Family theirs,
      Exposition.@org.jspecify.annotations.Nullable Family ours,
      Map<String, String> differences) {
    if (ours == null) {
      differences.put(name, "missing");
      return;
    }
    if (!ours.type().equals(theirs.type()) || !ours.help().equals(theirs.help())) {
      differences.put(name, ours.type() + " " + ours.help());
    }
    boolean timed =
        name.endsWith("_duration_seconds")
            || name.equals("node_ntp_offset_seconds")
            || name.equals("node_ntp_rtt_seconds")
            || name.matches("node_network_(receive|transmit)_(bytes|packets)_total");
    Object a = timed ? ours.samples().keySet() : ours.samples();
    Object b = timed ? theirs.samples().keySet() : theirs.samples();
    if (!a.equals(b)) {
      differences.put(name, a + " instead of " + b);
    }
  }

  private static BusDouble bus(Path socket) throws IOException {
    return new BusDouble(socket)
        .manager("Version", "252.39-1~deb12u2")
        .manager("Virtualization", "kvm")
        .manager("SystemState", "running")
        .unit(
            "foo.service",
            "loaded",
            "active",
            "Service.Type",
            "notify",
            "Service.NRestarts",
            3,
            "Service.TasksCurrent",
            12L,
            "Service.TasksMax",
            -1L,
            "Unit.ActiveEnterTimestamp",
            1_700_000_000_123_456L)
        .unit(
            "1-bar@x.service",
            "loaded",
            "failed",
            "Service.Type",
            "oneshot",
            "Service.TasksMax",
            9L)
        .unit("tidy.timer", "loaded", "active", "Timer.LastTriggerUSec", 1_690_000_000_000_000L)
        .unit(
            "door.socket",
            "loaded",
            "active",
            "Socket.NAccepted",
            7,
            "Socket.NConnections",
            2,
            "Socket.NRefused",
            1)
        .unit("var-lib.mount", "loaded", "active", "Mount.Type", "ext4")
        .unit("user.slice", "loaded", "active")
        .unit("gone.service", "not-found", "inactive")
        .session("1", "seat0", false, "tty", "user")
        .session("2", "", true, "tty", "user")
        .session("3", "", true, "tty", "user")
        .session("4", "seat0", false, "hologram", "greeter");
  }

  private Path graphics() throws IOException {
    Path sys = dir.resolve("sys");
    for (String card : List.of("card0", "card1")) {
      Path pci = Files.createDirectories(sys.resolve("devices/pci/" + card));
      Path at = Files.createDirectories(sys.resolve("class/drm/" + card));
      Files.createSymbolicLink(at.resolve("device"), pci);
      Files.writeString(
          pci.resolve("uevent"),
          "DRIVER=" + (card.equals("card0") ? "amdgpu" : "i915") + "\nPCI_CLASS=30000\n");
    }
    Path card = sys.resolve("devices/pci/card0");
    Files.writeString(card.resolve("gpu_busy_percent"), "4\n");
    Files.writeString(card.resolve("mem_info_gtt_total"), "8573157376\n");
    Files.writeString(card.resolve("mem_info_gtt_used"), "144560128\n");
    Files.writeString(card.resolve("mem_info_vram_total"), "8573157376\n");
    Files.writeString(card.resolve("mem_info_vram_vendor"), "samsung\n");
    Files.writeString(card.resolve("power_dpm_force_performance_level"), "manual\n");
    Files.writeString(card.resolve("unique_id"), "0123456789abcdef\n");
    Files.createDirectories(sys.resolve("class/drm/card0-HDMI-A-1"));
    return sys;
  }

  private Path runit() throws IOException {
    Path services = Files.createDirectories(dir.resolve("service"));
    for (String name : List.of("ssh", "cron", "new")) {
      Path supervise = Files.createDirectories(services.resolve(name + "/supervise"));
      if (!name.equals("new")) {
        byte[] status = new byte[20];
        ByteBuffer.wrap(status).putLong(0, 4611686018427387914L + 1_650_000_000L);
        status[17] = (byte) (name.equals("ssh") ? 'u' : 'd');
        status[19] = (byte) (name.equals("ssh") ? 1 : 2);
        Files.write(supervise.resolve("status"), status);
      }
    }
    Files.createFile(services.resolve("cron/down"));
    return services;
  }

  private static HttpServer supervisor() throws IOException {
    HttpServer s = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    String answer =
        "<?xml version='1.0'?><methodResponse><params><param><value><array><data>"
            + process("web", "front", 20, 0, 1_680_000_000)
            + process("job", "back", 100, 3, 1_670_000_000)
            + "</data></array></value></param></params></methodResponse>";
    s.createContext(
        "/RPC2",
        x -> {
          byte[] body = answer.getBytes(StandardCharsets.UTF_8);
          x.getResponseHeaders().set("Content-Type", "text/xml");
          x.sendResponseHeaders(200, body.length);
          x.getResponseBody().write(body);
          x.close();
        });
    s.start();
    return s;
  }

  private static String process(String name, String group, int state, int exit, int start) {
    StringBuilder out = new StringBuilder("<value><struct>");
    Map<String, Object> members = new TreeMap<>();
    members.put("name", name);
    members.put("group", group);
    members.put("state", state);
    members.put("exitstatus", exit);
    members.put("start", start);
    members.put("description", "pid 7, up <0:01>".replace("<", "&lt;").replace(">", "&gt;"));
    members.forEach(
        (k, v) ->
            out.append("<member><name>")
                .append(k)
                .append("</name><value>")
                .append(
                    v instanceof Integer ? "<int>" + v + "</int>" : "<string>" + v + "</string>")
                .append("</value></member>"));
    return out.append("</struct></value>").toString();
  }

  /** Stratum 2, five milliseconds of dispersion, told a minute ago. */
  private static DatagramSocket ntp() throws IOException {
    DatagramSocket s = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    long told = System.currentTimeMillis() / 1000 + 2_208_988_800L - 60;
    Thread.ofVirtual()
        .start(
            () -> {
              while (true) {
                try {
                  DatagramPacket p = new DatagramPacket(new byte[48], 48);
                  s.receive(p);
                  ByteBuffer a = ByteBuffer.wrap(new byte[48]);
                  a.put(0, (byte) (4 << 3 | 4)).put(1, (byte) 2).put(2, (byte) 6);
                  a.putInt(4, 1 << 14).putInt(8, 1 << 8).putInt(12, 0x7f000001);
                  a.putLong(24, ByteBuffer.wrap(p.getData()).getLong(40));
                  long now = System.currentTimeMillis();
                  long time =
                      (now / 1000 + 2_208_988_800L) << 32 | (now % 1000) * (1L << 32) / 1000;
                  a.putLong(16, told << 32);
                  a.putLong(32, time).putLong(40, time);
                  s.send(new DatagramPacket(a.array(), 48, p.getSocketAddress()));
                } catch (IOException e) {
                  return;
                }
              }
            });
    return s;
  }
}
