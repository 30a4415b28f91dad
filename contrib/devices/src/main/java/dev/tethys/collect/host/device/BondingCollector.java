package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NoDataException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Text;
import java.io.IOException;

/** Bonded network devices from /sys/class/net. */
final class BondingCollector implements NodeCollector {
  private static final Desc SLAVES =
      Desc.gauge(
          "node_bonding_slaves", "Number of configured slaves per bonding interface.", "master");
  private static final Desc ACTIVE =
      Desc.gauge("node_bonding_active", "Number of active slaves per bonding interface.", "master");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("class/net/");
    Text t = files.readIfThere(root + "bonding_masters");
    if (t == null) {
      throw NoDataException.NO_DATA;
    }
    for (String master : t.all().split("\\s+")) {
      if (master.isEmpty()) {
        continue;
      }
      int slaves = 0;
      int active = 0;
      for (String slave : files.string(root + master + "/bonding/slaves").split("\\s+")) {
        if (slave.isEmpty()) {
          continue;
        }
        String lower = root + master + "/lower_" + slave + "/bonding_slave/mii_status";
        Text state = files.readIfThere(lower);
        if (state == null) { // as older kernels call it
          state = files.read(root + master + "/slave_" + slave + "/bonding_slave/mii_status");
        }
        slaves++;
        if (state.all().equals("up")) {
          active++;
        }
      }
      out.add(SLAVES, slaves, master);
      out.add(ACTIVE, active, master);
    }
  }
}
