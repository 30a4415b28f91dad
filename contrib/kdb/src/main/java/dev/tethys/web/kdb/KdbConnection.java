package dev.tethys.web.kdb;

import dev.tethys.codec.kdb.QMessage;
import dev.tethys.codec.kdb.QValue;
import dev.tethys.web.client.TlsSockets;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** One connection, logged in. Not thread-safe. */
final class KdbConnection implements AutoCloseable {
  /** Maximum number of unsolicited updates before the process responds. */
  private static final int MAX_UPDATES = 10_000;

  private final KdbAddress address;
  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  long idleSince;

  private KdbConnection(KdbAddress address, Socket socket) throws IOException {
    this.address = address;
    this.socket = socket;
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
    this.out = socket.getOutputStream();
  }

  static KdbConnection open(KdbAddress a, long deadline) throws IOException {
    long until = Math.min(deadline, System.nanoTime() + a.connectTimeout().toNanos());
    Socket s;
    try {
      s = TlsSockets.connect(a.host(), a.port(), a.tls(), until);
    } catch (IOException e) {
      throw named(a, e);
    }
    try {
      KdbConnection c = new KdbConnection(a, s);
      c.login(until);
      return c;
    } catch (IOException e) {
      s.close();
      throw e instanceof KdbException ? e : named(a, e);
    }
  }

  private static IOException named(KdbAddress a, IOException e) {
    String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new IOException("kdb+ at " + a + ": " + reason, e);
  }

  private void login(long deadline) throws IOException {
    String password = address.password().value();
    socket.setSoTimeout(TlsSockets.left(deadline));
    out.write(QMessage.hello(address.user(), password.isEmpty() ? null : password));
    out.flush();
    int capability;
    try {
      capability = in.read();
    } catch (java.net.SocketException e) {
      capability = -1; // reset: kdb+ closes what it does not let in
    }
    if (capability < 0) {
      throw new KdbException(
          KdbException.To.LOGIN,
          "kdb+ at " + address + " refused user \"" + address.user() + "\" or its password");
    }
  }

  /**
   * Sends a message and reads the response, which may be an error.
   *
   * @throws dev.tethys.codec.CodecException if the response cannot be read
   */
  QValue ask(byte[] message, long deadline) throws IOException {
    // Sockets have no limit for writing: a peer that takes nothing would hold us forever.
    Thread guard =
        Thread.ofVirtual()
            .name("kdb-deadline")
            .start(
                () -> {
                  try {
                    TimeUnit.NANOSECONDS.sleep(deadline - System.nanoTime());
                    socket.close();
                  } catch (InterruptedException | IOException e) {
                    // answered in time, or closed already
                  }
                });
    try {
      out.write(message);
      out.flush();
      for (int i = 0; i < MAX_UPDATES; i++) {
        socket.setSoTimeout(TlsSockets.left(deadline));
        byte[] header = new byte[QMessage.HEADER];
        in.readFully(header);
        int length = QMessage.length(header, address.maxAnswer());
        byte[] m = Arrays.copyOf(header, length);
        in.readFully(m, header.length, length - header.length);
        QMessage answer = QMessage.decode(m, address.maxAnswer());
        if (answer.kind() == QMessage.Kind.RESPONSE) {
          return answer.value();
        }
      }
      throw new IOException("it sends updates but no response");
    } catch (EOFException e) {
      throw named(address, new IOException("it closed the connection before responding", e));
    } catch (IOException e) {
      boolean late = e instanceof SocketTimeoutException || System.nanoTime() >= deadline;
      throw named(address, late ? new SocketTimeoutException("timed out") : e);
    } finally {
      guard.interrupt();
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // the connection is not read again
    }
  }
}
