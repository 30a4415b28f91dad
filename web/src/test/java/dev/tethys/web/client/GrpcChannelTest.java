package dev.tethys.web.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.Grpc;
import dev.tethys.web.GrpcException;
import dev.tethys.web.GrpcException.Status;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class GrpcChannelTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final CountDownLatch release = new CountDownLatch(1);
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    release.countDown();
    for (AutoCloseable c : open.reversed()) {
      c.close();
    }
  }

  private HttpListener server(int port) throws IOException {
    Routes routes =
        new Routes()
            .post("/test.Echo/Say", Grpc.unary(8 << 20, (m, q) -> m))
            .post(
                "/test.Echo/Who",
                Grpc.unary(100, (m, q) -> String.valueOf(q.header("x-tenant")).getBytes(UTF_8)))
            .post("/test.Echo/Zip", GrpcChannelTest::zipped)
            .post(
                "/test.Echo/Fail",
                Grpc.unary(
                    100,
                    (m, q) -> {
                      throw new GrpcException(
                          Status.UNAVAILABLE, "später: 100 %", new byte[] {1, 2, 3, 4});
                    }))
            .post(
                "/test.Echo/Wait",
                Grpc.unary(
                    100,
                    (m, q) -> {
                      release.await();
                      return m;
                    }));
    HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:" + port).withStopGrace(Duration.ZERO), routes, null);
    open.add(l);
    return l;
  }

  /** Answers as grpc-go does: in an encoding, regardless of what the client accepts. */
  private static void zipped(HttpRequest q, HttpResponse r) throws IOException {
    byte[] asked = q.bodyBytes(100);
    String encoding = new String(asked, 5, asked.length - 5, UTF_8);
    byte[] b = Compression.GZIP.compress("whole".getBytes(UTF_8), 0, 5, -1);
    r.header("Content-Type", "application/grpc").header("grpc-encoding", encoding).uncompressed();
    r.trailer("grpc-status", "0");
    try (OutputStream out = r.stream()) {
      out.write(ByteBuffer.allocate(5).put((byte) 1).putInt(b.length).array());
      out.write(b);
    }
  }

  private GrpcChannel channel(int port) {
    GrpcChannel c =
        new GrpcChannel(
            new GrpcChannel.Options(
                "127.0.0.1", port, null, null, "", true, Duration.ZERO, LONG, false, "test/1"));
    open.add(c);
    return c;
  }

  private static GrpcReply say(GrpcChannel c, byte[] m) throws Exception {
    return c.call("/test.Echo/Say", Map.of(), m, "", LONG);
  }

  /** Neither end says anything that names TLS by itself. */
  @ParameterizedTest
  @CsvSource({
    "false, may require TLS, the client does not support TLS",
    "true, may require a client certificate, client"
  })
  void bothSidesReportMissingTlsOrCertificate(
      boolean tls, String hint, String logged, @TempDir Path dir) throws Exception {
    TestCertificates certificates = new TestCertificates(dir);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    Path web = dir.resolve("web.yml");
    Files.writeString(
        web,
        "tls_server_config: {cert_file: '%s', key_file: '%s', client_ca_file: '%s',"
                .formatted(
                    certificates.certificate("server"),
                    certificates.key("server"),
                    certificates.ca())
            + " client_auth_type: RequireAndVerifyClientCert}\n");
    List<String> lines = new CopyOnWriteArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord r) {
            lines.add(MessageFormat.format(r.getMessage(), r.getParameters()));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("dev.tethys.web");
    logger.addHandler(handler);
    try {
      HttpListener l =
          HttpListener.start(
              HttpListenerOptions.on("127.0.0.1:0")
                  .withStopGrace(Duration.ZERO)
                  .withWebConfigFile(web),
              new Routes(),
              null);
      open.add(l);
      GrpcChannel c = tls ? secured(l.port()) : channel(l.port());
      assertThatThrownBy(() -> say(c, new byte[] {1})).hasMessageContaining(hint);
      while (lines.stream().noneMatch(x -> x.contains("TLS handshake failed"))) {
        Waiting.pause();
      }
      assertThat(lines).anyMatch(x -> x.contains(logged));
    } finally {
      logger.removeHandler(handler);
    }
  }

  @Test
  void messagesLargerThanAllWindowsArrive() throws Exception {
    GrpcChannel c = channel(server(0).port());
    byte[] large = new byte[3 << 20];
    new Random(1).nextBytes(large);
    GrpcReply r = say(c, large);
    assertThat(r.status()).isEqualTo(GrpcReply.OK);
    assertThat(r.body()).isEqualTo(large);
    assertThat(say(c, new byte[0]).body()).isEmpty();
  }

  @Test
  void sendsHeadersAndCompressedMessages() throws Exception {
    GrpcChannel c = channel(server(0).port());
    assertThat(
            new String(
                c.call("/test.Echo/Who", Map.of("x-tenant", "a".repeat(300)), new byte[0], "", LONG)
                    .body(),
                UTF_8))
        .isEqualTo("a".repeat(300));
    byte[] b = "zipped".getBytes(UTF_8);
    for (Map.Entry<String, Compression> e :
        Map.of(
                "gzip",
                Compression.GZIP,
                "snappy",
                Compression.SNAPPY_FRAMED,
                "zstd",
                Compression.ZSTD)
            .entrySet()) {
      byte[] packed = e.getValue().compress(b, 0, b.length, -1);
      assertThat(c.call("/test.Echo/Say", Map.of(), packed, e.getKey(), LONG).body()).isEqualTo(b);
    }
  }

  @Test
  void readsCompressedResponses() throws Exception {
    GrpcChannel c = channel(server(0).port());
    GrpcReply r = c.call("/test.Echo/Zip", Map.of(), "gzip".getBytes(UTF_8), "", LONG);
    assertThat(r.status()).as(r.message()).isEqualTo(GrpcReply.OK);
    assertThat(new String(r.body(), UTF_8)).isEqualTo("whole");
    r = c.call("/test.Echo/Zip", Map.of(), "lzma".getBytes(UTF_8), "", LONG);
    assertThat(r.status()).isEqualTo(GrpcReply.INTERNAL);
    assertThat(r.message()).contains("lzma");
    r = c.call("/test.Echo/Zip", Map.of(), "zstd".getBytes(UTF_8), "", LONG);
    assertThat(r.message()).contains("not valid zstd");
  }

  @Test
  void failuresIncludeTheServersMessage() throws Exception {
    GrpcChannel c = channel(server(0).port());
    GrpcReply r = c.call("/test.Echo/Fail", Map.of(), new byte[0], "", LONG);
    assertThat(r.status()).isEqualTo(GrpcReply.UNAVAILABLE);
    assertThat(r.statusName()).isEqualTo("UNAVAILABLE");
    assertThat(r.message()).isEqualTo("später: 100 %");
    assertThat(r.details()).containsExactly(1, 2, 3, 4);
    assertThat(c.call("/test.Echo/None", Map.of(), new byte[0], "", LONG).status())
        .isEqualTo(GrpcReply.UNIMPLEMENTED);
    assertThat(say(c, new byte[9 << 20]).status()).isEqualTo(GrpcReply.RESOURCE_EXHAUSTED);
    assertThat(say(c, "still there".getBytes(UTF_8)).status()).isEqualTo(GrpcReply.OK);
  }

  /** More than the server takes at once; new ones begin the moment that others end. */
  @RepeatedTest(30)
  void manyCallsShareTheConnection() throws Exception {
    GrpcChannel c = channel(server(0).port());
    List<Future<GrpcReply>> replies = new ArrayList<>();
    try (ExecutorService all = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 300; i++) {
        byte[] m = ("call " + i + " ").repeat(i).getBytes(UTF_8);
        replies.add(all.submit(() -> say(c, m)));
      }
    }
    for (int i = 0; i < 300; i++) {
      assertThat(replies.get(i).get().body())
          .isEqualTo(("call " + i + " ").repeat(i).getBytes(UTF_8));
    }
  }

  @Test
  void callTimesOut() throws Exception {
    GrpcChannel c = channel(server(0).port());
    assertThat(say(c, new byte[1]).status()).as("it is connected").isEqualTo(GrpcReply.OK);
    assertThatThrownBy(
            () -> c.call("/test.Echo/Wait", Map.of(), new byte[0], "", Duration.ofMillis(50)))
        .isInstanceOf(IOException.class)
        .hasMessage("context deadline exceeded");
    assertThat(say(c, new byte[1]).status()).isEqualTo(GrpcReply.OK);
  }

  @Test
  void replacesABrokenConnection() throws Exception {
    HttpListener first = server(0);
    int port = first.port();
    GrpcChannel c = channel(port);
    assertThat(say(c, new byte[1]).status()).isEqualTo(GrpcReply.OK);
    first.close();
    assertThatThrownBy(() -> say(c, new byte[1])).isInstanceOf(IOException.class);
    server(port);
    assertThat(say(c, new byte[1]).status()).isEqualTo(GrpcReply.OK);
  }

  @Test
  void reportsARefusedConnection() throws Exception {
    int free;
    try (ServerSocket s = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = s.getLocalPort();
    }
    assertThatThrownBy(() -> say(channel(free), new byte[1]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("refused");
  }

  @Test
  void garbageFromTheServerFailsTheCall() throws Exception {
    for (int seed = 0; seed < 30; seed++) {
      byte[] garbage = new byte[200];
      new Random(seed).nextBytes(garbage);
      if (seed % 2 == 0) {
        garbage[0] = 0;
        garbage[1] = 0;
        garbage[2] = 40;
        garbage[3] = (byte) (seed % 10);
      }
      try (ServerSocket s = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
        Thread answer =
            Thread.ofVirtual()
                .start(
                    () -> {
                      for (int i = 0; i < 3; i++) {
                        try (Socket a = s.accept();
                            InputStream in = a.getInputStream();
                            OutputStream out = a.getOutputStream()) {
                          in.readNBytes(24);
                          out.write(garbage);
                          out.flush();
                        } catch (IOException e) {
                          return;
                        }
                      }
                    });
        GrpcChannel c = channel(s.getLocalPort());
        assertThatThrownBy(() -> say(c, new byte[10])).isInstanceOf(IOException.class);
        s.close();
        assertThat(answer.join(Duration.ofSeconds(10))).isTrue();
      }
    }
  }

  @Test
  void rejectsAnInvalidPort() {
    assertThatThrownBy(() -> say(channel(70_000), new byte[1]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("address 70000: invalid port");
  }

  @Test
  void abandonsUnresponsiveConnection() throws Exception {
    try (ServerSocket s = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      GrpcChannel c =
          new GrpcChannel(
              new GrpcChannel.Options(
                  "127.0.0.1",
                  s.getLocalPort(),
                  null,
                  null,
                  "",
                  true,
                  Duration.ofMillis(20),
                  Duration.ofMillis(20),
                  false,
                  "test/1"));
      open.add(c);
      assertThatThrownBy(() -> say(c, new byte[1]))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("did not answer for 20 ms");
    }
    assertThat(release.await(0, TimeUnit.SECONDS)).isFalse();
  }

  private GrpcChannel secured(int port) {
    TlsConfig unverified = new TlsConfig("", "", "", "", Secret.NONE, "", "", true, null, null);
    GrpcChannel c =
        new GrpcChannel(
            new GrpcChannel.Options(
                "127.0.0.1",
                port,
                null,
                unverified,
                "",
                false,
                Duration.ZERO,
                Duration.ZERO,
                false,
                "test/1"));
    open.add(c);
    return c;
  }

  private static FutureTask<GrpcReply> begun(GrpcChannel c, Duration timeout) {
    FutureTask<GrpcReply> call =
        new FutureTask<>(() -> c.call("/test.Echo/Say", Map.of(), new byte[1], "", timeout));
    Thread.ofVirtual().start(call);
    return call;
  }

  /** Its TLS never begins. */
  @Test
  @Timeout(60)
  void connectingCallDoesNotDelayOthers() throws Exception {
    try (ServerSocket s = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      GrpcChannel c = secured(s.getLocalPort());
      FutureTask<GrpcReply> patient = begun(c, Duration.ofHours(1));
      try (Socket accepted = s.accept()) {
        assertThat(accepted.isConnected()).isTrue();
        assertThatThrownBy(begun(c, Duration.ofMillis(50))::get).hasMessageContaining("timed out");
        assertThat(patient.isDone()).isFalse();
        c.close();
        assertThatThrownBy(patient::get).hasCauseInstanceOf(IOException.class);
      }
      assertThatThrownBy(() -> say(c, new byte[1])).hasMessage("the channel is closed");
    }
  }

  @Test
  @Timeout(60)
  void callWithMoreTimeReconnects() throws Exception {
    try (ServerSocket s = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      GrpcChannel c = secured(s.getLocalPort());
      FutureTask<GrpcReply> hasty = begun(c, Duration.ofMillis(300));
      try (Socket first = s.accept()) {
        FutureTask<GrpcReply> patient = begun(c, Duration.ofHours(1));
        try (Socket second = s.accept()) {
          assertThat(second.getPort()).isNotEqualTo(first.getPort());
          assertThatThrownBy(hasty::get).hasMessageContaining("timed out");
          assertThat(patient.isDone()).isFalse();
          c.close();
          assertThatThrownBy(patient::get).hasCauseInstanceOf(IOException.class);
        }
      }
    }
  }
}
