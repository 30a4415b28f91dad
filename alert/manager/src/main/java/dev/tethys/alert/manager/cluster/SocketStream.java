package dev.tethys.alert.manager.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * Stream over a socket.
 *
 * @param in unread input of the socket
 */
record SocketStream(Socket socket, InputStream in) implements Transport.Stream {
  /** Creates a stream without buffered data. */
  static SocketStream of(Socket socket) throws IOException {
    return new SocketStream(socket, socket.getInputStream());
  }

  @Override
  public OutputStream out() throws IOException {
    return socket.getOutputStream();
  }

  @Override
  public InetSocketAddress remote() {
    return (InetSocketAddress) socket.getRemoteSocketAddress();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
