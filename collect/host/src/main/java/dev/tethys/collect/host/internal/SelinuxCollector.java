package dev.tethys.collect.host.internal;

import java.io.IOException;
import java.util.Locale;

/** Mode of SELinux: disabled, permissive or enforcing. */
final class SelinuxCollector implements NodeCollector {
  private static final Desc CONFIG =
      Desc.gauge("node_selinux_config_mode", "Configured SELinux enforcement mode");
  private static final Desc CURRENT =
      Desc.gauge("node_selinux_current_mode", "Current SELinux enforcement mode");
  private static final Desc ENABLED =
      Desc.gauge("node_selinux_enabled", "SELinux is enabled, 1 is true, 0 is false");

  private static final int DISABLED = -1;

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String enforce = files.sys("fs/selinux/enforce");
    boolean enabled =
        files.exists(enforce)
            && !"kernel".equals(label(files.stringOrNull(files.proc("self/attr/current"))));
    out.add(ENABLED, enabled ? 1 : 0);
    if (!enabled) {
      return;
    }
    out.add(CONFIG, configured(files));
    String mode = files.stringOrNull(enforce);
    Long m = mode == null ? null : Numbers.whole(mode);
    out.add(CURRENT, m == null ? DISABLED : m);
  }

  private static String label(@org.jspecify.annotations.Nullable String s) {
    return s == null ? "" : s.replace("\0", "");
  }

  private static int configured(HostFiles files) {
    Text t = files.tryRead(files.rootfs("/etc/selinux/config"));
    int mode = DISABLED;
    while (t != null && t.nextLine()) {
      String line = t.line().strip();
      if (line.startsWith("SELINUX=")) {
        mode =
            switch (line.substring(8).strip().toLowerCase(Locale.ROOT)) {
              case "enforcing" -> 1;
              case "permissive" -> 0;
              default -> DISABLED;
            };
      }
    }
    return mode;
  }
}
