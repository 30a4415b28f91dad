package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import java.io.IOException;

/** Totals of interrupts, switches and processes from /proc/stat. */
final class StatCollector implements NodeCollector {
  private static final Desc INTR =
      Desc.counter("node_intr_total", "Total number of interrupts serviced.");
  private static final Desc CTXT =
      Desc.counter("node_context_switches_total", "Total number of context switches.");
  private static final Desc FORKS = Desc.counter("node_forks_total", "Total number of forks.");
  private static final Desc BOOT =
      Desc.gauge("node_boot_time_seconds", "Node boot time, in unixtime.");
  private static final Desc RUNNING =
      Desc.gauge("node_procs_running", "Number of processes in runnable state.");
  private static final Desc BLOCKED =
      Desc.gauge("node_procs_blocked", "Number of processes blocked waiting for I/O to complete.");
  private static final Desc SOFTIRQS =
      Desc.counter("node_softirqs_total", "Number of softirq calls.", "vector");
  private static final String[] VECTORS = {
    "hi", "timer", "net_tx", "net_rx", "block", "block_iopoll", "tasklet", "sched", "hrtimer", "rcu"
  };

  private final boolean softirq;

  StatCollector(NodeExporterOptions options) {
    softirq = options.on("collector.stat.softirq");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    StatTotals t = StatTotals.read(files.read(files.proc("stat")), softirq);
    out.add(INTR, t.interrupts);
    out.add(CTXT, t.contextSwitches);
    out.add(FORKS, t.forks);
    out.add(BOOT, t.bootSeconds);
    out.add(RUNNING, t.running);
    out.add(BLOCKED, t.blocked);
    if (softirq) {
      for (int i = 0; i < VECTORS.length; i++) {
        out.add(SOFTIRQS, t.softirqs[i], VECTORS[i]);
      }
    }
  }
}
