package dev.tethys.collect.host.internal;

import dev.tethys.model.Labels;
import java.io.IOException;

/** Swap devices from /proc/swaps. */
final class SwapCollector implements NodeCollector {
  private static final Desc SIZE = gauge("size_bytes", "Swap device size in bytes.");
  private static final Desc USED = gauge("used_bytes", "Swap device used in bytes.");
  private static final Desc PRIORITY = gauge("priority", "Swap device priority.");

  private static Desc gauge(String name, String help) {
    return Desc.gauge("node_swap_" + name, help, "device", "swap_type");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    for (SwapDevice d : SwapDevice.read(files.read(files.proc("swaps")))) {
      Labels l = SIZE.labels(d.device(), d.type());
      out.add(SIZE, d.size(), l);
      out.add(USED, d.used(), l);
      out.add(PRIORITY, d.priority(), l);
    }
  }
}
