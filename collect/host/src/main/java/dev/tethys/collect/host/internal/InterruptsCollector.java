package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import java.io.IOException;

/** Interrupts by CPU from /proc/interrupts. */
final class InterruptsCollector implements NodeCollector {
  private static final Desc INTERRUPTS =
      Desc.counter("node_interrupts_total", "Interrupt details.", "cpu", "type", "info", "devices");

  private final Filter names;
  private final boolean zeros;

  InterruptsCollector(NodeExporterOptions options) {
    names =
        new Filter(
            options.string("collector.interrupts.name-exclude"),
            options.string("collector.interrupts.name-include"));
    zeros = options.on("collector.interrupts.include-zeros");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("interrupts"));
    if (!t.nextLine()) {
      throw t.malformed("is empty");
    }
    int cpus = 0;
    while (t.nextField()) {
      cpus++;
    }
    double[] values = new double[cpus];
    while (t.nextLine()) {
      String line = t.line();
      int colon = line.indexOf(':');
      if (colon < 0) {
        continue;
      }
      String name = line.substring(0, colon).stripLeading();
      t.fieldEnd = t.lineStart + colon + 1;
      int n = 0;
      while (n < cpus && t.nextField()) {
        values[n++] = t.number();
      }
      if (n < cpus || !t.nextField()) {
        continue; // ERR and MIS are of no CPU
      }
      String first = t.field();
      StringBuilder rest = new StringBuilder();
      while (t.nextField()) {
        rest.append(rest.isEmpty() ? "" : " ").append(t.field());
      }
      boolean numbered = Numbers.whole(name) != null;
      String info = numbered || rest.isEmpty() ? first : first + " " + rest;
      String devices = numbered ? rest.toString() : "";
      if (names.ignores(name + ";" + info + ";" + devices)) {
        continue;
      }
      for (int cpu = 0; cpu < cpus; cpu++) {
        if (zeros || values[cpu] != 0) {
          out.add(INTERRUPTS, values[cpu], Integer.toString(cpu), name, info, devices);
        }
      }
    }
  }
}
