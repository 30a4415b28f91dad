package dev.tethys.collect.host.internal;

import dev.tethys.model.Labels;
import java.io.IOException;

/** Packets by CPU from /proc/net/softnet_stat. */
final class SoftnetCollector implements NodeCollector {
  private static final int MIN_COLUMNS = 9;
  private static final int MAX_COLUMNS = 13;

  /** Indexes of the exported hexadecimal columns. Columns missing in older kernels count as 0. */
  private static final int[] COLUMNS = {0, 1, 2, 8, 9, 10, 11};

  private static final int CPU = 12;

  private static final Desc[] DESCS = {
    counter("processed_total", "Number of processed packets"),
    counter("dropped_total", "Number of dropped packets"),
    counter("times_squeezed_total", "Number of times processing packets ran out of quota"),
    counter(
        "cpu_collision_total",
        "Number of collision occur while obtaining device lock while transmitting"),
    counter("received_rps_total", "Number of times cpu woken up received_rps"),
    counter("flow_limit_count_total", "Number of times flow limit has been reached"),
    Desc.gauge("node_softnet_backlog_len", "Softnet backlog status", "cpu")
  };

  private static Desc counter(String name, String help) {
    return Desc.counter("node_softnet_" + name, help, "cpu");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("net/softnet_stat"));
    long[] v = new long[MAX_COLUMNS];
    for (int line = 0; t.nextLine(); line++) {
      java.util.Arrays.fill(v, 0);
      int n = 0;
      for (; t.nextField(); n++) {
        if (n < MAX_COLUMNS) {
          v[n] = t.hex();
        }
      }
      if (n < MIN_COLUMNS) {
        throw t.malformed(n + " columns instead of " + MIN_COLUMNS + " or more");
      }
      boolean whole = n >= MAX_COLUMNS;
      if (!whole) {
        v[11] = 0;
      }
      Labels cpu = DESCS[0].labels(Long.toString(whole ? v[CPU] : line));
      for (int i = 0; i < DESCS.length; i++) {
        out.add(DESCS[i], v[COLUMNS[i]], cpu);
      }
    }
  }
}
