package dev.tethys.collect.host.internal;

import dev.tethys.model.Labels;
import java.io.IOException;

/** Time of tasks by CPU from /proc/schedstat. */
final class SchedstatCollector implements NodeCollector {
  private static final Desc RUNNING =
      Desc.counter(
          "node_schedstat_running_seconds_total",
          "Number of seconds CPU spent running a process.",
          "cpu");
  private static final Desc WAITING =
      Desc.counter(
          "node_schedstat_waiting_seconds_total",
          "Number of seconds spent by processing waiting for this CPU.",
          "cpu");
  private static final Desc TIMESLICES =
      Desc.counter(
          "node_schedstat_timeslices_total", "Number of timeslices executed by CPU.", "cpu");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.readIfThere(files.proc("schedstat"));
    if (t == null) {
      throw NoDataException.NO_DATA;
    }
    while (t.nextLine()) {
      if (!t.lineStartsWith("cpu") || !t.nextField()) {
        continue;
      }
      String cpu = t.field().substring(3);
      if (!t.skipFields(7)) {
        throw t.malformed("too few columns in \"" + t.line() + "\"");
      }
      Labels l = RUNNING.labels(cpu);
      out.add(RUNNING, t.unsigned() / 1e9, l);
      out.add(WAITING, t.nextUnsigned() / 1e9, l);
      out.add(TIMESLICES, t.nextUnsigned(), l);
    }
  }
}
