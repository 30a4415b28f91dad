package dev.tethys.collect.host.device;

import dev.tethys.collect.host.device.MountstatsColumns.Column;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.MalformedException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.Text;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Metrics of mounted NFS file systems, from /proc/self/mountstats. */
final class MountstatsCollector implements NodeCollector {
  private static final String[] LABELS = {"export", "protocol", "mountaddr"};
  private static final Desc AGE =
      Desc.counter(
          "node_mountstats_nfs_age_seconds_total", "The age of the NFS mount in seconds.", LABELS);
  private static final Desc INFO =
      Desc.gauge(
          "node_mountstats_nfs_mountpoint_info",
          "Info metric for an NFS mountpoint.",
          "export",
          "protocol",
          "mountaddr",
          "mountpoint");

  /** More numbers than any line has. */
  private static final int MAX_NUMBERS = 64;

  /**
   * Largest integer range that a double holds exactly; the kernel's differences may wrap below
   * zero.
   */
  private static final long MANTISSA = 1L << 53;

  private static final int UDP_GAP_AT = 2;
  private static final int RDMA_GAP_AT = 10;
  private static final int GAP = 3;

  /** Connection of a mount: protocol and statistics, in the order used for TCP. */
  private record Transport(String protocol, long[] numbers) {}

  private record Operation(String name, long[] numbers) {}

  /** One NFS mount. */
  private static final class Nfs {
    final String export;
    final String mountPoint;
    final String type;
    double age;
    long[] bytes = {};
    long[] events = {};
    final List<Transport> transports = new ArrayList<>();
    final List<Operation> operations = new ArrayList<>();

    Nfs(String export, String mountPoint, String type) {
      this.export = export;
      this.mountPoint = mountPoint;
      this.type = type;
    }
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    List<Nfs> mounts = parse(files.read(files.proc("self/mountstats")));
    Map<String, String> addresses = addresses(files.read(files.proc("self/mountinfo")));
    Set<String> devices = new HashSet<>();
    Set<String> points = new HashSet<>();
    for (Nfs m : mounts) {
      String address = addresses.getOrDefault(m.mountPoint + " " + m.type + " " + m.export, "");
      for (Transport t : m.transports) {
        String device = m.export + " " + t.protocol + " " + address;
        if (points.add(device + " " + m.mountPoint)) {
          out.add(INFO, 1, m.export, t.protocol, address, m.mountPoint);
        }
        if (!devices.add(device)) {
          break; // the same mount elsewhere, or a further connection of it
        }
        show(out, m, t.protocol, address);
      }
    }
  }

  private static void show(Families out, Nfs m, String protocol, String address) {
    Labels l = AGE.labels(m.export, protocol, address);
    out.add(AGE, m.age, l);
    columns(out, MountstatsColumns.BYTES, m.bytes, l);
    columns(out, MountstatsColumns.EVENTS, m.events, l);
    for (int i = 0; i < m.transports.size(); i++) {
      Labels t =
          MountstatsColumns.TRANSPORT[0]
              .desc()
              .labels(m.export, protocol, address, Integer.toString(i));
      columns(out, MountstatsColumns.TRANSPORT, m.transports.get(i).numbers, t);
    }
    for (Operation op : m.operations) {
      Labels o = MountstatsColumns.OPERATION[0].desc().labels(m.export, protocol, address, op.name);
      columns(out, MountstatsColumns.OPERATION, op.numbers, o);
    }
  }

  private static void columns(Families out, Column[] columns, long[] numbers, Labels l) {
    for (Column c : columns) {
      long v = c.at() < numbers.length ? numbers[c.at()] : 0;
      double d = Numbers.unsigned(v);
      if (c.desc().name.contains("_idle_time_")) {
        d = Long.remainderUnsigned(v, MANTISSA);
      } else if (c.desc().name.endsWith("_time_seconds_total")) { // of milliseconds
        d = Long.remainderUnsigned(v, MANTISSA) / 1000.0;
      }
      out.add(c.desc(), d, l);
    }
  }

  private static List<Nfs> parse(Text t) throws MalformedException {
    List<Nfs> out = new ArrayList<>();
    Nfs m = null;
    boolean operations = false;
    while (t.nextLine()) {
      if (!t.nextField()) {
        m = null;
        continue;
      }
      if (t.is("device")) {
        m = device(t);
        operations = false;
        if (m != null) {
          out.add(m);
        }
      } else if (m != null) {
        if (operations) {
          String name = t.field();
          m.operations.add(
              new Operation(
                  name.endsWith(":") ? name.substring(0, name.length() - 1) : name, numbers(t, 8)));
        } else {
          operations = line(t, m);
        }
      }
    }
    return out;
  }

  /**
   * Parses {@code device EXPORT mounted on POINT with fstype TYPE statvers=1.1}; null for other
   * file systems than NFS.
   */
  private static @org.jspecify.annotations.Nullable Nfs device(Text t) throws MalformedException {
    String[] w = t.line().strip().split("\\s+");
    if (w.length < 8 || !w[2].equals("mounted") || !w[3].equals("on") || !w[6].equals("fstype")) {
      throw t.malformed("no device in \"" + t.line() + "\"");
    }
    return w.length > 8 && (w[7].equals("nfs") || w[7].equals("nfs4"))
        ? new Nfs(w[1], w[4], w[7])
        : null;
  }

  /** True if lines of operations follow. */
  private static boolean line(Text t, Nfs m) throws MalformedException {
    if (t.is("age:")) {
      t.needField();
      m.age = t.number();
    } else if (t.is("bytes:")) {
      m.bytes = numbers(t, 8);
    } else if (t.is("events:")) {
      m.events = numbers(t, 27);
    } else if (t.is("xprt:")) {
      t.needField();
      String protocol = t.field();
      long[] n = numbers(t, 7);
      // UDP has no connection fields, RDMA no queues.
      n =
          switch (protocol) {
            case "udp" -> widened(n, UDP_GAP_AT);
            case "rdma" -> widened(n, RDMA_GAP_AT);
            default -> n;
          };
      m.transports.add(new Transport(protocol, n));
    }
    return t.is("per-op");
  }

  private static long[] widened(long[] n, int at) {
    if (n.length < at) {
      return n;
    }
    long[] out = new long[n.length + GAP];
    System.arraycopy(n, 0, out, 0, at);
    System.arraycopy(n, at, out, at + GAP, n.length - at);
    return out;
  }

  private static long[] numbers(Text t, int min) throws MalformedException {
    long[] n = new long[MAX_NUMBERS];
    int k = 0;
    while (k < MAX_NUMBERS && t.nextField()) {
      n[k++] = t.integer();
    }
    if (k < min) {
      throw t.malformed("too few numbers in \"" + t.line() + "\"");
    }
    return java.util.Arrays.copyOf(n, k);
  }

  /** Returns the addr option by mount point, type and export. */
  private static Map<String, String> addresses(Text t) {
    Map<String, String> out = new HashMap<>();
    while (t.nextLine()) {
      String[] f = t.line().split(" ", -1);
      int n = f.length;
      if (n < 10) {
        continue;
      }
      for (String option : f[n - 1].split(",")) {
        if (option.startsWith("addr=")) {
          out.put(f[4] + " " + f[n - 3] + " " + f[n - 2], option.substring(5));
        }
      }
    }
    return out;
  }
}
