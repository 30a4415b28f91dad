package dev.tethys.web.internal.http2;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/** A connection as the engine gave it, but for who its peer is, and who reads and writes it. */
record ConnectionView(
    ConnectionContext context, PeerInfo remotePeer, DataReader dataReader, DataWriter dataWriter)
    implements ConnectionContext {

  static ConnectionView of(ConnectionContext context) {
    return new ConnectionView(
        context, context.remotePeer(), context.dataReader(), context.dataWriter());
  }

  /**
   * The connection read by a {@link SocketReader}, which takes over what was read already.
   *
   * @param frames sees what is read on its way to the engine
   * @param onRead run whenever something came
   */
  ConnectionView read(ClientFrames frames, Runnable onRead) {
    DataReader first = context.dataReader();
    byte[] begin = first.available() > 0 ? first.readBytes(first.available()) : new byte[0];
    HelidonSocket socket = context.serverSocket();
    frames.see(begin, 0, begin.length);
    return new ConnectionView(
        context,
        remotePeer,
        new SocketReader(
            begin,
            (into, from) -> {
              int n = read(socket, into, from);
              onRead.run();
              frames.see(into, from, n);
              return n;
            }),
        dataWriter);
  }

  private static int read(HelidonSocket socket, byte[] into, int from) {
    // A buffer of the engine is only moved on by writing: these bytes are there already.
    BufferData buffer = BufferData.create(into).reset();
    buffer.write(into, 0, from);
    return socket.read(buffer);
  }

  ConnectionView from(PeerInfo peer) {
    return new ConnectionView(context, peer, dataReader, dataWriter);
  }

  ConnectionView to(DataWriter writer) {
    return new ConnectionView(context, remotePeer, dataReader, writer);
  }

  @Override
  public PeerInfo localPeer() {
    return context.localPeer();
  }

  @Override
  public boolean isSecure() {
    return context.isSecure();
  }

  @Override
  public String socketId() {
    return context.socketId();
  }

  @Override
  public String childSocketId() {
    return context.childSocketId();
  }

  @Override
  public ListenerContext listenerContext() {
    return context.listenerContext();
  }

  @Override
  public ExecutorService executor() {
    return context.executor();
  }

  @Override
  public Router router() {
    return context.router();
  }

  @Override
  public Optional<ProxyProtocolData> proxyProtocolData() {
    return context.proxyProtocolData();
  }

  @Override
  public HelidonSocket serverSocket() {
    return context.serverSocket();
  }
}
