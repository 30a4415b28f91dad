package dev.tethys.pipeline.receiver.host;

import com.google.re2j.Pattern;
import dev.tethys.collect.host.HostProcess;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.Resource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The attributes by which processes are told apart. */
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

  /** Which attributes there are, and which processes come by their values. */
  record Settings(
      Set<String> enabled,
      Map<String, List<NameFilter.Names>> include,
      Map<String, List<NameFilter.Names>> exclude) {}

  /** The keys below {@code resource_attributes}. */
  static final class Keys {
    private record Choice(
        boolean enabled, List<NameFilter.Names> include, List<NameFilter.Names> exclude) {}

    private final Map<String, Key<Choice>> attributes = new LinkedHashMap<>();
    private final Map<String, Boolean> usual = new LinkedHashMap<>();
    private final Key<Settings> key;

    Keys(Section scraper) {
      Section all = new Section("resource_attributes", "Which attributes processes have.");
      attribute(all, CGROUP, false, "Its control groups.");
      attribute(all, COMMAND, true, "Its first argument.");
      attribute(all, COMMAND_LINE, true, "All of its arguments.");
      attribute(all, NAME, true, "The name of its program.");
      attribute(all, PATH, true, "The path of its program.");
      attribute(all, OWNER, true, "The user that it runs as.");
      attribute(all, PARENT, true, "The process that started it.");
      attribute(all, PID, true, "Its number.");
      key =
          scraper.key(
              "resource_attributes",
              all.type(this::settings),
              new Settings(
                  Set.copyOf(usual.keySet().stream().filter(usual::get).toList()),
                  Map.of(),
                  Map.of()),
              "Which attributes processes have.");
    }

    private void attribute(Section all, String name, boolean on, String doc) {
      Section s = new Section("attribute " + name, doc);
      Key<Boolean> enabled = s.key("enabled", Type.BOOL, on, "Whether there is one.");
      Key<List<NameFilter.Names>> include =
          s.key("metrics_include", VALUES, List.of(), "Only processes with such values.");
      Key<List<NameFilter.Names>> exclude =
          s.key("metrics_exclude", VALUES, List.of(), "No processes with such values.");
      usual.put(name, on);
      attributes.put(
          name,
          all.optional(
              name, s.type(o -> new Choice(o.get(enabled), o.get(include), o.get(exclude))), doc));
    }

    private Settings settings(YamlObject o) {
      List<String> enabled = new ArrayList<>();
      Map<String, List<NameFilter.Names>> include = new LinkedHashMap<>();
      Map<String, List<NameFilter.Names>> exclude = new LinkedHashMap<>();
      attributes.forEach(
          (name, k) -> {
            Choice c = o.find(k);
            boolean on = c == null ? Boolean.TRUE.equals(usual.get(name)) : c.enabled;
            if (on) {
              enabled.add(name);
            }
            if (on && c != null && !c.include.isEmpty()) {
              include.put(name, c.include);
            }
            if (on && c != null && !c.exclude.isEmpty()) {
              exclude.put(name, c.exclude);
            }
          });
      return new Settings(Set.copyOf(enabled), include, exclude);
    }

    Settings read(YamlObject o) {
      return o.get(key);
    }

    private static final Type<List<NameFilter.Names>> VALUES = values();

    private static Type<List<NameFilter.Names>> values() {
      Section s = new Section("filter", "A value, or an expression that finds something in it.");
      Key<String> strict = s.key("strict", Type.STRING, "", "The value.");
      Key<Pattern> regexp = s.optional("regexp", Type.REGEX, "An expression of RE2.");
      return Type.list(
          s.type(
              o -> {
                Pattern p = o.find(regexp);
                if ((p == null) == o.get(strict).isEmpty()) {
                  throw o.error("a filter wants either strict or regexp");
                }
                return p == null
                    ? new NameFilter.Names(Set.of(o.get(strict)), List.of())
                    : new NameFilter.Names(Set.of(), List.of(p));
              }));
    }
  }

  private final Settings settings;
  private final ProcessScraper.Muted muted;
  private Map<Long, String> users = Map.of();

  ProcessResource(Settings settings, ProcessScraper.Muted muted) {
    this.settings = settings;
    this.muted = muted;
  }

  /** Begins a look at all processes. */
  void begin(Scrape s) {
    try {
      users = settings.enabled().contains(OWNER) ? s.host().users() : Map.of();
    } catch (IOException e) {
      s.failed(0, e.getMessage());
    }
  }

  /** The name of its program, whole where its arguments tell it; null when it has ended. */
  @Nullable String name(Scrape s, HostProcess p) {
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

  /** Its attributes; null when it has ended, or is not wanted. */
  @Nullable Resource of(Scrape s, HostProcess p, String name) {
    Map<String, Object> all = new LinkedHashMap<>();
    put(all, PID, (long) p.pid());
    put(all, PARENT, (long) p.parent());
    put(all, NAME, name);
    List<String> arguments = null;
    try {
      arguments = p.arguments();
      if (arguments == null) {
        return null;
      }
      put(all, COMMAND, arguments.isEmpty() ? "" : arguments.getFirst());
      put(all, COMMAND_LINE, String.join(" ", arguments));
    } catch (IOException e) {
      failed(s, muted.all(), 0, "command", p, name, e);
    }
    boolean kernel = arguments != null && arguments.isEmpty();
    try {
      // Threads of the kernel have no program, which is no error.
      String path = kernel || !settings.enabled().contains(PATH) ? "" : p.executable();
      put(all, PATH, path == null ? "" : path);
    } catch (IOException e) {
      put(all, PATH, "");
      failed(s, muted.all() || muted.exe(), 1, "process executable", p, name, e);
    }
    try {
      if (settings.enabled().contains(OWNER)) {
        HostProcess.Status status = p.status();
        if (status == null) {
          return null;
        }
        String user = users.get(status.user());
        if (user != null) {
          put(all, OWNER, user);
        } else {
          failed(
              s,
              muted.all() || muted.user(),
              0,
              "username",
              p,
              name,
              new IOException("no user has the number " + status.user()));
        }
      }
    } catch (IOException e) {
      failed(s, muted.all() || muted.user(), 0, "username", p, name, e);
    }
    try {
      if (settings.enabled().contains(CGROUP)) {
        String groups = p.controlGroups();
        put(all, CGROUP, groups == null ? "" : groups);
      }
    } catch (IOException e) {
      failed(s, muted.all() || muted.cgroup(), 0, "process cgroup", p, name, e);
    }
    return wanted(all) ? resource(all) : null;
  }

  private void put(Map<String, Object> to, String attribute, Object value) {
    if (settings.enabled().contains(attribute)) {
      to.put(attribute, value);
    }
  }

  private static void failed(
      Scrape s, boolean quiet, int points, String what, HostProcess p, String name, IOException e) {
    if (!quiet) {
      s.failed(points, what, p, name, e);
    }
  }

  private boolean wanted(Map<String, Object> all) {
    for (Map.Entry<String, List<NameFilter.Names>> e : settings.include().entrySet()) {
      Object v = all.get(e.getKey());
      if (v != null && e.getValue().stream().noneMatch(f -> f.match(v.toString()))) {
        return false;
      }
    }
    for (Map.Entry<String, List<NameFilter.Names>> e : settings.exclude().entrySet()) {
      Object v = all.get(e.getKey());
      if (v != null && e.getValue().stream().anyMatch(f -> f.match(v.toString()))) {
        return false;
      }
    }
    return true;
  }

  private static Resource resource(Map<String, Object> all) {
    Resource r = new Resource();
    all.forEach(r.attributes()::add);
    return r;
  }
}
