package dev.tethys.collect.host.device;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.bus.BusException;
import dev.tethys.collect.host.internal.bus.SystemBus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Units of systemd, over the system's bus
 * (https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.systemd1.html).
 */
final class SystemdCollector implements NodeCollector {
  private static final String SERVICE = "org.freedesktop.systemd1";
  private static final String PATH = "/org/freedesktop/systemd1";
  private static final String MANAGER = SERVICE + ".Manager";
  private static final Path PRIVATE = Path.of("/run/systemd/private");
  private static final Duration TIME_LIMIT = Duration.ofSeconds(20);
  private static final Pattern VERSION = Pattern.compile("[0-9]{3,}(\\.[0-9]+)?");

  /** The first version in which the system and timers report their state. */
  private static final int FIRST_NOTIFYING = 212;

  private static final double MICROSECONDS = 1e6;
  private static final List<String> STATES =
      List.of("active", "activating", "deactivating", "inactive", "failed");

  private static final Desc STATE =
      Desc.gauge("node_systemd_unit_state", "Systemd unit", "name", "state", "type");
  private static final Desc START =
      gauge("unit_start_time_seconds", "Start time of the unit since unix epoch in seconds.");
  private static final Desc TASKS =
      gauge("unit_tasks_current", "Current number of tasks per Systemd unit");
  private static final Desc MAX_TASKS =
      gauge("unit_tasks_max", "Maximum number of tasks per Systemd unit");
  private static final Desc RUNNING =
      Desc.gauge(
          "node_systemd_system_running",
          "Whether the system is operational (see 'systemctl is-system-running')");
  private static final Desc UNITS =
      Desc.gauge("node_systemd_units", "Summary of systemd unit states", "state");
  private static final Desc RESTARTS =
      counter("service_restart_total", "Service unit count of Restart triggers");
  private static final Desc TRIGGERED =
      gauge("timer_last_trigger_seconds", "Seconds since epoch of last trigger.");
  private static final Desc ACCEPTED =
      counter("socket_accepted_connections_total", "Total number of accepted socket connections");
  private static final Desc CONNECTIONS =
      gauge("socket_current_connections", "Current number of socket connections");
  private static final Desc REFUSED =
      gauge("socket_refused_connections_total", "Total number of refused socket connections");
  private static final Desc SYSTEMD =
      Desc.gauge("node_systemd_version", "Detected systemd version", "version");
  private static final Desc VIRTUALIZATION =
      Desc.gauge(
          "node_systemd_virtualization_info",
          "Detected virtualization technology",
          "virtualization_type");

  private static Desc gauge(String name, String help) {
    return Desc.gauge("node_systemd_" + name, help, "name");
  }

  private static Desc counter(String name, String help) {
    return Desc.counter("node_systemd_" + name, help, "name");
  }

  private final String address;
  private final boolean direct;
  private final Pattern include;
  private final Pattern exclude;
  private final boolean tasks;
  private final boolean restarts;
  private final boolean starts;

  /**
   * @param address D-Bus address, or {@code ""} for the default
   */
  SystemdCollector(NodeExporterOptions options, String address) {
    this.address = address;
    direct = options.on("collector.systemd.private");
    include = whole(options.string("collector.systemd.unit-include"));
    exclude = whole(options.string("collector.systemd.unit-exclude"));
    tasks = options.on("collector.systemd.enable-task-metrics");
    restarts = options.on("collector.systemd.enable-restarts-metrics");
    starts = options.on("collector.systemd.enable-start-time-metrics");
  }

  private static Pattern whole(String pattern) {
    return Pattern.compile("^(?:" + pattern + ")$");
  }

  private record Unit(String name, String state, String path) {
    boolean isOf(String kind) {
      return name.endsWith(kind);
    }
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    try (SystemBus bus =
        direct ? SystemBus.direct(PRIVATE, TIME_LIMIT) : SystemBus.connect(address, TIME_LIMIT)) {
      double version = version(bus, out);
      Object virtual = manager(bus, "Virtualization");
      String technology = virtual == null ? "unknown" : String.valueOf(virtual);
      out.add(VIRTUALIZATION, 1, technology.isEmpty() ? "none" : technology);
      Map<String, Integer> summary = new LinkedHashMap<>();
      STATES.forEach(s -> summary.put(s, 0));
      List<Unit> units = new ArrayList<>();
      for (List<?> u : LogindCollector.rows(bus.call(SERVICE, PATH, MANAGER, "ListUnits"))) {
        Unit unit =
            new Unit(
                String.valueOf(u.getFirst()), String.valueOf(u.get(3)), String.valueOf(u.get(6)));
        summary.merge(unit.state, 1, Integer::sum);
        if (include.matches(unit.name)
            && !exclude.matches(unit.name)
            && "loaded".equals(u.get(2))) {
          units.add(unit);
        }
      }
      summary.forEach((state, n) -> out.add(UNITS, n, state));
      for (Unit unit : units) {
        show(bus, unit, version, out);
      }
      if (version >= FIRST_NOTIFYING) {
        Object state = manager(bus, "SystemState");
        if (state == null) {
          throw new IOException("couldn't get system state");
        }
        out.add(RUNNING, state.equals("running") ? 1 : 0);
      }
    }
  }

  private static double version(SystemBus bus, Families out) throws IOException {
    Object version = manager(bus, "Version");
    String text = version == null ? "" : String.valueOf(version);
    Matcher m = VERSION.matcher(text);
    double number = m.find() ? Double.parseDouble(m.group()) : 0;
    out.add(SYSTEMD, number, number == 0 ? "" : text);
    return number;
  }

  private static @Nullable Object manager(SystemBus bus, String name) throws IOException {
    return property(bus, PATH, MANAGER, name);
  }

  /** Returns a property, or null if this version lacks it or the unit no longer exists. */
  private static @Nullable Object property(SystemBus bus, String path, String of, String name)
      throws IOException {
    try {
      return bus.property(SERVICE, path, of, name);
    } catch (BusException e) {
      return null;
    }
  }

  private static @Nullable Object of(SystemBus bus, Unit unit, String kind, String name)
      throws IOException {
    return property(bus, unit.path, SERVICE + "." + kind, name);
  }

  private void show(SystemBus bus, Unit unit, double version, Families out) throws IOException {
    boolean service = unit.isOf(".service");
    Object type = null;
    if (service || unit.isOf(".mount")) {
      type = of(bus, unit, service ? "Service" : "Mount", "Type");
    }
    for (String state : STATES) {
      out.add(
          STATE,
          state.equals(unit.state) ? 1 : 0,
          unit.name,
          state,
          type == null ? "" : String.valueOf(type));
    }
    if (service && restarts) {
      number(of(bus, unit, "Service", "NRestarts"), 1, RESTARTS, unit, out);
    }
    if (starts) {
      if (unit.state.equals("active")) {
        number(of(bus, unit, "Unit", "ActiveEnterTimestamp"), MICROSECONDS, START, unit, out);
      } else {
        out.add(START, 0, unit.name);
      }
    }
    if (service && tasks) {
      limited(of(bus, unit, "Service", "TasksCurrent"), TASKS, unit, out);
      limited(of(bus, unit, "Service", "TasksMax"), MAX_TASKS, unit, out);
    }
    if (unit.isOf(".timer") && version >= FIRST_NOTIFYING) {
      number(of(bus, unit, "Timer", "LastTriggerUSec"), MICROSECONDS, TRIGGERED, unit, out);
    }
    if (unit.isOf(".socket")) {
      number(of(bus, unit, "Socket", "NAccepted"), 1, ACCEPTED, unit, out);
      number(of(bus, unit, "Socket", "NConnections"), 1, CONNECTIONS, unit, out);
      number(of(bus, unit, "Socket", "NRefused"), 1, REFUSED, unit, out);
    }
  }

  private static void number(
      @Nullable Object value, double divisor, Desc desc, Unit unit, Families out) {
    if (value instanceof Long v) {
      out.add(desc, Numbers.unsigned(v) / divisor, unit.name);
    }
  }

  /** Adds a limit; the largest number represents none. */
  private static void limited(@Nullable Object value, Desc desc, Unit unit, Families out) {
    if (value instanceof Long v && v != -1) {
      out.add(desc, Numbers.unsigned(v), unit.name);
    }
  }
}
