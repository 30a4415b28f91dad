package dev.tethys.collect.exporter.blackbox;

import dev.tethys.web.client.TlsSockets;
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
      socket.connect(new InetSocketAddress(address, at.port()), look.millisLeft());
      // A read ends when the time of the look is up, at the latest: a time for each read alone
      // would let a server that sends a byte now and then keep it for ever.
      try (Alarm alarm = Alarm.closing(socket, look)) {
        Socket s = m.tls() ? TlsSockets.secure(m.config(), socket, at.host(), at.port()) : socket;
        look.debug("Successfully dialed");
        Dialogue.Connection c = new Dialogue.Connection(s.getInputStream(), s.getOutputStream(), s);
        return alarm.told(() -> new Dialogue(c, m.config(), at.host(), look).run(m.dialogue()));
      }
    } catch (SocketTimeoutException e) {
      return look.fails("Error dialing TCP", "err", "i/o timeout");
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
      socket.connect(null);
      try (Alarm alarm = Alarm.closing(socket, look)) {
        Socket s = m.tls() ? TlsSockets.secure(m.config(), socket, target, 0) : socket;
        look.debug("Successfully dialed");
        Dialogue.Connection c = new Dialogue.Connection(s.getInputStream(), s.getOutputStream(), s);
        return alarm.told(() -> new Dialogue(c, m.config(), target, look).run(m.dialogue()));
      }
    } catch (IllegalArgumentException e) {
      return look.fails("Error dialing unix", "err", e.getMessage());
    }
  }
}
