package dev.tethys.collect.host.internal;

import dev.tethys.model.libc.Errno;
import java.io.IOException;

/** Pressure stall information from /proc/pressure. */
final class PressureCollector implements NodeCollector {
  private static final String[] RESOURCES = {"cpu", "io", "memory", "irq"};

  /** By resource; waiting time ("some"), then stall time ("full"); absent if not exported. */
  private static final Desc[][] DESCS = {
    {
      Desc.counter(
          "node_pressure_cpu_waiting_seconds_total",
          "Total time in seconds that processes have waited for CPU time")
    },
    {
      Desc.counter(
          "node_pressure_io_waiting_seconds_total",
          "Total time in seconds that processes have waited due to IO congestion"),
      Desc.counter(
          "node_pressure_io_stalled_seconds_total",
          "Total time in seconds no process could make progress due to IO congestion")
    },
    {
      Desc.counter(
          "node_pressure_memory_waiting_seconds_total",
          "Total time in seconds that processes have waited for memory"),
      Desc.counter(
          "node_pressure_memory_stalled_seconds_total",
          "Total time in seconds no process could make progress due to memory congestion")
    },
    {
      Desc.counter(
          "node_pressure_irq_stalled_seconds_total",
          "Total time in seconds no process could make progress due to IRQ congestion")
    }
  };

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    boolean found = false;
    for (int r = 0; r < RESOURCES.length; r++) {
      Text t = files.tryRead(files.proc("pressure/" + RESOURCES[r]));
      if (t == null) {
        if (files.errno() == Errno.ENOENT || files.errno() == Errno.ENOTDIR) {
          continue;
        }
        if (files.errno() == Errno.EOPNOTSUPP) { // built, and turned off at boot
          throw NoDataException.NO_DATA;
        }
        throw new HostFileException("read", t(files, r), files.errno());
      }
      double some = Double.NaN;
      double full = Double.NaN;
      while (t.nextLine()) {
        if (!t.nextField()) {
          continue;
        }
        if (t.is("some")) {
          some = total(t);
        } else if (t.is("full")) {
          full = total(t);
        }
      }
      boolean irq = RESOURCES[r].equals("irq");
      boolean cpu = RESOURCES[r].equals("cpu");
      if (Double.isNaN(some) && !irq || Double.isNaN(full) && !cpu) {
        throw NoDataException.NO_DATA;
      }
      if (irq) {
        out.add(DESCS[r][0], full / 1000.0 / 1000.0);
      } else {
        out.add(DESCS[r][0], some / 1000.0 / 1000.0);
        if (!cpu) {
          out.add(DESCS[r][1], full / 1000.0 / 1000.0);
        }
      }
      found = true;
    }
    if (!found) {
      throw NoDataException.NO_DATA;
    }
  }

  private static String t(HostFiles files, int r) {
    return files.proc("pressure/" + RESOURCES[r]);
  }

  private static double total(Text t) throws MalformedException {
    while (t.nextField()) {
      if (t.startsWith("total=")) {
        return t.unsigned(t.fieldStart + 6, t.fieldEnd);
      }
    }
    throw t.malformed("no total in \"" + t.line() + "\"");
  }
}
