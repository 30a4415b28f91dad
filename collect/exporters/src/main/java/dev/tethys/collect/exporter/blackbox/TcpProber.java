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

/** Connects over TCP or a Unix socket and holds a dialogue. */
final class TcpProber {
  private static final Path SERVICES = Path.of("/etc/services");

  private TcpProber() {}

  static boolean tcp(String target, Module module, ProbeAttempt look) throws IOException {
    TcpModule m = module.tcp();
    ProbeAttempt.HostAndPort at = ProbeAttempt.HostAndPort.of(target);
    if (at == null) {
      return look.fails("Error splitting target address and port", "target", target);
    }
    InetAddress address = look.address(at.host(), m.ip()).address();
    if (address == null) {
      return false;
    }
    try (Socket socket = new Socket()) {
      if (!m.sourceAddress().isEmpty()) {
        InetAddress source = literal(m.sourceAddress());
        if (source == null) {
          return look.fails("Error parsing source ip address", "srcIP", m.sourceAddress());
        }
        socket.bind(new InetSocketAddress(source, 0));
      }
      look.debug("Dialing TCP " + (m.tls() ? "with" : "without") + " TLS");
      Socket s;
      try {
        int port = port(at.port(), SERVICES);
        socket.connect(new InetSocketAddress(address, port), look.millisLeft());
        s = m.tls() ? look.secure(m.config(), socket, at.host(), port) : socket;
      } catch (SocketTimeoutException e) {
        return look.fails("Error dialing TCP", "err", "i/o timeout");
      } catch (IOException e) {
        return look.fails("Error dialing TCP", "err", e.getMessage());
      }
      return talk(socket, s, m, at.host(), look);
    }
  }

  /** A number, or the name of a service of this machine. */
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

  private static boolean talk(Socket socket, Socket s, TcpModule m, String host, ProbeAttempt look)
      throws IOException {
    look.debug("Successfully dialed");
    TcpDialogue.Connection c =
        new TcpDialogue.Connection(s.getInputStream(), s.getOutputStream(), s);
    try {
      return look.inTime(
          socket, () -> new TcpDialogue(c, m.config(), host, look).run(m.dialogue()));
    } catch (IOException e) {
      return look.fails("Error reading from connection", "err", e.getMessage());
    }
  }

  static @Nullable InetAddress literal(String s) {
    try {
      return InetAddress.ofLiteral(s);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  static boolean unix(String target, Module module, ProbeAttempt look) throws IOException {
    TcpModule m = module.unix();
    try (Socket socket = new UnixSocket(Path.of(target))) {
      look.debug("Dialing unix " + (m.tls() ? "with" : "without") + " TLS");
      Socket s;
      try {
        socket.connect(null);
        s = m.tls() ? look.secure(m.config(), socket, target, 0) : socket;
      } catch (IOException e) {
        return look.fails("Error dialing unix", "err", e.getMessage());
      }
      return talk(socket, s, m, target, look);
    } catch (IllegalArgumentException e) {
      return look.fails("Error dialing unix", "err", e.getMessage());
    }
  }
}
