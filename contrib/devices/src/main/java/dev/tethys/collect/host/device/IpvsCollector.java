package dev.tethys.collect.host.device;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Addresses;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.MalformedException;
import dev.tethys.collect.host.internal.NoDataException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The kernel's load balancer from /proc/net/ip_vs_stats and ip_vs. */
final class IpvsCollector implements NodeCollector {
  private static final List<String> ALL_LABELS =
      List.of(
          "local_address", "local_port", "remote_address", "remote_port", "proto", "local_mark");

  private static final Desc[] TOTALS = {
    Desc.counter("node_ipvs_connections_total", "The total number of connections made."),
    Desc.counter("node_ipvs_incoming_packets_total", "The total number of incoming packets."),
    Desc.counter("node_ipvs_outgoing_packets_total", "The total number of outgoing packets."),
    Desc.counter("node_ipvs_incoming_bytes_total", "The total amount of incoming data."),
    Desc.counter("node_ipvs_outgoing_bytes_total", "The total amount of outgoing data.")
  };

  private static final int TOTALS_LINE = 3;

  /** Sums over backends that the chosen labels do not distinguish. */
  private static final class Sums {
    double active;
    double inactive;
    double weight;
  }

  private final int[] chosen; // positions in ALL_LABELS
  private final Desc active;
  private final Desc inactive;
  private final Desc weight;

  IpvsCollector(NodeExporterOptions options) {
    List<String> wanted = Arrays.asList(options.string("collector.ipvs.backend-labels").split(","));
    TreeSet<String> unknown = new TreeSet<>(wanted);
    unknown.removeAll(ALL_LABELS);
    unknown.remove("");
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "--collector.ipvs.backend-labels: unknown IPVS backend labels: \""
              + String.join(", ", unknown)
              + "\"");
    }
    String[] names = ALL_LABELS.stream().filter(wanted::contains).toArray(String[]::new);
    chosen = Arrays.stream(names).mapToInt(ALL_LABELS::indexOf).toArray();
    active =
        Desc.gauge(
            "node_ipvs_backend_connections_active",
            "The current active connections by local and remote address.",
            names);
    inactive =
        Desc.gauge(
            "node_ipvs_backend_connections_inactive",
            "The current inactive connections by local and remote address.",
            names);
    weight =
        Desc.gauge(
            "node_ipvs_backend_weight",
            "The current backend weight by local and remote address.",
            names);
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.readIfThere(files.proc("net/ip_vs_stats"));
    if (t == null) {
      throw NoDataException.NO_DATA;
    }
    for (int i = 0; i < TOTALS_LINE; i++) {
      if (!t.nextLine()) {
        throw t.malformed("too few lines");
      }
    }
    double[] totals = new double[TOTALS.length];
    for (int i = 0; i < totals.length; i++) {
      t.needField();
      totals[i] = Numbers.unsigned(t.hex());
    }
    for (int i = 0; i < totals.length; i++) {
      out.add(TOTALS[i], totals[i]);
    }
    backends(files.read(files.proc("net/ip_vs")), out);
  }

  private void backends(Text t, Families out) throws MalformedException {
    Map<List<String>, Sums> sums = new LinkedHashMap<>();
    String[] l = {"", "0", "", "", "", ""};
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      if (t.is("TCP") || t.is("UDP")) {
        l[4] = t.field();
        l[5] = "";
        t.needField();
        address(t, l, 0);
      } else if (t.is("FWM")) {
        l[4] = "FWM";
        t.needField();
        l[5] = t.field();
        l[0] = "";
        l[1] = "0";
      } else if (t.is("->")) {
        t.needField();
        if (!t.is("RemoteAddress:Port")) {
          backend(t, l, sums);
        }
      }
    }
    sums.forEach(
        (values, s) -> {
          String[] v = values.toArray(new String[0]);
          out.add(active, s.active, v);
          out.add(inactive, s.inactive, v);
          out.add(weight, s.weight, v);
        });
  }

  private void backend(Text t, String[] l, Map<List<String>, Sums> sums) throws MalformedException {
    address(t, l, 2);
    t.needField(); // how packets get there
    double w = t.nextUnsigned();
    double a = t.nextUnsigned();
    double i = t.nextUnsigned();
    List<String> values = new ArrayList<>();
    for (int c : chosen) {
      values.add(l[c]);
    }
    Sums s = sums.computeIfAbsent(values, k -> new Sums());
    s.active += a;
    s.inactive += i;
    s.weight += w;
  }

  /**
   * Splits {@code C0A80016:0CEA} or {@code [2620:0000:...:0002]:0CEA} into {@code l[at]} and the
   * next element.
   */
  private static void address(Text t, String[] l, int at) throws MalformedException {
    String s = t.field();
    if (s.length() == 13 && s.charAt(8) == ':') {
      l[at] = Addresses.text(bytes(t, s.substring(0, 8)));
    } else if (s.length() == 46 && s.startsWith("[") && s.startsWith("]:", 40)) {
      l[at] = Addresses.text(bytes(t, s.substring(1, 40).replace(":", "")));
    } else {
      throw t.malformed("no address in \"" + t.line() + "\"");
    }
    l[at + 1] = Long.toString(t.hex(t.fieldEnd - 4, t.fieldEnd));
  }

  private static byte[] bytes(Text t, String hex) throws MalformedException {
    try {
      return java.util.HexFormat.of().parseHex(hex);
    } catch (IllegalArgumentException e) {
      throw t.malformed("no address in \"" + t.line() + "\"");
    }
  }
}
