package dev.tethys.collect.host.internal;

import java.io.IOException;

/** Tasks found hung, from /proc/sys/kernel/hung_task_detect_count. */
final class KernelHungCollector implements NodeCollector {
  private static final Desc TASKS =
      Desc.counter(
          "node_kernel_hung_tasks_total",
          "Total number of tasks that have been detected as hung since the system booted.");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String path = files.proc("sys/kernel/hung_task_detect_count");
    if (files.readIfThere(path) == null) {
      throw NoDataException.NO_DATA;
    }
    out.add(TASKS, files.uint(path));
  }
}
