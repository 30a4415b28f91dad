package dev.tethys.collect.host.internal;

import java.io.IOException;
import java.util.Set;

/** Soft interrupts by CPU from /proc/softirqs. */
final class SoftirqsCollector implements NodeCollector {
  private static final Desc FUNCTIONS =
      Desc.counter("node_softirqs_functions_total", "Softirq counts per CPU.", "cpu", "type");
  private static final Set<String> TYPES =
      Set.of(
          "HI",
          "TIMER",
          "NET_TX",
          "NET_RX",
          "BLOCK",
          "IRQ_POLL",
          "TASKLET",
          "SCHED",
          "HRTIMER",
          "RCU");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("softirqs"));
    if (!t.nextLine()) { // headings
      throw t.malformed("is empty");
    }
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      String type = t.field();
      type = type.endsWith(":") ? type.substring(0, type.length() - 1) : type;
      if (!TYPES.contains(type)) {
        continue;
      }
      for (int cpu = 0; t.nextField(); cpu++) {
        out.add(FUNCTIONS, t.unsigned(), Integer.toString(cpu), type);
      }
    }
  }
}
