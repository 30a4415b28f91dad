package dev.tethys.collect.host.internal;

import java.io.IOException;

/** The kernel's random numbers from /proc/sys/kernel/random. */
final class EntropyCollector implements NodeCollector {
  private static final Desc AVAILABLE =
      Desc.gauge("node_entropy_available_bits", "Bits of available entropy.");
  private static final Desc POOL =
      Desc.gauge("node_entropy_pool_size_bits", "Bits of entropy pool.");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    out.add(AVAILABLE, files.uint(files.proc("sys/kernel/random/entropy_avail")));
    out.add(POOL, files.uint(files.proc("sys/kernel/random/poolsize")));
  }
}
