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
    Text t = files.read(files.proc("swaps"));
    t.nextLine(); // headings
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      String device = t.field();
      t.needField();
      Labels l = SIZE.labels(device, t.field());
      double size = t.nextUnsigned();
      double used = t.nextUnsigned();
      t.needField();
      out.add(SIZE, size * 1024, l);
      out.add(USED, used * 1024, l);
      out.add(PRIORITY, t.number(), l);
    }
  }
}
