package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostProcess;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.pipeline.receiver.scraping.ResourceAttributes;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Attributes that identify processes. */
final class ProcessResource {
  private static final String CGROUP = "process.cgroup";
  private static final String COMMAND = "process.command";
  private static final String COMMAND_LINE = "process.command_line";
  private static final String NAME = "process.executable.name";
  private static final String PATH = "process.executable.path";
  private static final String OWNER = "process.owner";
  private static final String PARENT = "process.parent_pid";
  private static final String PID = "process.pid";

  /** The kernel cuts names off after these. */
  private static final int LONGEST_NAME = 15;

  static final List<ResourceAttributes.Attribute> ATTRIBUTES =
      List.of(
          new ResourceAttributes.Attribute(CGROUP, false, "Its control groups."),
          new ResourceAttributes.Attribute(COMMAND, true, "Its first argument."),
          new ResourceAttributes.Attribute(COMMAND_LINE, true, "All of its arguments."),
          new ResourceAttributes.Attribute(NAME, true, "The name of its program."),
          new ResourceAttributes.Attribute(PATH, true, "The path of its program."),
          new ResourceAttributes.Attribute(OWNER, true, "The user that it runs as."),
          new ResourceAttributes.Attribute(PARENT, true, "The process that started it."),
          new ResourceAttributes.Attribute(PID, true, "Its number."));

  private final ResourceAttributes settings;
  private final ProcessScraper.Muted muted;
  private Map<Long, String> users = Map.of();

  ProcessResource(ResourceAttributes settings, ProcessScraper.Muted muted) {
    this.settings = settings;
    this.muted = muted;
  }

  /** Starts a scrape of all processes. */
  void begin(HostScrape s) {
    try {
      users = settings.has(OWNER) ? s.host().users() : Map.of();
    } catch (IOException e) {
      s.failed(0, e.getMessage());
    }
  }

  /**
   * Returns the name of its program, complete if its arguments contain it; null if it has ended.
   */
  @Nullable String name(HostScrape s, HostProcess p) {
    String name = p.name();
    if (name.length() < LONGEST_NAME) {
      return name;
    }
    try {
      List<String> arguments = p.arguments();
      if (arguments != null && !arguments.isEmpty()) {
        String first = arguments.getFirst();
        String base = first.substring(first.lastIndexOf('/') + 1);
        return base.startsWith(name) ? base : name;
      }
      return arguments == null ? null : name;
    } catch (IOException e) {
      if (!muted.all() && !muted.name()) {
        s.failed(1, "error reading process name for pid " + p.pid() + ": " + e.getMessage());
      }
      return name;
    }
  }

  /** Returns the resource of a process; null if it has ended or is excluded. */
  @Nullable Resource of(HostScrape s, HostProcess p, String name) {
    Map<String, Object> all = new LinkedHashMap<>();
    settings.put(all, PID, (long) p.pid());
    settings.put(all, PARENT, (long) p.parent());
    settings.put(all, NAME, name);
    List<String> arguments = null;
    try {
      arguments = p.arguments();
      if (arguments == null) {
        return null;
      }
      settings.put(all, COMMAND, arguments.isEmpty() ? "" : arguments.getFirst());
      settings.put(all, COMMAND_LINE, String.join(" ", arguments));
    } catch (IOException e) {
      failed(s, muted.all(), 0, "command", p, name, e);
    }
    boolean kernel = arguments != null && arguments.isEmpty();
    try {
      // Kernel threads have no executable, which is not an error.
      String path = kernel || !settings.has(PATH) ? "" : p.executable();
      settings.put(all, PATH, path == null ? "" : path);
    } catch (IOException e) {
      settings.put(all, PATH, "");
      failed(s, muted.all() || muted.exe(), 1, "process executable", p, name, e);
    }
    try {
      if (settings.has(OWNER)) {
        HostProcess.Status status = p.status();
        if (status == null) {
          return null;
        }
        String user = users.get(status.user());
        if (user != null) {
          settings.put(all, OWNER, user);
        } else {
          failed(
              s,
              muted.all() || muted.user(),
              0,
              "username",
              p,
              name,
              new IOException("no user has the UID " + status.user()));
        }
      }
    } catch (IOException e) {
      failed(s, muted.all() || muted.user(), 0, "username", p, name, e);
    }
    try {
      if (settings.has(CGROUP)) {
        String groups = p.controlGroups();
        settings.put(all, CGROUP, groups == null ? "" : groups);
      }
    } catch (IOException e) {
      failed(s, muted.all() || muted.cgroup(), 0, "process cgroup", p, name, e);
    }
    return settings.resource(all);
  }

  private static void failed(
      HostScrape s,
      boolean quiet,
      int points,
      String what,
      HostProcess p,
      String name,
      IOException e) {
    if (!quiet) {
      s.failed(points, what, p, name, e);
    }
  }
}
