package dev.tethys.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.TestCertificates;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A handler learns that its client has gone, over real sockets; one that stays is left alone. */
@Tag("slow")
class ClientGoneTest {
  private static final int PATIENCE_SECONDS = 20;
  private static final int RST_STREAM = 3;

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch gone = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  @TempDir Path dir;
  private @Nullable HttpListener listener;

  private HttpListener start(@Nullable Path webConfig) throws IOException {
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0")
                .withStopGrace(Duration.ofMillis(200))
                .withWebConfigFile(webConfig),
            new Routes()
                .get("/", (q, r) -> r.send("short"))
                .get("/wait", this::await)
                .get("/ask", this::ask)
                .get("/endless", this::endless)
                .post("/wait", this::await),
            null);
    return listener;
  }

  private void await(HttpRequest q, HttpResponse r) throws Exception {
    q.params();
    try (HttpRequest.Watch w = q.whenClientGone(gone::countDown)) {
      begun.countDown();
      while (gone.getCount() > 0 && goOn.getCount() > 0) {
        gone.await(5, TimeUnit.MILLISECONDS);
      }
    }
    r.send(gone.getCount() == 0 ? "gone" : "long");
  }

  private void ask(HttpRequest q, HttpResponse r) throws Exception {
    begun.countDown();
    while (!q.isClientGone() && goOn.getCount() > 0) {
      goOn.await(5, TimeUnit.MILLISECONDS);
    }
    if (q.isClientGone()) {
      gone.countDown();
    }
    r.send(gone.getCount() == 0 ? "gone" : "long");
  }

  /** Writes until the client has gone, and wraps the exception. */
  private void endless(HttpRequest q, HttpResponse r) {
    try (OutputStream out = r.uncompressed().stream()) {
      byte[] chunk = new byte[64 << 10];
      while (goOn.getCount() > 0) {
        out.write(chunk);
        begun.countDown();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      gone.countDown();
    }
  }

  @Test
  void clientDisconnectDuringItsResponseIsNotAnError() throws Exception {
    List<LogRecord> errors = Collections.synchronizedList(new ArrayList<>());
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord r) {
            if (r.getLevel() == Level.SEVERE) {
              errors.add(r);
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("dev.tethys.web");
    logger.addHandler(handler);
    try {
      HttpListener l = start(null);
      try (Socket s = new Socket("127.0.0.1", l.port())) {
        send(s, "GET /endless HTTP/1.1\r\nHost: x\r\n\r\n");
        begun();
      }
      noticed();
      l.close(); // what was to be said has been said
      assertThat(errors).isEmpty();
    } finally {
      logger.removeHandler(handler);
    }
  }

  @AfterEach
  void stop() {
    goOn.countDown();
    if (listener != null) {
      listener.close();
    }
  }

  private static void send(Socket s, String text) throws IOException {
    s.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  private static String read(Socket s, String until) throws IOException {
    s.setSoTimeout(PATIENCE_SECONDS * 1000);
    StringBuilder sb = new StringBuilder();
    while (sb.indexOf(until) < 0) {
      int b = s.getInputStream().read();
      if (b < 0) {
        break;
      }
      sb.append((char) b);
    }
    return sb.toString();
  }

  private void noticed() throws InterruptedException {
    assertThat(gone.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  private void begun() throws InterruptedException {
    assertThat(begun.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/wait", "/ask"})
  void aClosedConnectionIsNoticed(String path) throws Exception {
    HttpListener l = start(null);
    try (Socket s = new Socket("127.0.0.1", l.port())) {
      send(s, "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
      begun();
    }
    noticed();
  }

  @Test
  void detectsAClosedConnectionAfterABody() throws Exception {
    HttpListener l = start(null);
    try (Socket s = new Socket("127.0.0.1", l.port())) {
      send(
          s,
          "POST /wait HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
              + "Content-Length: 3\r\n\r\na=b");
      begun();
    }
    noticed();
  }

  @Test
  void detectsClosedConnectionUnderTls() throws Exception {
    new TestCertificates(dir).issue("server", "dns:localhost");
    Path web = dir.resolve("web.yml");
    Files.writeString(web, "tls_server_config: {cert_file: server.crt, key_file: server.key}\n");
    HttpListener l = start(web);
    SSLContext c = SSLContext.getInstance("TLS");
    c.init(null, new TrustManager[] {new TrustsAll()}, null);
    try (Socket s = c.getSocketFactory().createSocket("127.0.0.1", l.port())) {
      send(s, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
      begun();
    }
    noticed();
  }

  private static final class TrustsAll implements X509TrustManager {
    @Override
    public void checkClientTrusted(java.security.cert.X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(java.security.cert.X509Certificate[] chain, String authType) {}

    @Override
    public java.security.cert.X509Certificate[] getAcceptedIssuers() {
      return new java.security.cert.X509Certificate[0];
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/wait", "/ask"})
  void answersConnectedClientAndItsNextRequest(String path) throws Exception {
    HttpListener l = start(null);
    try (Socket s = new Socket("127.0.0.1", l.port())) {
      send(s, "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
      begun();
      gone.await(300, TimeUnit.MILLISECONDS); // the connection is checked meanwhile
      goOn.countDown();
      assertThat(read(s, "long")).startsWith("HTTP/1.1 200").endsWith("long");
      send(s, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(read(s, "short")).startsWith("HTTP/1.1 200").endsWith("short");
      assertThat(gone.getCount()).isOne();
    }
  }

  @Test
  void servesPipelinedRequestCompletely() throws Exception {
    HttpListener l = start(null);
    try (Socket s = new Socket("127.0.0.1", l.port())) {
      send(s, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
      begun();
      gone.await(200, TimeUnit.MILLISECONDS);
      send(s, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      gone.await(200, TimeUnit.MILLISECONDS);
      goOn.countDown();
      assertThat(read(s, "short")).contains("long").endsWith("short");
      assertThat(gone.getCount()).isOne();
    }
  }

  private static void frame(Socket s, int type, int flags, int stream, byte[] payload)
      throws IOException {
    ByteArrayOutputStream b = new ByteArrayOutputStream();
    b.write(payload.length >> 16);
    b.write(payload.length >> 8);
    b.write(payload.length);
    b.write(type);
    b.write(flags);
    b.writeBytes(new byte[] {0, 0, 0, (byte) stream});
    b.writeBytes(payload);
    OutputStream out = s.getOutputStream();
    out.write(b.toByteArray());
  }

  private static void get(Socket s, String path, int stream) throws IOException {
    ByteArrayOutputStream h = new ByteArrayOutputStream();
    h.writeBytes(new byte[] {(byte) 0x82, (byte) 0x86, 4, (byte) path.length()});
    h.writeBytes(path.getBytes(ISO_8859_1));
    h.writeBytes(new byte[] {1, 1, 'x'});
    frame(s, 1, 5, stream, h.toByteArray());
  }

  private static Socket http2(HttpListener l) throws IOException {
    Socket s = new Socket("127.0.0.1", l.port());
    s.setSoTimeout(PATIENCE_SECONDS * 1000);
    send(s, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    frame(s, 4, 0, 0, new byte[0]);
    return s;
  }

  @ParameterizedTest
  @ValueSource(strings = {"/wait", "/ask"})
  void noticesAResetRequestAndKeepsItsConnection(String path) throws Exception {
    HttpListener l = start(null);
    try (Socket s = http2(l)) {
      get(s, path, 1);
      begun();
      frame(s, RST_STREAM, 0, 1, new byte[] {0, 0, 0, 8});
      noticed();
      get(s, "/", 3);
      DataInputStream in = new DataInputStream(s.getInputStream());
      String data = "";
      while (!data.equals("short")) {
        byte[] head = in.readNBytes(9);
        assertThat(head).as("the connection goes on").hasSize(9);
        byte[] payload =
            in.readNBytes((head[0] & 0xff) << 16 | (head[1] & 0xff) << 8 | head[2] & 0xff);
        if (head[3] == 0 && head[8] == 3) {
          data += new String(payload, ISO_8859_1);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/wait", "/ask"})
  void aClosedHttp2ConnectionIsNoticed(String path) throws Exception {
    HttpListener l = start(null);
    try (Socket s = http2(l)) {
      get(s, path, 1);
      begun();
    }
    noticed();
  }
}
