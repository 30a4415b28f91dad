package dev.tethys.app.delivery;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * Behaves as PostgreSQL 18 with {@code oauth} in pg_hba.conf, before a real server of any version
 * that lets all users in: TLS, OAUTHBEARER and one valid token (PostgreSQL 18, "SASL
 * Authentication"; RFC 7628, section 3). Once a user is authenticated, bytes pass unchanged.
 */
final class PostgresTokenGate implements AutoCloseable {
  static final String WANTED =
      "{\"status\":\"invalid_token\",\"openid-configuration\":\"https://issuer.example/.well-known"
          + "/openid-configuration\",\"scope\":\"telemetry\"}";

  /** Initial responses of clients, in order. */
  final List<String> said = new CopyOnWriteArrayList<>();

  private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final SSLContext tls;
  private final String token;
  private final int behind;

  /**
   * Listens.
   *
   * @param tls null for a server without
   * @param behind port of the real one
   */
  PostgresTokenGate(SSLContext tls, String token, int behind) throws IOException {
    this.tls = tls;
    this.token = token;
    this.behind = behind;
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket s = listening.accept();
        Thread.ofVirtual().start(() -> serve(s));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket plain) {
    try (plain) {
      DataInputStream asks = new DataInputStream(plain.getInputStream());
      if (asks.readInt() != 8 || asks.readInt() != 80877103) {
        return;
      }
      if (tls == null) {
        plain.getOutputStream().write('N');
        asks.read();
        return;
      }
      plain.getOutputStream().write('S');
      SSLSocket s = (SSLSocket) tls.getSocketFactory().createSocket(plain, null, true);
      s.setUseClientMode(false);
      talk(new DataInputStream(s.getInputStream()), new DataOutputStream(s.getOutputStream()));
    } catch (IOException e) {
      // the client has the last word
    }
  }

  private void talk(DataInputStream in, DataOutputStream out) throws IOException {
    int length = in.readInt();
    byte[] startup = in.readNBytes(length - 4);
    send(out, 'R', 10, "OAUTHBEARER\0\0");
    String initial = response(in);
    said.add(initial);
    String data = initial.substring("OAUTHBEARER\0".length() + 4);
    if (!data.equals("n,,\1auth=Bearer " + token + "\1\1")) {
      send(out, 'R', 11, WANTED);
      if (!response(in).equals("\1")) {
        return;
      }
      byte[] error =
          "SFATAL\0VFATAL\0C28000\0MOAuth bearer authentication failed for user \"tethys\"\0\0"
              .getBytes(StandardCharsets.US_ASCII);
      out.write('E');
      out.writeInt(4 + error.length);
      out.write(error);
      out.flush();
      return;
    }
    try (Socket real = new Socket(InetAddress.getLoopbackAddress(), behind)) {
      DataOutputStream to = new DataOutputStream(real.getOutputStream());
      to.writeInt(length);
      to.write(startup);
      Thread back = Thread.ofVirtual().start(() -> pump(real, out));
      in.transferTo(to);
      back.interrupt();
    }
  }

  private static void pump(Socket from, OutputStream to) {
    try (to) {
      InputStream in = from.getInputStream();
      byte[] b = new byte[8192];
      for (int n = in.read(b); n >= 0; n = in.read(b)) {
        to.write(b, 0, n);
        to.flush();
      }
    } catch (IOException e) {
      // one of them has gone
    }
  }

  private static String response(DataInputStream in) throws IOException {
    if (in.read() != 'p') {
      throw new IOException("no response of SASL");
    }
    return new String(in.readNBytes(in.readInt() - 4), StandardCharsets.ISO_8859_1);
  }

  private static void send(DataOutputStream out, int type, int code, String text)
      throws IOException {
    out.write(type);
    out.writeInt(8 + text.length());
    out.writeInt(code);
    out.writeBytes(text);
    out.flush();
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
