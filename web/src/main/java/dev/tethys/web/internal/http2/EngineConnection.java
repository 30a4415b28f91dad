package dev.tethys.web.internal.http2;

import dev.tethys.web.internal.AcceptedConnection;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.Router;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.Principal;
import java.security.cert.Certificate;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/** A connection as seen by the engine. */
record EngineConnection(
    HelidonSocket serverSocket,
    PeerInfo remotePeer,
    PeerInfo localPeer,
    DataReader dataReader,
    DataWriter dataWriter,
    ListenerContext listenerContext,
    Router router,
    ExecutorService executor)
    implements ConnectionContext {

  /**
   * An accepted connection.
   *
   * @param begin bytes already read from it
   * @param frames inspects bytes on their way to the engine
   * @param whole notified of received bytes; bytes that arrive after its end are discarded
   * @param threads runs its requests
   */
  static EngineConnection of(
      AcceptedConnection c,
      byte[] begin,
      ClientFrames frames,
      LongConnection whole,
      DataWriter out,
      StreamThreads threads,
      Http2Engine engine) {
    int length = see(frames, whole, begin, 0, begin.length);
    SocketReader.Source source =
        new SocketReader.Source() {
          @Override
          public int read(byte[] into, int from) {
            int n = c.read(into, from);
            while (n > 0 && whole.isOver()) {
              n = c.read(into, from);
            }
            whole.onReceived();
            return n <= 0 ? -1 : see(frames, whole, into, from, n);
          }

          @Override
          public int withheld() {
            return frames.withheld();
          }
        };
    SocketReader in = new SocketReader(Arrays.copyOf(begin, length), source);
    return new EngineConnection(
        c.socket(),
        new Peer(c.remote()),
        new Peer(c.local()),
        in,
        out,
        engine.listener(),
        engine.router(),
        threads);
  }

  /**
   * The client receives the reason before its connection ends: the engine closes it without one.
   */
  private static int see(ClientFrames frames, LongConnection whole, byte[] b, int from, int n) {
    try {
      return frames.see(b, from, n);
    } catch (ConnectionViolation v) {
      whole.refuse(v);
      throw v;
    }
  }

  @Override
  public boolean isSecure() {
    return serverSocket.isSecure();
  }

  @Override
  public String socketId() {
    return serverSocket.socketId();
  }

  @Override
  public String childSocketId() {
    return serverSocket.childSocketId();
  }

  /**
   * Peer of a connection without its certificate, which is hidden from the engine. The engine would
   * add the certificate's name to the headers before it decodes them, and then reject each client
   * that starts with a change of its header table, as the JDK's does ("Table size update is after
   * headers"). Requests take certificates from the socket.
   */
  private record Peer(SocketAddress address) implements PeerInfo {
    @Override
    public String host() {
      return address instanceof InetSocketAddress a ? a.getAddress().getHostAddress() : "localhost";
    }

    @Override
    public int port() {
      return address instanceof InetSocketAddress a ? a.getPort() : -1;
    }

    @Override
    public Optional<Principal> tlsPrincipal() {
      return Optional.empty();
    }

    @Override
    public Optional<Certificate[]> tlsCertificates() {
      return Optional.empty();
    }
  }
}
