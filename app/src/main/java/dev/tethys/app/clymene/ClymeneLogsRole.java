package dev.tethys.app.clymene;

import dev.tethys.logagent.LogsRole;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code tethys logs} as clymene-promtail, where {@code STORAGE_TYPE} selects the destination of
 * lines.
 */
public final class ClymeneLogsRole {
  private ClymeneLogsRole() {}

  /** Whether arguments and variables select this role, not Promtail. */
  public static boolean isAskedFor(List<String> args, Map<String, String> environment) {
    return ClymeneCommands.isOne(args)
        || environment.containsKey("STORAGE_TYPE")
        || environment.containsKey("TS_STORAGE_TYPE");
  }

  /** Runs until the process is stopped. */
  public static int run(List<String> args) {
    Map<String, String> environment = System.getenv();
    if (ClymeneCommands.isOne(args)) {
      return new ClymeneCommands(ClymeneRole.PROMTAIL, environment, System.out, System.err)
          .run(args);
    }
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(ClymeneFlags.help(ClymeneRole.PROMTAIL, environment));
      return 0;
    }
    ClymeneFlags flags = ClymeneFlags.read(ClymeneRole.PROMTAIL, args, environment);
    List<String> own = new ArrayList<>();
    own.add("--config.file=" + flags.get("config.file"));
    for (String f : List.of("dry-run", "inspect", "print-config-stderr")) {
      if (flags.bool("clymene-promtail." + f)) {
        own.add("--" + f);
      }
    }
    if (flags.isGiven("log-level")) {
      own.add("--log.level=" + flags.get("log-level"));
    }
    String admin = ClymeneGraph.everywhere(flags.get("admin.http.host-ports"));
    return LogsRole.run(own, ClymeneLogAgent.destinations(flags), admin);
  }
}
