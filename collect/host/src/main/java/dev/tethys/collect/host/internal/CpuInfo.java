package dev.tethys.collect.host.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One processor of /proc/cpuinfo, with x86's names of the fields. */
final class CpuInfo {
  /** Names of the same fields on other architectures. */
  private static final Map<String, String> X86_NAMES =
      Map.of(
          "vendor", "vendor_id",
          "CPU Family", "cpu family",
          "Model Name", "model name",
          "cpu model", "model name",
          "isa", "model name",
          "hart", "core id",
          "Features", "flags",
          "clock", "cpu MHz");

  private final Map<String, String> fields = new HashMap<>();

  private CpuInfo() {}

  String get(String name) {
    return fields.getOrDefault(name, "");
  }

  static List<CpuInfo> parse(Text t) throws MalformedException {
    List<CpuInfo> all = new ArrayList<>();
    while (t.nextLine()) {
      String line = t.line();
      int colon = line.indexOf(':');
      if (colon < 0) {
        continue;
      }
      String name = line.substring(0, colon).strip();
      name = X86_NAMES.getOrDefault(name, name);
      String value = line.substring(colon + 1).strip();
      if (name.equals("processor")) {
        if (Numbers.whole(value) == null) {
          throw t.malformed("\"" + value + "\" is not a processor number");
        }
        all.add(new CpuInfo());
      }
      if (!all.isEmpty()) {
        if (name.equals("cpu MHz") && value.endsWith("MHz")) { // POWER
          value = value.substring(0, value.length() - 3);
        }
        all.get(all.size() - 1).fields.put(name, value);
      }
    }
    if (all.isEmpty()) {
      throw t.malformed("names no processor");
    }
    return all;
  }
}
