package dev.tethys.collect.host.internal;

import java.io.IOException;
import java.util.Locale;

/** Known vulnerabilities of the CPU and their mitigations, from /sys/devices/system/cpu. */
final class CpuVulnerabilitiesCollector implements NodeCollector {
  private static final Desc INFO =
      Desc.gauge(
          "node_cpu_vulnerabilities_info",
          "Details of each CPU vulnerability reported by sysfs. The value of the series is an int"
              + " encoded state of the vulnerability. The same state is stored as a string in the"
              + " label",
          "codename",
          "state",
          "mitigation");
  private static final String[] STATES = {"vulnerable", "mitigation", "unknown"};

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("devices/system/cpu/vulnerabilities");
    for (String name : files.listOrNone(root)) {
      String text = files.string(root + "/" + name);
      String lower = text.toLowerCase(Locale.ROOT);
      String state = "unknown";
      String mitigation = text;
      if (lower.startsWith("not affected")) {
        state = "not affected";
        mitigation = "";
      } else {
        for (String s : STATES) {
          if (lower.startsWith(s)) {
            state = s;
            String[] words = text.split("\\s+", 2);
            mitigation = words.length > 1 ? words[1].replaceAll("\\s+", " ") : "";
            break;
          }
        }
      }
      out.add(INFO, 1, name, state, mitigation);
    }
  }
}
