package dev.tethys.app.collector;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** HTTP proxy that tunnels every CONNECT request to one port of the loopback interface. */
final class TunnelProxy implements AutoCloseable {
  private static final int MAX_HEAD = 64 << 10;

  private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final int target;

  TunnelProxy(int target) throws IOException {
    this.target = target;
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  /** Heads of the requests, in their order. */
  List<String> requests() {
    return requests;
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        open.add(client);
        Thread.ofVirtual().start(() -> serve(client));
      }
    } catch (IOException e) {
      // closed: the test ends
    }
  }

  private void serve(Socket client) {
    try (client) {
      StringBuilder head = new StringBuilder();
      InputStream in = client.getInputStream();
      while (head.indexOf("\r\n\r\n") < 0 && head.length() < MAX_HEAD) {
        int c = in.read();
        if (c < 0) {
          return;
        }
        head.append((char) c);
      }
      requests.add(head.toString());
      if (!head.toString().startsWith("CONNECT ")) {
        client.getOutputStream().write("HTTP/1.1 405 no\r\n\r\n".getBytes(ISO_8859_1));
        return;
      }
      try (Socket server = new Socket(InetAddress.getLoopbackAddress(), target)) {
        open.add(server);
        client.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(ISO_8859_1));
        Thread.ofVirtual().start(() -> copy(server, client));
        copy(client, server);
      }
    } catch (IOException e) {
      // either end is gone
    }
  }

  private static void copy(Socket from, Socket to) {
    try (to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // either end is gone
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket s : open) {
      s.close();
    }
  }
}
