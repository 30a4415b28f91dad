package dev.tethys.collect.host.internal;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Memory by NUMA node from /sys/devices/system/node. */
final class MeminfoNumaCollector implements NodeCollector {
  private static final int MAX_DESCS = 1000;

  private final Map<String, Desc> descs = new HashMap<>();

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("devices/system/node");
    for (String name : files.numbered(root, "node")) {
      String node = name.substring(4);
      Text t = files.read(root + "/" + name + "/meminfo");
      while (t.nextLine()) {
        if (t.nextField()) { // Node
          meminfo(t, out);
        }
      }
      t = files.read(root + "/" + name + "/numastat");
      while (t.nextLine()) {
        if (t.nextField()) {
          String key = t.field() + "_total";
          t.needField();
          out.add(desc(key, true), t.number(), node);
        }
      }
    }
  }

  private void meminfo(Text t, Families out) throws MalformedException {
    t.needField();
    String node = t.field();
    t.needField();
    String key = t.field();
    key = key.endsWith(":") ? key.substring(0, key.length() - 1) : key;
    t.needField();
    double v = t.number();
    if (t.nextField()) {
      if (!t.is("kB")) {
        throw t.malformed("unknown unit in \"" + t.line() + "\"");
      }
      v *= 1024;
    }
    out.add(desc(key.replace('(', '_').replace(")", ""), false), v, node);
  }

  private Desc desc(String key, boolean counter) {
    if (descs.size() > MAX_DESCS) {
      descs.clear();
    }
    return descs.computeIfAbsent(
        key,
        k -> {
          String name = "node_memory_numa_" + k;
          String help = "Memory information field " + k + ".";
          return counter ? Desc.counter(name, help, "node") : Desc.gauge(name, help, "node");
        });
  }
}
