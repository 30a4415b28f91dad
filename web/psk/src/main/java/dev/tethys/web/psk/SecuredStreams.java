package dev.tethys.web.psk;

import dev.tethys.web.client.PskTls.Secured;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketException;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.TlsClient;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.TlsNoCloseNotifyException;

/**
 * Byte streams in both directions through TLS. TLS itself touches no socket: this class writes its
 * output and feeds it the input. Not thread-safe.
 *
 * <p>Invariant: a read that times out has given TLS no data, so the next one continues where it
 * stopped.
 */
final class SecuredStreams {
  /** A record of TLS at its largest. */
  private static final int PIECE = 16 << 10;

  private final InputStream from;
  private final OutputStream to;
  private final TlsClientProtocol tls = new TlsClientProtocol();
  private final byte[] came = new byte[PIECE];
  private final byte[] output = new byte[PIECE + 512];
  private boolean received;

  SecuredStreams(InputStream from, OutputStream to) {
    this.from = from;
    this.to = to;
  }

  void handshake(TlsClient client) throws IOException {
    try {
      tls.connect(client);
      sendPending();
      while (tls.isHandshaking()) {
        receive();
      }
    } catch (SocketException e) {
      throw new IOException("server aborted the TLS handshake: " + e.getMessage(), e);
    }
  }

  Secured opened() {
    return new Secured(new Input(), new Output());
  }

  private void sendPending() throws IOException {
    boolean any = false;
    while (tls.getAvailableOutputBytes() > 0) {
      int n = tls.readOutput(output, 0, Math.min(output.length, tls.getAvailableOutputBytes()));
      to.write(output, 0, n);
      any = true;
    }
    if (any) {
      to.flush();
    }
  }

  /** Passes the next bytes to TLS; false at the end of the connection. */
  private boolean receive() throws IOException {
    int n = from.read(came);
    if (n < 0 && tls.isHandshaking()) {
      throw new EOFException("server closed the connection during the TLS handshake");
    }
    if (n > 0 && !received && came[0] != ContentType.handshake && came[0] != ContentType.alert) {
      throw new IOException("it does not support TLS");
    }
    received = true;
    try {
      if (n < 0) {
        tls.closeInput();
        return false;
      }
      tls.offerInput(came, 0, n);
      return true;
    } catch (TlsNoCloseNotifyException e) {
      // The reader knows from the inner protocol whether more data was expected.
      return false;
    } finally {
      sendPending(); // responses, and also an alert with the reason of the failure
    }
  }

  private final class Input extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      if (len == 0) {
        return 0;
      }
      while (tls.getAvailableInputBytes() == 0) {
        if (tls.isClosed() || !receive()) {
          return -1;
        }
      }
      return tls.readInput(b, off, Math.min(len, tls.getAvailableInputBytes()));
    }

    @Override
    public int available() {
      return tls.getAvailableInputBytes();
    }
  }

  private final class Output extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] b, int off, int len) throws IOException {
      for (int at = 0; at < len; at += PIECE) {
        tls.writeApplicationData(b, off + at, Math.min(PIECE, len - at));
        sendPending();
      }
    }

    @Override
    public void flush() throws IOException {
      to.flush();
    }
  }
}
