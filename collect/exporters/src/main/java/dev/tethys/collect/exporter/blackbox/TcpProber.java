package dev.tethys.collect.exporter.blackbox;

import dev.tethys.web.client.UnixSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Connects over TCP or a Unix socket and holds a dialogue. */
final class TcpProber {
  private TcpProber() {}

  static boolean tcp(String target, Module module, Look look) throws IOException {
    TcpModule m = module.tcp();
    Look.HostPort at = Look.HostPort.of(target);
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
        socket.connect(new InetSocketAddress(address, at.port()), look.millisLeft());
        s = m.tls() ? look.secure(m.config(), socket, at.host(), at.port()) : socket;
      } catch (SocketTimeoutException e) {
        return look.fails("Error dialing TCP", "err", "i/o timeout");
      } catch (IOException e) {
        return look.fails("Error dialing TCP", "err", e.getMessage());
      }
      return talk(socket, s, m, at.host(), look);
    }
  }

  private static boolean talk(Socket socket, Socket s, TcpModule m, String host, Look look)
      throws IOException {
    look.debug("Successfully dialed");
    Dialogue.Connection c = new Dialogue.Connection(s.getInputStream(), s.getOutputStream(), s);
    try {
      return look.inTime(socket, () -> new Dialogue(c, m.config(), host, look).run(m.dialogue()));
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

  static boolean unix(String target, Module module, Look look) throws IOException {
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
