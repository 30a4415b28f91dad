package dev.tethys.demo;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Server on a port of loopback with a virtual thread for each connection. */
public final class LoopbackServer implements AutoCloseable {
  private static final int MAX_CONNECTIONS = 200;

  /** Protocol handler for a connection. Returns or throws at its end. */
  @FunctionalInterface
  public interface Protocol {
    void serve(DataInputStream in, DataOutputStream out) throws IOException;
  }

  private final ServerSocket listening;
  private final String name;
  private final Protocol protocol;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /**
   * @param name name prefix of the server's threads
   * @param address host and port, 0 for any free one
   */
  public LoopbackServer(String name, String address, Protocol protocol) throws IOException {
    this.name = name;
    this.protocol = protocol;
    listening = new ServerSocket();
    listening.setReuseAddress(true);
    int colon = address.lastIndexOf(':');
    try {
      listening.bind(
          new InetSocketAddress(
              address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))));
    } catch (IOException e) {
      listening.close();
      throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
    Thread.ofVirtual().name(name).start(this::accept);
  }

  public int port() {
    return listening.getLocalPort();
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket s = listening.accept();
        if (open.size() >= MAX_CONNECTIONS) {
          s.close();
          continue;
        }
        open.add(s);
        Thread.ofVirtual().name(name + "-connection").start(() -> serve(s));
      } catch (IOException e) {
        if (!listening.isClosed()) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void serve(Socket s) {
    try (s) {
      s.setTcpNoDelay(true);
      protocol.serve(
          new DataInputStream(new BufferedInputStream(s.getInputStream())),
          new DataOutputStream(new BufferedOutputStream(s.getOutputStream())));
    } catch (IOException e) {
      // the client has disconnected
    } finally {
      open.remove(s);
    }
  }

  /** Ends all connections. */
  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket s : open) {
      s.close();
    }
  }
}
