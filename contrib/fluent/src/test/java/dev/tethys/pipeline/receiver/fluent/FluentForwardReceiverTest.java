package dev.tethys.pipeline.receiver.fluent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.fluent.MsgPackReader;
import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.testkit.FullBudget;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.client.UnixSocket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.komamitsu.fluency.EventTime;
import org.komamitsu.fluency.Fluency;
import org.komamitsu.fluency.fluentd.FluencyBuilderForFluentd;

/** Fluency is an independent sender. */
@Tag("slow")
class FluentForwardReceiverTest {
  private final TestPipeline pipeline = new TestPipeline();
  private @Nullable PushReceiver receiver;

  private int start(String more) throws IOException {
    return listen("{endpoint: '127.0.0.1:0'" + more + "}").socketPort(0);
  }

  private PushReceiver listen(String yaml) throws IOException {
    FluentForwardReceiverFactory.Settings s =
        TestPipeline.read(new FluentForwardReceiverFactory().settings(), yaml);
    PushReceiver r =
        FluentForwardReceiverFactory.receiver(
            s, pipeline.of(Signal.LOGS), Scheduler.system(), "fluent", new Registry());
    receiver = r;
    r.start();
    return r;
  }

  @AfterEach
  void stop() {
    if (receiver != null) {
      receiver.stop(Duration.ZERO);
    }
  }

  private List<LogRecord> records() {
    List<LogRecord> out = new ArrayList<>();
    for (Batch b : pipeline.batches) {
      ((LogsData) b.takeTree())
          .resources()
          .forEach(g -> g.scopes().forEach(s -> out.addAll(s.items())));
    }
    return out;
  }

  private List<LogRecord> await(int count) throws InterruptedException {
    Instant end = Instant.now().plusSeconds(30);
    while (records().size() < count) {
      assertThat(Instant.now()).isBefore(end);
      Waiting.pause();
    }
    return records();
  }

  /** A message that exceeds the free memory is read when memory becomes available. */
  @Test
  void messagesWaitForMemory() throws Exception {
    int port = start("");
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.write(hex("93 a174 ce6553f100 81a36c6f67 c6 00100000"));
    message.write(new byte[1 << 20]);
    double before = waits();
    FullBudget full = new FullBudget(0);
    try (Socket s = new Socket("127.0.0.1", port)) {
      Thread sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      s.getOutputStream().write(message.toByteArray());
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
      Waiting.await("the reader to wait", () -> waits() > before);
      assertThat(records()).isEmpty();
      full.close();
      await(1);
      sender.join();
    } finally {
      full.close();
    }
  }

  private static double waits() {
    return Registry.process().gather().stream()
        .filter(f -> f.name().equals("tethys_receive_waits_total"))
        .flatMap(f -> f.metrics().stream())
        .mapToDouble(m -> ((MetricFamily.Value) m.point()).value())
        .sum();
  }

  @Test
  void receivesFromFluencyAndAcknowledges() throws Exception {
    int port = start("");
    FluencyBuilderForFluentd b = new FluencyBuilderForFluentd();
    b.setAckResponseMode(true);
    b.setSenderMaxRetryCount(2);
    try (Fluency f = b.build("127.0.0.1", port)) {
      for (int i = 0; i < 100; i++) {
        f.emit(
            "app.web",
            EventTime.fromEpoch(1_700_000_000, i),
            Map.of("message", "line " + i, "n", i));
      }
      f.flush();
      await(100);
      // Its buffers are returned when the acknowledgement has come.
      Instant end = Instant.now().plusSeconds(30);
      while (f.getBufferedDataSize() > 0) {
        assertThat(Instant.now()).isBefore(end);
        Waiting.pause();
      }
    }
    List<LogRecord> all = records();
    assertThat(all).hasSize(100);
    assertThat(all.getFirst().body()).isEqualTo("line 0");
    assertThat(all.getFirst().attributes().get("fluent.tag")).isEqualTo("app.web");
    assertThat(all.get(99).attributes().get("n")).isEqualTo(99L);
    assertThat(all.get(99).timeUnixNano()).isEqualTo(1_700_000_000_000_000_099L);
  }

  private static byte[] hex(String s) {
    return HexFormat.of().parseHex(s.replace(" ", ""));
  }

  // ["t", 1700000000, {"log": "x"}, {"chunk": "c1"}]
  private static final String MESSAGE = "94 a174 ce6553f100 81a36c6f67a178 81a56368756e6ba26331";

  @Test
  void doesNotAcknowledgeRejectedData() throws Exception {
    int port = start("");
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ZERO);
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      s.getOutputStream().write(hex(MESSAGE));
      assertThat(s.getInputStream().read()).isEqualTo(-1);
    }
    pipeline.outcome = Outcome.ACCEPTED;
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      s.getOutputStream().write(hex(MESSAGE));
      assertThat(s.getInputStream().readNBytes(8)).isEqualTo(hex("81 a361636b a26331"));
    }
  }

  @Test
  void receivesOverAUnixSocket(@TempDir Path dir) throws Exception {
    Path socket = dir.resolve("fluent.sock");
    String yaml = "{endpoint: 'unix://" + socket + "'}";
    listen(yaml);
    for (int i = 0; i < 2; i++) {
      try (Socket s = new UnixSocket(socket)) {
        s.connect(null);
        s.getOutputStream().write(hex(MESSAGE));
        assertThat(s.getInputStream().readNBytes(8)).isEqualTo(hex("81 a361636b a26331"));
      }
    }
    assertThat(records()).hasSize(2);
    assertThatThrownBy(() -> listen(yaml)).isInstanceOf(IOException.class);
    assertThat(socket).exists();
  }

  /** As left behind by a killed process. */
  @Test
  void replacesAStaleSocket(@TempDir Path dir) throws Exception {
    Path socket = dir.resolve("fluent.sock");
    try (ServerSocketChannel c = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      c.bind(UnixDomainSocketAddress.of(socket));
    }
    assertThat(socket).exists();
    PushReceiver r = listen("{endpoint: " + socket + "}");
    try (Socket s = new UnixSocket(socket)) {
      s.connect(null);
      s.getOutputStream().write(hex(MESSAGE));
      assertThat(s.getInputStream().read()).isEqualTo(0x81);
    }
    r.stop(Duration.ZERO);
    assertThat(socket).doesNotExist();
    Files.writeString(socket, "a file");
    assertThatThrownBy(() -> listen("{endpoint: " + socket + "}"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not a socket");
    assertThat(socket).content().isEqualTo("a file");
  }

  @Test
  void respondsToHeartbeats() throws Exception {
    int port = start("");
    try (DatagramSocket s = new DatagramSocket()) {
      s.setSoTimeout(1000);
      DatagramPacket answer = new DatagramPacket(new byte[8], 8);
      answer.setLength(0);
      // packets may be lost
      for (int i = 0; i < 10 && answer.getLength() != 1; i++) {
        s.send(new DatagramPacket(new byte[1], 1, InetAddress.getLoopbackAddress(), port));
        try {
          answer.setLength(8);
          s.receive(answer);
        } catch (java.net.SocketTimeoutException e) {
          answer.setLength(0);
        }
      }
      assertThat(answer.getLength()).isEqualTo(1);
    }
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      s.getOutputStream().write(hex("c0")); // nil
      s.getOutputStream().write(hex(MESSAGE));
      assertThat(s.getInputStream().read()).isEqualTo(0x81);
    }
  }

  @Test
  void authenticatesSendersByKey() throws Exception {
    int port = start(", security: {self_hostname: here, shared_key: secret, users: {joe: pass}}");
    assertThat(handshake(port, "secret", "pass")).isNull();
    assertThat(handshake(port, "wrong", "pass")).isEqualTo("shared_key mismatch");
    assertThat(handshake(port, "secret", "wrong")).isEqualTo("username/password mismatch");
    assertThat(records()).hasSize(1);
  }

  private static String digest(byte[]... parts) throws Exception {
    MessageDigest d = MessageDigest.getInstance("SHA-512");
    for (byte[] p : parts) {
      d.update(p);
    }
    return HexFormat.of().formatHex(d.digest());
  }

  private static byte[] utf8(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  /** Performs a sender's handshake; returns null if accepted, and then sends one message. */
  private static @Nullable String handshake(int port, String key, String password)
      throws Exception {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      MsgPackReader in = new MsgPackReader(s.getInputStream(), 1 << 16);
      @Nullable Object[] helo = java.util.Objects.requireNonNull(in.next());
      assertThat(helo[0]).isEqualTo("HELO");
      Attributes options = (Attributes) java.util.Objects.requireNonNull(helo[1]);
      byte[] nonce = (byte[]) java.util.Objects.requireNonNull(options.get("nonce"));
      byte[] auth = (byte[]) java.util.Objects.requireNonNull(options.get("auth"));
      byte[] salt = utf8("salt");
      OutputStream out = s.getOutputStream();
      new Handshake.Pack()
          .list(6)
          .text("PING")
          .text("there")
          .bytes(salt)
          .text(digest(salt, utf8("there"), nonce, utf8(key)))
          .text("joe")
          .text(digest(auth, utf8("joe"), utf8(password)))
          .to(out);
      @Nullable Object[] pong = java.util.Objects.requireNonNull(in.next());
      assertThat(pong[0]).isEqualTo("PONG");
      if (Boolean.FALSE.equals(pong[1])) {
        assertThat(s.getInputStream().read()).isEqualTo(-1);
        return (String) pong[2];
      }
      assertThat(pong[3]).isEqualTo("here");
      assertThat(pong[4]).isEqualTo(digest(salt, utf8("here"), nonce, utf8(key)));
      out.write(hex(MESSAGE));
      assertThat(s.getInputStream().read()).isEqualTo(0x81);
      return null;
    }
  }

  @Test
  void closesOnlyTheConnectionWithMalformedData() throws Exception {
    int port = start("");
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      s.getOutputStream().write(utf8("GET / HTTP/1.1\r\n\r\n"));
      assertThat(s.getInputStream().read()).isEqualTo(-1);
    } catch (java.net.SocketException e) {
      // closed with bytes unread
    }
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      s.getOutputStream().write(hex(MESSAGE));
      assertThat(s.getInputStream().read()).isEqualTo(0x81);
    }
  }

  @Test
  void acceptsEventsDuringTheShutdownDelay() throws Exception {
    PushReceiver r = listen("{endpoint: '127.0.0.1:0', shutdown_delay: 1h}");
    int port = r.socketPort(0);
    Thread stopping = Thread.ofVirtual().start(() -> r.stop(Duration.ZERO));
    while (stopping.getState() != Thread.State.TIMED_WAITING) {
      Waiting.pause();
    }
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      s.getOutputStream().write(hex(MESSAGE));
      assertThat(s.getInputStream().read()).isEqualTo(0x81);
    }
    stopping.interrupt(); // the process is ended
    assertThat(stopping.join(Duration.ofSeconds(20))).isTrue();
    // The kernel's end of a socket may outlive its close by a moment.
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (isOpen(port)) {
      assertThat(System.nanoTime()).isLessThan(end);
      Waiting.pause();
    }
  }

  private static boolean isOpen(int port) throws IOException {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return s.isConnected();
    } catch (ConnectException e) {
      return false;
    }
  }

  @Test
  void rejectsImpossibleSettings() {
    for (String y :
        List.of(
            "{endpoint: 'unix://x'}",
            "{endpoint: /x, tls: {cert_file: a, key_file: b}}",
            "{security: {shared_key: x}}",
            "{max_message_size_mib: 0}")) {
      assertThatThrownBy(() -> TestPipeline.read(new FluentForwardReceiverFactory().settings(), y))
          .isInstanceOf(ConfigException.class);
    }
  }
}
