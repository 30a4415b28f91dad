package dev.tethys.collect.exporter.blackbox;

import dev.tethys.collect.exporter.FamilyBuilder;
import dev.tethys.config.Redaction;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.DeadlineTimer;
import dev.tethys.model.GoQuote;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.client.NameLookup;
import dev.tethys.web.client.TlsSockets;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One probe of a target: results so far, log, and deadline. Not thread-safe. */
final class ProbeAttempt {
  private static final System.Logger LOG = JulLogger.of(ProbeAttempt.class.getName());

  /** Maximum length of a probe log in characters. */
  private static final int MAX_LOG = 64 << 10;

  private static final int FNV_START = 0x811c9dc5;
  private static final int FNV_PRIME = 0x01000193;

  final FamilyBuilder found = new FamilyBuilder();

  /** By {@link System#nanoTime}. */
  final long deadline;

  private final String module;
  private final String target;
  private final String shown;
  private final Level level;
  private final StringBuilder log = new StringBuilder();

  ProbeAttempt(String module, String target, Duration timeout, Level level) {
    this.module = module;
    this.target = target;
    this.shown = withoutPassword(target);
    this.level = level;
    this.deadline = System.nanoTime() + timeout.toNanos();
  }

  /** Returns a target as shown to users. */
  static String withoutPassword(String target) {
    return Redaction.text(target);
  }

  /** Milliseconds that are left, at least one. */
  int millisLeft() {
    return (int) Math.clamp((deadline - System.nanoTime()) / 1_000_000, 1, Integer.MAX_VALUE);
  }

  /** Logs a line; pairs of names and values follow the message. */
  void log(Level at, String message, @Nullable Object... pairs) {
    if (at.getSeverity() < level.getSeverity()) {
      return;
    }
    StringBuilder line = new StringBuilder();
    for (int i = 0; i + 1 < pairs.length; i += 2) {
      String v = String.valueOf(pairs[i + 1]).replace(target, shown);
      line.append(' ').append(pairs[i]).append('=').append(value(v));
    }
    LOG.log(at, message + " module=" + module + " target=" + value(shown) + line);
    if (log.length() < MAX_LOG) {
      log.append("time=").append(Instant.now()).append(" level=");
      log.append(at == Level.WARNING ? "WARN" : at.name());
      log.append(" msg=").append(GoQuote.quote(message));
      log.append(" module=").append(module).append(" target=").append(value(shown));
      log.append(line).append('\n');
    }
  }

  private static String value(String v) {
    boolean plain = !v.isEmpty() && v.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '"');
    return plain ? v : GoQuote.quote(v);
  }

  void debug(String message, @Nullable Object... pairs) {
    log(Level.DEBUG, message, pairs);
  }

  /** Action over a connection. */
  @FunctionalInterface
  interface ConnectionAction<T> {
    T run() throws IOException;
  }

  /**
   * Runs work over a connection, which is closed at the probe's deadline: a timeout for each read
   * only would let a server that sends a byte occasionally keep it forever.
   *
   * @param connection the socket below TLS: closing the TLS socket would wait for a writer
   * @throws IOException with a timeout message after the deadline
   */
  <T> T inTime(Socket connection, ConnectionAction<T> work) throws IOException {
    return inTime(connection, work, "i/o timeout");
  }

  private <T> T inTime(Socket connection, ConnectionAction<T> work, String late)
      throws IOException {
    DeadlineTimer alarm = DeadlineTimer.closing(connection, deadline);
    try (alarm) {
      return work.run();
    } catch (IOException e) {
      throw alarm.hasRung() ? new IOException(late, e) : e;
    }
  }

  /** Switches to TLS; a late handshake is reported with the original exporter's message. */
  Socket secure(TlsConfig tls, Socket socket, String host, int port, String... protocols)
      throws IOException {
    return inTime(
        socket,
        () -> TlsSockets.secure(tls, socket, host, port, protocols),
        "context deadline exceeded");
  }

  /** Logs the reason of a failure; returns false for the caller to return. */
  boolean fails(String message, @Nullable Object... pairs) {
    log(Level.ERROR, message, pairs);
    return false;
  }

  /** Returns the log of the attempt, one message per line. */
  String logged() {
    return log.toString();
  }

  static double seconds(long nanos) {
    return nanos / 1e9;
  }

  /** An address, and the duration of its lookup in seconds. */
  record ResolvedAddress(@Nullable InetAddress address, double seconds) {}

  /**
   * Resolves a name and chooses an address of the preferred family; returns no address, and logs
   * that, if there is none.
   */
  ResolvedAddress address(String host, IpPreference ip) {
    String name =
        host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    found.gauge("probe_ip_protocol", "Specifies whether probe ip protocol is IP4 or IP6", 0);
    found.gauge(
        "probe_ip_addr_hash",
        "Specifies the hash of IP address. It's useful to detect if the IP address changes.",
        0);
    long started = System.nanoTime();
    InetAddress chosen = null;
    String reason = "no such host";
    debug("Resolving target address", "target", name, "ip_protocol", ip.four() ? "ip4" : "ip6");
    try {
      for (InetAddress a : NameLookup.all(name, deadline)) {
        boolean wanted = a instanceof Inet4Address == ip.four();
        if (wanted || ip.fallback() && chosen == null) {
          chosen = a;
        }
        if (wanted) {
          break;
        }
      }
      reason = "unable to find ip; no fallback";
    } catch (UnknownHostException e) {
      // reported below
    } catch (IOException e) {
      reason = String.valueOf(e.getMessage());
    }
    double seconds = seconds(System.nanoTime() - started);
    found.gauge(
        "probe_dns_lookup_time_seconds",
        "Returns the time taken for probe dns lookup in seconds",
        seconds);
    if (chosen == null || name.isEmpty()) {
      log(Level.ERROR, "Error resolving address", "target", name, "err", reason);
      return new ResolvedAddress(null, seconds);
    }
    debug("Resolved target address", "target", name, "ip", chosen.getHostAddress());
    found.gauge("probe_ip_protocol", "", chosen instanceof Inet4Address ? 4 : 6);
    found.gauge("probe_ip_addr_hash", "", hash(chosen.getAddress()));
    return new ResolvedAddress(chosen, seconds);
  }

  /** Computes the 32-bit FNV-1a hash. */
  static double hash(byte[] bytes) {
    int h = FNV_START;
    for (byte b : bytes) {
      h = (h ^ b & 0xff) * FNV_PRIME;
    }
    return h & 0xffffffffL;
  }

  /** Address as written by users, with brackets if it has colons. */
  static String shown(InetAddress a, int port) {
    String s = a.getHostAddress();
    return (s.indexOf(':') >= 0 ? "[" + s + "]" : s) + ":" + port;
  }

  /** A host and a port that were written with a colon between. */
  record HostPort(String host, int port) {
    /** Splits off the port; returns null if it is missing or invalid. */
    static @Nullable HostPort of(String s) {
      HostAndPort w = HostAndPort.of(s);
      if (w == null) {
        return null;
      }
      try {
        int port = Integer.parseInt(w.port);
        return port < 0 || port > 65_535 ? null : new HostPort(w.host, port);
      } catch (NumberFormatException e) {
        return null;
      }
    }
  }

  /** A host and the configured port, which may be a service name. */
  record HostAndPort(String host, String port) {
    /** Splits at the colon; returns null if there is none between two parts. */
    static @Nullable HostAndPort of(String s) {
      int colon = s.lastIndexOf(':');
      if (colon < 0 || s.indexOf(']') > colon) {
        return null;
      }
      String host = s.substring(0, colon);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      } else if (host.indexOf(':') >= 0) {
        return null;
      }
      return new HostAndPort(host, s.substring(colon + 1));
    }
  }
}
