package dev.tethys.collect.host.internal;

import java.io.IOException;

/** Load averages from /proc/loadavg. */
final class LoadavgCollector implements NodeCollector {
  private static final Desc[] LOADS = {
    Desc.gauge("node_load1", "1m load average."),
    Desc.gauge("node_load5", "5m load average."),
    Desc.gauge("node_load15", "15m load average.")
  };

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    double[] loads = loads(files);
    for (int i = 0; i < loads.length; i++) {
      out.add(LOADS[i], loads[i]);
    }
  }

  /** Over one, five and fifteen minutes. */
  static double[] loads(HostFiles files) throws IOException {
    Text t = files.read(files.proc("loadavg"));
    t.nextLine();
    double[] loads = new double[3];
    for (int i = 0; i < loads.length; i++) {
      t.needField();
      loads[i] = t.number();
    }
    return loads;
  }
}
