package dev.tethys.web.client;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.function.Consumer;

/** The two directions of an open connection, and what ends it. */
record Wire(InputStream in, OutputStream out, Closeable socket) {

  /** Opens a connection. */
  @FunctionalInterface
  interface Dialer {
    /**
     * @param opened told of the socket before it is connected, so that it can be closed when the
     *     time is up
     */
    Wire dial(Consumer<Closeable> opened) throws IOException;
  }

  static Dialer unix(Path path) {
    return opened -> {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      opened.accept(channel);
      channel.connect(UnixDomainSocketAddress.of(path));
      return new Wire(Channels.newInputStream(channel), Channels.newOutputStream(channel), channel);
    };
  }

  static Wire of(Socket socket) throws IOException {
    return new Wire(socket.getInputStream(), socket.getOutputStream(), socket);
  }
}
