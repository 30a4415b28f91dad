package dev.tethys.app.destination;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Stands between a client and a server and does to connections what networks and servers do. */
final class FaultProxy implements AutoCloseable {
  /** What happens to connections. */
  enum Fault {
    /** Nothing. */
    NONE,
    /** They are closed at once. */
    REFUSED,
    /** They are reset after half of a request has passed. */
    RESET_HALFWAY,
    /** The request passes and the answer does not: nobody knows what became of it. */
    ANSWER_LOST,
    /** An HTTP server says 429. */
    TOO_MANY,
    /** An HTTP server says 503. */
    UNAVAILABLE,
    /** Every piece takes its time. */
    SLOW
  }

  private static final int HALF = 700;

  private final ServerSocket listening;
  private final int target;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger met = new AtomicInteger();
  private volatile Fault fault = Fault.NONE;

  FaultProxy(int target) throws IOException {
    this.target = target;
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  /** From now on; connections that there are end. */
  void set(Fault f) {
    met.set(0);
    fault = f;
    open.forEach(FaultProxy::end);
  }

  /** How many connections the fault has met. */
  int met() {
    return met.get();
  }

  private static void end(Socket s) {
    try {
      s.setSoLinger(true, 0);
      s.close();
    } catch (IOException e) {
      // it has ended
    }
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket s = listening.accept();
        open.add(s);
        Thread.ofVirtual().start(() -> serve(s));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket s) {
    Fault f = fault;
    try {
      switch (f) {
        case REFUSED -> {}
        case TOO_MANY -> answer(s, "429 Too Many Requests");
        case UNAVAILABLE -> answer(s, "503 Service Unavailable");
        case NONE, SLOW, RESET_HALFWAY, ANSWER_LOST -> pass(s, f);
      }
    } catch (IOException e) {
      // as networks do
    } finally {
      met.incrementAndGet();
      end(s);
      open.remove(s);
    }
  }

  private void pass(Socket s, Fault f) throws IOException {
    try (Socket far = new Socket(InetAddress.getLoopbackAddress(), target)) {
      open.add(far);
      Thread back =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      if (f == Fault.ANSWER_LOST) {
                        far.getInputStream().read();
                        end(s);
                      } else {
                        copy(far.getInputStream(), s.getOutputStream(), f, Long.MAX_VALUE);
                        s.close(); // in order, as the server did
                      }
                    } catch (IOException e) {
                      end(s); // as networks do
                    }
                  });
      copy(
          s.getInputStream(),
          far.getOutputStream(),
          f,
          f == Fault.RESET_HALFWAY ? HALF : Long.MAX_VALUE);
      if (f == Fault.RESET_HALFWAY) {
        end(far);
      } else {
        far.shutdownOutput();
        back.join();
      }
      open.remove(far);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void copy(InputStream in, OutputStream out, Fault f, long most)
      throws IOException {
    byte[] b = new byte[8192];
    long left = most;
    while (left > 0) {
      int n = in.read(b, 0, (int) Math.min(left, f == Fault.SLOW ? 2000 : b.length));
      if (n < 0) {
        return;
      }
      if (f == Fault.SLOW) {
        LockSupport.parkNanos(200_000); // the network's time, not the test's
      }
      out.write(b, 0, n);
      out.flush();
      left -= n;
    }
  }

  /** Reads one request and answers it. */
  private static void answer(Socket s, String status) throws IOException {
    InputStream in = s.getInputStream();
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        return;
      }
      head.write(b);
    }
    for (String line : head.toString(StandardCharsets.ISO_8859_1).split("\r\n")) {
      if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
        in.skipNBytes(Long.parseLong(line.substring(15).strip()));
      }
    }
    s.getOutputStream()
        .write(
            ("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    s.getOutputStream().flush();
    s.shutdownOutput();
    in.skip(1);
  }

  @Override
  public void close() throws IOException {
    listening.close();
    open.forEach(FaultProxy::end);
  }
}
