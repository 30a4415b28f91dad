package dev.tethys.collect.host.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import com.google.re2j.Pattern;
import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.Filter;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.libc.SocketCalls;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Statistics of network drivers, by ioctl (linux/ethtool.h). */
final class EthtoolCollector implements NodeCollector {
  private static final System.Logger LOG = JulLogger.of(EthtoolCollector.class.getName());
  private static final long SIOCETHTOOL = 0x8946;

  /** Layout of struct ifreq, whose name precedes a pointer to the request. */
  private static final int IFREQ = 40;

  private static final int IFNAMSIZ = 16;
  private static final int GSET = 1;
  private static final int GDRVINFO = 3;
  private static final int GSTRINGS = 0x1b;
  private static final int GSTATS = 0x1d;
  private static final int STATS_SET = 1;
  private static final int NAME = 32;
  private static final int MAX_STATS = 65_536;

  /**
   * Number of counters that a driver may add during the request, enough for a few hundred queues.
   */
  private static final int SPARE_STATS = 4096;

  private static final double MEGABIT = 1e6 / 8;

  private static final Desc INFO =
      Desc.gauge(
          "node_ethtool_info",
          "A metric with a constant '1' value labeled by bus_info, device, driver,"
              + " expansion_rom_version, firmware_version, version.",
          "bus_info",
          "device",
          "driver",
          "expansion_rom_version",
          "firmware_version",
          "version");
  private static final Desc PORT =
      Desc.gauge(
          "node_network_supported_port_info",
          "Type of ports or PHYs supported by network device",
          "device",
          "type");
  private static final Desc AUTONEGOTIATE =
      Desc.gauge("node_network_autonegotiate", "If this port is using autonegotiate", "device");

  /** Metrics of one of two sets of abilities. */
  private record Abilities(Desc speed, Desc autonegotiate, Desc pause, Desc asymmetricPause) {
    static Abilities of(String word, String does, String speeds) {
      return new Abilities(
          Desc.gauge(
              "node_network_" + word + "_speed_bytes",
              "Combination of speeds and features " + speeds + " by network device",
              "device",
              "duplex",
              "mode"),
          flag("autonegotiate_", word, does + " autonegotiate"),
          flag("pause_", word, pause(does, "pause")),
          flag("asymmetricpause_", word, pause(does, "asymmetric pause")));
    }

    private static String pause(String does, String what) {
      return does + " " + what + (does.equals("offers") ? " capability" : " frames");
    }

    private static Desc flag(String name, String word, String does) {
      return Desc.gauge("node_network_" + name + word, "If this port device " + does, "device");
    }
  }

  private static final Abilities SUPPORTED = Abilities.of("supported", "supports", "supported");
  private static final Abilities ADVERTISED = Abilities.of("advertised", "offers", "offered");

  /** Ports by their bits. */
  private static final Map<Integer, String> PORTS =
      Map.of(7, "TP", 8, "AUI", 9, "MII", 10, "FIBRE", 11, "BNC", 16, "Backplane");

  private static final int AUTONEGOTIATES = 6;
  private static final int PAUSES = 13;
  private static final int PAUSES_ONE_WAY = 14;

  /** A speed in megabits per second, its medium, and whether it is full duplex. */
  private record Speed(int bit, int megabits, String medium, boolean full) {}

  /** Link speeds reported by the legacy request, by bit. */
  private static final List<Speed> SPEEDS =
      List.of(
          new Speed(0, 10, "T", false),
          new Speed(1, 10, "T", true),
          new Speed(2, 100, "T", false),
          new Speed(3, 100, "T", true),
          new Speed(4, 1000, "T", false),
          new Speed(5, 1000, "T", true),
          new Speed(12, 10_000, "T", true),
          new Speed(17, 1000, "KX", true),
          new Speed(18, 10_000, "KX4", true),
          new Speed(19, 10_000, "KR", true),
          new Speed(20, 10_000, "R_FEC", true),
          new Speed(21, 20_000, "MLD2", true),
          new Speed(22, 20_000, "KR2", true),
          new Speed(23, 40_000, "KR4", true),
          new Speed(24, 40_000, "CR4", true),
          new Speed(25, 40_000, "SR4", true),
          new Speed(26, 40_000, "LR4", true),
          new Speed(27, 56_000, "KR4", true),
          new Speed(28, 56_000, "CR4", true),
          new Speed(29, 56_000, "SR4", true),
          new Speed(30, 56_000, "LR4", true),
          new Speed(31, 25_000, "CR", true));

  private static final Pattern RECEIVED = Pattern.compile("(^|_)rx(_|$)");
  private static final Pattern TRANSMITTED = Pattern.compile("(^|_)tx(_|$)");

  /** Counters that nearly every driver has, under fixed names. */
  private static final Map<String, Desc> KNOWN =
      Map.of(
          "rx_bytes",
          counter("received_bytes_total", "Network interface bytes received"),
          "rx_dropped",
          counter("received_dropped_total", "Number of received frames dropped"),
          "rx_errors",
          counter("received_errors_total", "Number of received frames with errors"),
          "rx_packets",
          counter("received_packets_total", "Network interface packets received"),
          "tx_bytes",
          counter("transmitted_bytes_total", "Network interface bytes sent"),
          "tx_errors",
          counter("transmitted_errors_total", "Number of sent frames with errors"),
          "tx_packets",
          counter("transmitted_packets_total", "Network interface packets sent"));

  private static Desc counter(String name, String help) {
    return Desc.untyped("node_ethtool_" + name, help, "device");
  }

  private final Filter devices;
  private final Pattern wanted;
  private final Map<String, Desc> made = new HashMap<>();

  EthtoolCollector(NodeExporterOptions options) {
    devices =
        new Filter(
            options.string("collector.ethtool.device-exclude"),
            options.string("collector.ethtool.device-include"));
    wanted = Pattern.compile(options.string("collector.ethtool.metrics-include"));
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("class/net");
    try (SocketCalls socket = new SocketCalls(SocketCalls.AF_INET, SocketCalls.SOCK_DGRAM, 0);
        Arena arena = Arena.ofConfined()) {
      for (String device : files.listOrNoData(root)) {
        if (!files.isFolder(root + "/" + device) || devices.ignores(device)) {
          continue;
        }
        settings(ask(socket, arena, device, GSET, 44), device, out);
        MemorySegment driver = ask(socket, arena, device, GDRVINFO, 196);
        if (driver != null) {
          driver(driver, device, out);
          int n = driver.get(JAVA_INT, 180);
          if (n > 0 && n <= MAX_STATS) {
            counters(socket, device, n, out);
          }
        }
      }
    }
  }

  /**
   * Sends a fixed-size request and returns the response; null if the device does not support it.
   */
  private static @Nullable MemorySegment ask(
      SocketCalls socket, Arena arena, String device, int question, int size) {
    MemorySegment m = arena.allocate(size, 8);
    m.set(JAVA_INT, 0, question);
    try {
      ask(socket, device, m);
      return m;
    } catch (LibraryException e) {
      if (e.errno() != Errno.EOPNOTSUPP) {
        LOG.log(Level.WARNING, "ethtool of {0}: {1}", device, e.getMessage());
      }
      return null;
    }
  }

  /**
   * Sends a request to a device.
   *
   * @param question its structure, which is filled with the response
   */
  private static void ask(SocketCalls socket, String device, MemorySegment question)
      throws LibraryException {
    byte[] name = device.getBytes(StandardCharsets.UTF_8);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(IFREQ, 8);
      MemorySegment.copy(name, 0, request, JAVA_BYTE, 0, Math.min(name.length, IFNAMSIZ - 1));
      request.set(ADDRESS, IFNAMSIZ, question);
      socket.ioctl(SIOCETHTOOL, request);
    }
  }

  private static void settings(@Nullable MemorySegment m, String device, Families out) {
    if (m == null) {
      return;
    }
    int supported = m.get(JAVA_INT, 4);
    abilities(SUPPORTED, supported, device, out);
    PORTS.forEach(
        (bit, name) -> {
          if (has(supported, bit)) {
            out.add(PORT, 1, device, name);
          }
        });
    abilities(ADVERTISED, m.get(JAVA_INT, 8), device, out);
    out.add(AUTONEGOTIATE, m.get(JAVA_BYTE, 18) & 0xff, device);
  }

  private static boolean has(int modes, int bit) {
    return (modes >>> bit & 1) != 0;
  }

  private static void abilities(Abilities a, int modes, String device, Families out) {
    for (Speed s : SPEEDS) {
      if (has(modes, s.bit)) {
        String mode = s.megabits + "base" + s.medium;
        out.add(a.speed, s.megabits * MEGABIT, device, s.full ? "full" : "half", mode);
      }
    }
    out.add(a.autonegotiate, has(modes, AUTONEGOTIATES) ? 1 : 0, device);
    out.add(a.pause, has(modes, PAUSES) ? 1 : 0, device);
    out.add(a.asymmetricPause, has(modes, PAUSES_ONE_WAY) ? 1 : 0, device);
  }

  private static void driver(MemorySegment m, String device, Families out) {
    out.add(INFO, 1, text(m, 100), device, text(m, 4), text(m, 132), text(m, 68), text(m, 36));
  }

  /** Reads a string of at most 32 bytes, optionally terminated by a zero byte. */
  private static String text(MemorySegment m, long at) {
    byte[] b = m.asSlice(at, NAME).toArray(JAVA_BYTE);
    int n = 0;
    while (n < b.length && b[n] != 0) {
      n++;
    }
    return new String(b, 0, n, StandardCharsets.UTF_8);
  }

  private void counters(SocketCalls socket, String device, int n, Families out) {
    try (Arena arena = Arena.ofConfined()) {
      // The kernel writes as many as the driver has at that time, not as many as requested.
      long room = 2L * n + SPARE_STATS;
      MemorySegment names = arena.allocate(12L + room * NAME, 8);
      names.set(JAVA_INT, 0, GSTRINGS);
      names.set(JAVA_INT, 4, STATS_SET);
      names.set(JAVA_INT, 8, n);
      MemorySegment values = arena.allocate(8L + room * 8L, 8);
      values.set(JAVA_INT, 0, GSTATS);
      values.set(JAVA_INT, 4, n);
      ask(socket, device, names);
      ask(socket, device, values);
      show(byName(names, values), device, out);
    } catch (LibraryException e) {
      LOG.log(Level.WARNING, "ethtool of {0}: {1}", device, e.getMessage());
    }
  }

  /** Values by name; empty if the driver's counters changed between both requests. */
  static Map<String, Long> byName(MemorySegment names, MemorySegment values) {
    int n = names.get(JAVA_INT, 8);
    if (n != values.get(JAVA_INT, 4)) {
      return Map.of();
    }
    Map<String, Long> out = new TreeMap<>();
    for (int i = 0; i < n; i++) {
      out.put(
          sanitized(text(names, 12L + (long) i * NAME)),
          values.get(JAVA_LONG_UNALIGNED, 8L + i * 8L));
    }
    return out;
  }

  private void show(Map<String, Long> values, String device, Families out) {
    Set<String> once = new HashSet<>();
    Set<String> twice = new HashSet<>(); // names that fall together say nothing
    for (String name : values.keySet()) {
      if (wanted.matcher(name).find() && !once.add(fullName(name))) {
        twice.add(fullName(name));
      }
    }
    values.forEach(
        (name, v) -> {
          if (wanted.matcher(name).find() && !twice.contains(fullName(name))) {
            out.add(desc(name), Numbers.unsigned(v), device);
          }
        });
  }

  private Desc desc(String name) {
    Desc known = KNOWN.get(name);
    return known != null
        ? known
        : made.computeIfAbsent(
            name, n -> Desc.untyped(fullName(n), "Network interface " + n, "device"));
  }

  private static String sanitized(String name) {
    return name.replaceAll("[^a-zA-Z0-9_]", "_");
  }

  private static String fullName(String name) {
    String s = name.toLowerCase(Locale.ROOT).replaceFirst("^_+", "");
    s = RECEIVED.matcher(s).replaceAll("$1received$2");
    s = TRANSMITTED.matcher(s).replaceAll("$1transmitted$2");
    return "node_ethtool_" + s;
  }
}
