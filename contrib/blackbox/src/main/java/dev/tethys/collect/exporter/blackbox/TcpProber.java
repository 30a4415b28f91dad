package dev.tethys.collect.exporter.blackbox;

import dev.tethys.web.client.UnixSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Connects over TCP or a Unix socket and runs a query-response dialogue. */
final class TcpProber {
  private static final Path SERVICES = Path.of("/etc/services");

  private TcpProber() {}

  static boolean tcp(String target, Module module, ProbeAttempt attempt) throws IOException {
    TcpModule m = module.tcp();
    ProbeAttempt.HostAndPort at = ProbeAttempt.HostAndPort.of(target);
    if (at == null) {
      return attempt.fails("Error splitting target address and port", "target", target);
    }
    InetAddress address = attempt.address(at.host(), m.ip()).address();
    if (address == null) {
      return false;
    }
    try (Socket socket = new Socket()) {
      if (!m.sourceAddress().isEmpty()) {
        InetAddress source = literal(m.sourceAddress());
        if (source == null) {
          return attempt.fails("Error parsing source ip address", "srcIP", m.sourceAddress());
        }
        socket.bind(new InetSocketAddress(source, 0));
      }
      attempt.debug("Dialing TCP " + (m.tls() ? "with" : "without") + " TLS");
      Socket s;
      try {
        int port = port(at.port(), SERVICES);
        socket.connect(new InetSocketAddress(address, port), attempt.millisLeft());
        s = m.tls() ? attempt.secure(m.config(), socket, at.host(), port) : socket;
      } catch (SocketTimeoutException e) {
        return attempt.fails("Error dialing TCP", "err", "i/o timeout");
      } catch (IOException e) {
        return attempt.fails("Error dialing TCP", "err", e.getMessage());
      }
      return runDialogue(socket, s, m, at.host(), attempt);
    }
  }

  /** Parses a port number, or resolves the name of a local service. */
  static int port(String written, Path services) throws IOException {
    if (written.isEmpty()) {
      return 0;
    }
    if (written.chars().allMatch(c -> c >= '0' && c <= '9')) {
      if (written.length() > 5 || Integer.parseInt(written) > 65_535) {
        throw new IOException("address " + written + ": invalid port");
      }
      return Integer.parseInt(written);
    }
    Pattern line =
        Pattern.compile("(?m)^[^#\\n]*?(\\d+)/tcp\\b[^#\\n]*"); // name, port/tcp, other names
    String known = Files.exists(services) ? Files.readString(services) : "";
    for (MatchResult m : line.matcher(known).results().toList()) {
      if (List.of(m.group().strip().split("\\s+")).contains(written)) {
        return Integer.parseInt(m.group(1));
      }
    }
    throw new IOException("lookup tcp/" + written + ": unknown port");
  }

  private static boolean runDialogue(
      Socket socket, Socket s, TcpModule m, String host, ProbeAttempt attempt) throws IOException {
    attempt.debug("Successfully dialed");
    TcpDialogue.Connection c =
        new TcpDialogue.Connection(s.getInputStream(), s.getOutputStream(), s);
    try {
      return attempt.inTime(
          socket, () -> new TcpDialogue(c, m.config(), host, attempt).run(m.dialogue()));
    } catch (IOException e) {
      return attempt.fails("Error reading from connection", "err", e.getMessage());
    }
  }

  static @Nullable InetAddress literal(String s) {
    try {
      return InetAddress.ofLiteral(s);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  static boolean unix(String target, Module module, ProbeAttempt attempt) throws IOException {
    TcpModule m = module.unix();
    try (Socket socket = new UnixSocket(Path.of(target))) {
      attempt.debug("Dialing unix " + (m.tls() ? "with" : "without") + " TLS");
      Socket s;
      try {
        socket.connect(null);
        s = m.tls() ? attempt.secure(m.config(), socket, target, 0) : socket;
      } catch (IOException e) {
        return attempt.fails("Error dialing unix", "err", e.getMessage());
      }
      return runDialogue(socket, s, m, target, attempt);
    } catch (IllegalArgumentException e) {
      return attempt.fails("Error dialing unix", "err", e.getMessage());
    }
  }
}
