package dev.tethys.pipeline.postgresql;

import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.web.client.TlsSockets;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Sockets that log in to PostgreSQL with a token, which the driver cannot do (SASL OAUTHBEARER: RFC
 * 7628; PostgreSQL 18, "SASL Authentication"). They secure the connection themselves and respond to
 * the server's authentication requests while the driver waits for the response to its first
 * message; the driver continues with the result of the login. Everything after that passes through.
 */
public final class TokenSockets extends DriverSockets {
  private static final String MECHANISM = "OAUTHBEARER";

  /** Eight bytes: their length and a number that is not a version. */
  private static final byte[] SSL_REQUEST = {0, 0, 0, 8, 4, (byte) 0xd2, 22, 47};

  private static final int AUTHENTICATION = 'R';
  private static final int SASL = 10;
  private static final int SASL_CONTINUE = 11;

  /** Messages of a server before the login are far shorter. */
  private static final int MAX_MESSAGE = 1 << 16;

  private final PostgresTokenLogin login;

  /** Called by the driver. */
  public TokenSockets(Properties info) throws IOException {
    PostgresTokenLogin l = PostgresTokenLogin.of(info);
    if (l == null) {
      throw new IOException("login of the connection was aborted");
    }
    this.login = l;
  }

  @Override
  public Socket createSocket() {
    return new Secured(login);
  }

  /** TCP options and timeouts belong to the socket; only the data passes through TLS. */
  private static final class Secured extends Socket {
    private final PostgresTokenLogin login;
    private @Nullable SSLSocket tls;
    private @Nullable InputStream in;
    private boolean closing;

    Secured(PostgresTokenLogin login) {
      this.login = login;
    }

    @Override
    public void connect(SocketAddress to, int timeout) throws IOException {
      super.connect(to, timeout);
      InetSocketAddress server = (InetSocketAddress) to;
      setTcpNoDelay(true);
      setSoTimeout(timeout);
      try {
        super.getOutputStream().write(SSL_REQUEST);
        // One byte only: further bytes would come from an unauthenticated sender.
        int answer = super.getInputStream().read();
        if (answer != 'S') {
          throw new IOException(
              answer < 0
                  ? "closed the connection when TLS was requested"
                  : "the server has no TLS, without which no token is sent");
        }
        tls = TlsSockets.secure(login.tls(), this, server.getHostString(), server.getPort());
        in = new LoggingIn(tls.getInputStream(), tls.getOutputStream(), login);
      } catch (IOException e) {
        close();
        throw e;
      }
    }

    // TLS itself takes both before it has a session.

    @Override
    public InputStream getInputStream() throws IOException {
      return in == null ? super.getInputStream() : in;
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
      return tls == null ? super.getOutputStream() : tls.getOutputStream();
    }

    @Override
    public synchronized void close() throws IOException {
      if (tls != null && !closing) {
        closing = true;
        tls.close(); // which closes this one
      }
      super.close();
    }
  }

  /** Performs the login, and then is the driver's input. */
  private static final class LoggingIn extends FilterInputStream {
    private final OutputStream out;
    private final PostgresTokenLogin login;
    private boolean begun;
    private InputStream first = InputStream.nullInputStream();

    LoggingIn(InputStream in, OutputStream out, PostgresTokenLogin login) {
      super(in);
      this.out = out;
      this.login = login;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int offset, int length) throws IOException {
      if (!begun) {
        begun = true;
        first = new ByteArrayInputStream(logIn());
      }
      int n = first.available() > 0 ? first.read(b, offset, length) : 0;
      return n > 0 ? n : super.read(b, offset, length);
    }

    @Override
    public int available() throws IOException {
      return begun ? first.available() + super.available() : 0;
    }

    /** Messages for the driver: everything not related to the token. */
    private byte[] logIn() throws IOException {
      ByteArrayOutputStream rest = new ByteArrayOutputStream();
      byte[] m = message();
      while (m.length > 0 && m[0] != AUTHENTICATION && m[0] != 'E') {
        rest.write(m); // a notice, or the protocol version
        if (rest.size() > MAX_MESSAGE) {
          throw new IOException("PostgreSQL sent too much data before it requested a login");
        }
        m = message();
      }
      if (code(m) == SASL && mechanisms(m).contains(MECHANISM)) {
        byte[] message =
            ("n,,\1auth=" + ClientAuth.BEARER + login.auth().bearerToken() + "\1\1")
                .getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream initial = new ByteArrayOutputStream();
        DataOutputStream d = new DataOutputStream(initial);
        d.writeBytes(MECHANISM);
        d.writeByte(0);
        d.writeInt(message.length);
        d.write(message);
        send(initial.toByteArray());
        m = message();
        if (code(m) == SASL_CONTINUE) {
          login.refused(Arrays.copyOfRange(m, 9, m.length));
          send(new byte[] {1}); // the server then reports the rejection
          m = message();
        }
      }
      rest.write(m);
      return rest.toByteArray();
    }

    private void send(byte[] response) throws IOException {
      ByteArrayOutputStream m = new ByteArrayOutputStream();
      DataOutputStream d = new DataOutputStream(m);
      d.writeByte('p');
      d.writeInt(response.length + 4);
      d.write(response);
      out.write(m.toByteArray());
      out.flush();
    }

    /** Reads a message with its type and length; empty if the server has closed. */
    private byte[] message() throws IOException {
      DataInputStream d = new DataInputStream(in);
      int type = d.read();
      if (type < 0) {
        return new byte[0];
      }
      int length = d.readInt();
      if (length < 4 || length > MAX_MESSAGE) {
        throw new IOException("invalid message of " + length + " bytes: not a PostgreSQL server");
      }
      byte[] m = new byte[length + 1];
      m[0] = (byte) type;
      m[1] = (byte) (length >>> 24);
      m[2] = (byte) (length >>> 16);
      m[3] = (byte) (length >>> 8);
      m[4] = (byte) length;
      d.readFully(m, 5, length - 4);
      return m;
    }

    /** Returns the code of an authentication message; -1 for any other. */
    private static int code(byte[] m) {
      return m.length < 9 || m[0] != AUTHENTICATION
          ? -1
          : (m[5] & 0xff) << 24 | (m[6] & 0xff) << 16 | (m[7] & 0xff) << 8 | (m[8] & 0xff);
    }

    private static List<String> mechanisms(byte[] m) throws EOFException {
      if (m[m.length - 1] != 0) {
        throw new EOFException("a list of mechanisms without an end");
      }
      return List.of(new String(m, 9, m.length - 9, StandardCharsets.US_ASCII).split("\0"));
    }
  }
}
