package dev.tethys.collect.host.device;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFileException;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NoDataException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Energy used by parts of the processor, from /sys/class/powercap. */
final class RaplCollector implements NodeCollector {
  private static final Desc JOULES =
      Desc.counter(
          "node_rapl_joules_total", "Current RAPL value in joules", "index", "path", "rapl_zone");

  private final boolean zoneLabel;
  private final Map<String, Desc> descs = new HashMap<>();

  RaplCollector(NodeExporterOptions options) {
    zoneLabel = options.on("collector.rapl.enable-zone-label");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("class/powercap");
    Map<String, Integer> seen = new HashMap<>();
    for (String entry : files.listOrNoData(root)) {
      String dir = root + "/" + entry;
      String name = files.stringOrNull(dir + "/name");
      if (name == null) {
        continue; // a type of control, not a zone
      }
      int index = seen.getOrDefault(name, 0);
      int dash = name.indexOf('-');
      Long suffix =
          dash > 0 && name.indexOf('-', dash + 1) < 0
              ? Numbers.whole(name.substring(dash + 1))
              : null;
      if (suffix != null) { // package-0
        index = suffix.intValue();
        name = name.substring(0, dash);
      }
      seen.put(name, index + 1);
      double joules = energy(files, dir) / 1_000_000.0;
      if (zoneLabel) {
        out.add(JOULES, joules, Integer.toString(index), dir, name);
      } else {
        out.add(desc(name), joules, Integer.toString(index), dir);
      }
    }
  }

  private static double energy(HostFiles files, String dir) throws IOException {
    try {
      return files.uint(dir + "/energy_uj");
    } catch (HostFileException e) {
      // Only root may read it, since it shows the work of other users.
      throw e.denied() ? NoDataException.NO_DATA : e;
    }
  }

  private Desc desc(String zone) {
    return descs.computeIfAbsent(
        zone,
        z ->
            Desc.counter(
                "node_rapl_" + Desc.sanitize(z) + "_joules_total",
                "Current RAPL " + z + " value in joules",
                "index",
                "path"));
  }
}
