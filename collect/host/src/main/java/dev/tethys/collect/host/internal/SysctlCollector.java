package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Kernel settings from /proc/sys that are selected by flags. */
final class SysctlCollector implements NodeCollector {
  private static final Desc INFO =
      Desc.gauge("node_sysctl_info", "sysctl info", "name", "value", "index");

  /**
   * A setting.
   *
   * @param keys names of its values, empty to number them
   */
  private record Sysctl(String name, boolean numeric, List<String> keys) {}

  private final List<Sysctl> sysctls = new ArrayList<>();

  SysctlCollector(NodeExporterOptions options) {
    for (String s : options.strings("collector.sysctl.include")) {
      sysctls.add(parse(s, true));
    }
    for (String s : options.strings("collector.sysctl.include-info")) {
      Sysctl c = parse(s, false);
      if (!c.keys.isEmpty()) {
        throw new IllegalArgumentException(
            "--collector.sysctl.include-info=" + s + ": texts cannot have names");
      }
      sysctls.add(c);
    }
  }

  /** {@code fs.file-nr:total,current,max}. */
  private static Sysctl parse(String s, boolean numeric) {
    int colon = s.indexOf(':');
    return colon < 0
        ? new Sysctl(s, numeric, List.of())
        : new Sysctl(s.substring(0, colon), numeric, List.of(s.substring(colon + 1).split(",")));
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    for (Sysctl s : sysctls) {
      String path = files.proc("sys/" + s.name.replace('.', '/'));
      String text = files.string(path);
      String[] values = text.isEmpty() ? new String[0] : text.split("\\s+");
      if (values.length == 0) {
        throw new MalformedException(path + ": has no values");
      }
      if (!s.keys.isEmpty() && s.keys.size() != values.length) {
        throw new MalformedException(
            path + ": has " + values.length + " values and " + s.keys.size() + " names");
      }
      for (int i = 0; i < values.length; i++) {
        value(out, s, path, values, i);
      }
    }
  }

  private static void value(Families out, Sysctl s, String path, String[] values, int i)
      throws MalformedException {
    if (!s.numeric) {
      out.add(INFO, 1, s.name, values[i], Integer.toString(i));
      return;
    }
    Double v = Numbers.value(values[i]);
    if (v == null) {
      throw new MalformedException(path + ": \"" + values[i] + "\" is not a number");
    }
    String name = "node_sysctl_" + Desc.sanitize(s.name);
    String help = "sysctl " + s.name;
    if (!s.keys.isEmpty()) {
      out.add(Desc.untyped(name + "_" + s.keys.get(i), help + ", field " + i), v);
    } else if (values.length == 1) {
      out.add(Desc.untyped(name, help), v);
    } else {
      out.add(Desc.untyped(name, help, "index"), v, Integer.toString(i));
    }
  }
}
