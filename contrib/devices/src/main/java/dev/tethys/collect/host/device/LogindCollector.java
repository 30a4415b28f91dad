package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.bus.BusException;
import dev.tethys.collect.host.internal.bus.SystemBus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sessions of logind, over the system's bus
 * (https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.login1.html).
 */
final class LogindCollector implements NodeCollector {
  private static final String SERVICE = "org.freedesktop.login1";
  private static final String PATH = "/org/freedesktop/login1";
  private static final String MANAGER = SERVICE + ".Manager";
  private static final String SESSION = SERVICE + ".Session";
  private static final Duration TIME_LIMIT = Duration.ofSeconds(20);
  private static final String OTHER = "other";
  private static final List<String> REMOTE = List.of("true", "false");
  private static final List<String> TYPES =
      List.of(OTHER, "unspecified", "tty", "x11", "wayland", "mir", "web");
  private static final List<String> CLASSES =
      List.of(OTHER, "user", "greeter", "lock-screen", "background");

  private static final Desc SESSIONS =
      Desc.gauge(
          "node_logind_sessions",
          "Number of sessions registered in logind.",
          "seat",
          "remote",
          "type",
          "class");

  private final String address;

  /**
   * @param address D-Bus address, or {@code ""} for the default
   */
  LogindCollector(String address) {
    this.address = address;
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    try (SystemBus bus = SystemBus.connect(address, TIME_LIMIT)) {
      List<String> seats = new ArrayList<>();
      for (List<?> seat : rows(bus.call(SERVICE, PATH, MANAGER, "ListSeats"))) {
        seats.add(String.valueOf(seat.getFirst()));
      }
      seats.add(""); // of sessions over the network
      Map<List<String>, Integer> sessions = new HashMap<>();
      for (List<?> s : rows(bus.call(SERVICE, PATH, MANAGER, "ListSessions"))) {
        String path = String.valueOf(s.get(4));
        try {
          String remote = String.valueOf(bus.property(SERVICE, path, SESSION, "Remote"));
          String type = known(bus.property(SERVICE, path, SESSION, "Type"), TYPES);
          String kind = known(bus.property(SERVICE, path, SESSION, "Class"), CLASSES);
          sessions.merge(List.of(String.valueOf(s.get(3)), remote, type, kind), 1, Integer::sum);
        } catch (BusException e) {
          // it has ended meanwhile
        }
      }
      for (String remote : REMOTE) {
        for (String type : TYPES) {
          for (String kind : CLASSES) {
            for (String seat : seats) {
              int n = sessions.getOrDefault(List.of(seat, remote, type, kind), 0);
              out.add(SESSIONS, n, seat, remote, type, kind);
            }
          }
        }
      }
    }
  }

  private static String known(Object value, List<String> words) {
    return value instanceof String s && words.contains(s) ? s : OTHER;
  }

  /** Returns the structures of a response that is an array of structures. */
  static List<List<?>> rows(List<Object> answer) throws IOException {
    List<List<?>> out = new ArrayList<>();
    if (answer.isEmpty() || !(answer.getFirst() instanceof List<?> all)) {
      throw new IOException("the bus sent a response that is not a list");
    }
    for (Object row : all) {
      if (!(row instanceof List<?> fields) || fields.size() < 2) {
        throw new IOException("the bus sent an entry that is not a structure");
      }
      out.add(fields);
    }
    return out;
  }
}
