package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.Text;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Caches of the network from /proc/net/stat. */
final class LnstatCollector implements NodeCollector {
  private static final int MAX_DESCS = 1000;

  private final Map<String, Desc> descs = new HashMap<>();

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.proc("net/stat");
    for (String subsystem : files.listOrNone(root)) {
      Text t = files.read(root + "/" + subsystem);
      String[] names = t.nextLine() ? t.line().strip().split("\\s+") : new String[0];
      for (int cpu = 0; t.nextLine(); cpu++) {
        for (int i = 0; t.nextField(); i++) {
          if (i >= names.length) {
            throw t.malformed("more numbers than names");
          }
          out.add(desc(names[i]), Numbers.unsigned(t.hex()), subsystem, Integer.toString(cpu));
        }
      }
    }
  }

  private Desc desc(String name) {
    if (descs.size() > MAX_DESCS) {
      descs.clear();
    }
    return descs.computeIfAbsent(
        name,
        n ->
            Desc.counter(
                "node_lnstat_" + n + "_total", "linux network cache stats", "subsystem", "cpu"));
  }
}
