package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFileException;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.MalformedException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.model.Labels;
import java.io.IOException;

/** Watchdog timers from /sys/class/watchdog. */
final class WatchdogCollector implements NodeCollector {
  private static final String[] FILES = {
    "bootstatus", "fw_version", "nowayout", "timeleft", "timeout", "pretimeout", "access_cs0"
  };
  private static final Desc[] DESCS = {
    gauge("bootstatus", "bootstatus"),
    gauge("fw_version", "fw_version"),
    gauge("nowayout", "nowayout"),
    gauge("timeleft_seconds", "timeleft"),
    gauge("timeout_seconds", "timeout"),
    gauge("pretimeout_seconds", "pretimeout"),
    gauge("access_cs0", "access_cs0")
  };
  private static final Desc INFO =
      Desc.gauge(
          "node_watchdog_info",
          "Info of /sys/class/watchdog/<watchdog>",
          "name",
          "options",
          "identity",
          "state",
          "status",
          "pretimeout_governor");

  private static Desc gauge(String name, String file) {
    return Desc.gauge(
        "node_watchdog_" + name, "Value of /sys/class/watchdog/<watchdog>/" + file, "name");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("class/watchdog");
    for (String name : files.listOrNoData(root)) {
      String dir = root + "/" + name + "/";
      Labels l = DESCS[0].labels(name);
      for (int i = 0; i < FILES.length; i++) {
        String s = files.sysAttribute(dir + FILES[i]);
        if (s == null) {
          continue;
        }
        Double v = Numbers.value(s);
        if (v == null) {
          throw new MalformedException(dir + FILES[i] + ": \"" + s + "\" is not a number");
        }
        out.add(DESCS[i], v, l);
      }
      out.add(
          INFO,
          1,
          name,
          text(files, dir + "options"),
          text(files, dir + "identity"),
          text(files, dir + "state"),
          text(files, dir + "status"),
          text(files, dir + "pretimeout_governor"));
    }
  }

  private static String text(HostFiles files, String path) throws HostFileException {
    String s = files.sysAttribute(path);
    return s == null ? "" : s;
  }
}
