package dev.tethys.collect.host.internal;

import java.io.IOException;

/**
 * TCP connections by state, from /proc/net/tcp and tcp6, which list the same sockets that
 * node_exporter reads from netlink.
 */
final class TcpstatCollector implements NodeCollector {
  private static final Desc STATES =
      Desc.gauge("node_tcp_connection_states", "Number of connection states.", "state");

  /** By the kernel's number of a state (include/net/tcp_states.h). */
  private static final String[] NAMES = {
    "unknown",
    "established",
    "syn_sent",
    "syn_recv",
    "fin_wait1",
    "fin_wait2",
    "time_wait",
    "close",
    "close_wait",
    "last_ack",
    "listen",
    "closing"
  };

  /** State of a connection not accepted by the server yet; counted as half open. */
  private static final int NEW_SYN_RECV = 12;

  private static final int SYN_RECV = 3;

  /** Number of state values, including unknown ones. */
  static final int STATES_OF_KERNEL = NAMES.length;

  /** Adds sockets of both IP versions to counts by state, and the lengths of their queues. */
  static void count(HostFiles files, double[] counts, double[] queues) throws IOException {
    count(files.read(files.proc("net/tcp")), counts, queues);
    Text v6 = files.readIfThere(files.proc("net/tcp6"));
    if (v6 != null) {
      count(v6, counts, queues);
    }
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    double[] counts = new double[STATES_OF_KERNEL];
    double[] queues = new double[2];
    count(files, counts, queues);
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        out.add(STATES, counts[i], NAMES[i]);
      }
    }
    double sockets = 0;
    for (double c : counts) {
      sockets += c;
    }
    if (sockets > 0) {
      out.add(STATES, queues[1], "rx_queued_bytes");
      out.add(STATES, queues[0], "tx_queued_bytes");
    }
  }

  private static void count(Text t, double[] counts, double[] queues) throws MalformedException {
    t.nextLine(); // headings
    while (t.nextLine()) {
      if (!t.skipFields(4)) {
        throw t.malformed("too few columns in \"" + t.line() + "\"");
      }
      long state = t.hex();
      state = state == NEW_SYN_RECV ? SYN_RECV : state;
      counts[state < 0 || state >= counts.length ? 0 : (int) state]++;
      t.needField();
      int colon = t.fieldStart;
      while (colon < t.fieldEnd && t.buf[colon] != ':') {
        colon++;
      }
      queues[0] += Numbers.unsigned(t.hex(t.fieldStart, colon));
      queues[1] += Numbers.unsigned(t.hex(colon + 1, t.fieldEnd));
    }
  }
}
