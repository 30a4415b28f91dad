package dev.tethys.app.delivery;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A TCP server that reads lines and says nothing: it keeps every line of a connection that has come
 * to its end or was broken off, and then closes it.
 */
final class LineIntake implements AutoCloseable {
  private final int port;

  @GuardedBy("itself")
  private final List<String> lines = new ArrayList<>();

  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile ServerSocket listening;

  LineIntake() throws IOException {
    listening = listen(0);
    port = listening.getLocalPort();
  }

  private ServerSocket listen(int at) throws IOException {
    ServerSocket s = new ServerSocket(at, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(() -> accept(s));
    return s;
  }

  private void accept(ServerSocket at) {
    while (!at.isClosed()) {
      try {
        Socket s = at.accept();
        open.add(s);
        Thread.ofVirtual().start(() -> read(s));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void read(Socket s) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      s.getInputStream().transferTo(all);
    } catch (IOException e) {
      // what came before that was read
    }
    String text = all.toString(StandardCharsets.UTF_8);
    // Of what broke off, the last line may be half of one.
    List<String> here = text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    synchronized (lines) {
      lines.addAll(here);
    }
    open.remove(s);
    try {
      s.close(); // which says that all of it is kept
    } catch (IOException e) {
      // the sender has gone
    }
  }

  int port() {
    return port;
  }

  /** The lines, in the order in which their connections ended. */
  List<String> lines() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  /** Resets its connections wherever they are, and listens again. */
  void restart() throws IOException, InterruptedException {
    listening.close();
    for (Socket s : open) {
      try {
        s.setSoLinger(true, 0);
        s.close();
      } catch (SocketException e) {
        // it has come to its end by itself meanwhile
      }
    }
    TestPipeline.await(
        "its port is free",
        ExporterContract.TIME_LIMIT,
        () -> {
          try {
            listening = listen(port);
            return true;
          } catch (IOException e) {
            return false; // a connection was accepted meanwhile
          }
        });
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket s : open) {
      s.close();
    }
  }
}
