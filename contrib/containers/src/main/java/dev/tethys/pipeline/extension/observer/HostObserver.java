package dev.tethys.pipeline.extension.observer;

import dev.tethys.collect.host.HostProcess;
import dev.tethys.collect.host.HostReadings;
import dev.tethys.collect.host.HostReadings.Listener;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.receiver.endpoint.Endpoint;
import dev.tethys.pipeline.receiver.endpoint.EndpointKind;
import dev.tethys.pipeline.receiver.endpoint.EndpointObserver;
import dev.tethys.pipeline.receiver.endpoint.KnownEndpoints;
import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.Inet4Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Scans the listening sockets of this machine and their processes at intervals. */
final class HostObserver implements Extension, EndpointObserver {
  private static final System.Logger LOG = JulLogger.of(HostObserver.class.getName());

  /** Maximum length of process names in the kernel. */
  private static final int CUT = 15;

  /** Owner shared by all endpoints. */
  private static final String MACHINE = "";

  private final Duration interval;
  private final HostReadings host;
  private final String name;
  private final String id;
  private final ResourceWatch.Pause pause;
  private final KnownEndpoints known = new KnownEndpoints();
  private final FailureLog failures = new FailureLog(); // of the thread
  private @Nullable Thread thread;

  /**
   * @param id prefix of endpoint IDs
   */
  HostObserver(
      Duration interval, HostReadings host, String name, String id, ResourceWatch.Pause pause) {
    this.interval = interval;
    this.host = host;
    this.name = name;
    this.id = id;
    this.pause = pause;
  }

  @Override
  public void start() {
    thread =
        Thread.ofPlatform() // files of the kernel hold up the thread that reads them
            .daemon()
            .name(name)
            .start(
                SupervisedLoop.of(
                    "observer",
                    () -> {
                      try {
                        while (true) {
                          scanEndpoints();
                          pause.pause(interval);
                        }
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt(); // it is stopped
                      }
                    }));
  }

  private void scanEndpoints() {
    try {
      known.set(MACHINE, endpoints());
      failures.succeeded();
    } catch (IOException | RuntimeException e) {
      String why = String.valueOf(e.getMessage());
      if (failures.isNew(why)) {
        LOG.log(
            Level.WARNING,
            "{0}: listening ports not read, keeping the previous ones: {1}",
            name,
            why);
      }
    }
  }

  /** Process with a socket. */
  private record Owner(int pid, String name, String command) {}

  private List<Endpoint> endpoints() throws IOException {
    List<Listener> listeners = host.listeners();
    Map<Long, Owner> owners = owners(listeners);
    List<Endpoint> out = new ArrayList<>();
    for (Listener l : listeners) {
      out.add(endpoint(l, owners.get(l.inode())));
    }
    return out;
  }

  /** Owners of sockets, as far as visible to this process; the first of several. */
  private Map<Long, Owner> owners(List<Listener> listeners) throws IOException {
    Set<Long> sought = new HashSet<>();
    listeners.forEach(l -> sought.add(l.inode()));
    Map<Long, Owner> out = new HashMap<>();
    for (int pid : host.processes()) {
      if (sought.isEmpty()) {
        break;
      }
      HostProcess p;
      Set<Long> its;
      try {
        p = host.process(pid);
        its = p == null ? null : p.sockets();
      } catch (IOException e) {
        continue; // it hides them, or with hidepid itself
      }
      if (p == null || its == null) {
        continue;
      }
      its.retainAll(sought);
      if (!its.isEmpty()) {
        Owner o = owner(p);
        its.forEach(i -> out.put(i, o));
        sought.removeAll(its);
      }
    }
    return out;
  }

  private static Owner owner(HostProcess p) {
    List<String> arguments = List.of();
    try {
      List<String> parts = p.arguments();
      arguments = parts == null ? arguments : parts;
    } catch (IOException e) {
      // only the name is known then
    }
    String name = p.name();
    if (name.length() >= CUT && !arguments.isEmpty()) {
      String program = arguments.getFirst().replaceFirst(".*/", "");
      name = program.startsWith(name) ? program : name;
    }
    return new Owner(p.pid(), name, String.join(" ", arguments));
  }

  private Endpoint endpoint(Listener l, @Nullable Owner owner) {
    // Who waits at every address waits at that of the machine itself, too.
    String ip =
        !l.address().isAnyLocalAddress()
            ? l.address().getHostAddress().replaceFirst("%.*", "")
            : l.address() instanceof Inet4Address ? "127.0.0.1" : "::1";
    String transport = l.udp() ? "UDP" : "TCP";
    Attributes own = new Attributes();
    own.put("process_name", owner == null ? "" : owner.name);
    own.put("command", owner == null ? "" : owner.command);
    own.put("is_ipv6", l.v6());
    own.put("port", (long) l.port());
    own.put("transport", transport);
    own.put("host", ip);
    return Endpoint.of(
        "("
            + id
            + ")"
            + (ip.indexOf(':') >= 0 ? "[" + ip + "]" : ip)
            + "-"
            + l.port()
            + "-"
            + transport
            + (owner == null ? "" : "-" + owner.pid),
        Endpoint.address(ip, l.port()),
        EndpointKind.HOST_PORT,
        own);
  }

  @Override
  public void follow(Follower follower) {
    known.follow(follower);
  }

  @Override
  public void leave(Follower follower) {
    known.leave(follower);
  }

  @Override
  public void stop(Duration timeLimit) {
    if (thread != null) {
      thread.interrupt();
    }
  }
}
