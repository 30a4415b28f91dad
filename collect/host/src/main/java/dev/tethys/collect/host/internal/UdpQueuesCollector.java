package dev.tethys.collect.host.internal;

import java.io.IOException;

/** Exposes the bytes queued in UDP sockets, from /proc/net/udp and udp6. */
final class UdpQueuesCollector implements NodeCollector {
  private static final Desc QUEUES =
      Desc.gauge(
          "node_udp_queues",
          "Number of allocated memory in the kernel for UDP datagrams in bytes.",
          "queue",
          "ip");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    boolean v4 = collect(files, "net/udp", "v4", out);
    boolean v6 = collect(files, "net/udp6", "v6", out);
    if (!v4 && !v6) {
      throw NoDataException.NO_DATA;
    }
  }

  private static boolean collect(HostFiles files, String name, String ip, Families out)
      throws IOException {
    Text t = files.readIfThere(files.proc(name));
    if (t == null) {
      return false;
    }
    double tx = 0;
    double rx = 0;
    t.nextLine(); // headings
    while (t.nextLine()) {
      if (!t.skipFields(5)) {
        throw t.malformed("too few columns in \"" + t.line() + "\"");
      }
      int colon = t.fieldStart;
      while (colon < t.fieldEnd && t.buf[colon] != ':') {
        colon++;
      }
      tx += Numbers.unsigned(t.hex(t.fieldStart, colon));
      rx += Numbers.unsigned(t.hex(colon + 1, t.fieldEnd));
    }
    out.add(QUEUES, tx, "tx", ip);
    out.add(QUEUES, rx, "rx", ip);
    return true;
  }
}
