package dev.tethys.pipeline.receiver.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.config.ConfigException;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.receiver.RsyslogProcess;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.testkit.TestCertificates;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class SocketLogReceiverTest {
  private final LogSink sink = new LogSink();
  private final LogContext context = new LogContext("logs", Path.of("/"));
  private @Nullable Receiver receiver;

  private <S> SocketLogReceiver start(ReceiverFactory<S> factory, String yaml) throws IOException {
    S s = TestPipeline.read(factory.settings(), yaml);
    Receiver r = factory.create(s, sink.outputs(), context);
    receiver = r;
    r.start();
    return (SocketLogReceiver) r;
  }

  @AfterEach
  void stop() {
    if (receiver != null) {
      receiver.stop(Duration.ofSeconds(5));
    }
  }

  private static void tcp(int port, String text) throws IOException {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      s.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void udp(int port, String text) throws IOException {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    try (DatagramSocket s = new DatagramSocket()) {
      s.send(new DatagramPacket(b, b.length, InetAddress.getLoopbackAddress(), port));
    }
  }

  @Test
  void receivesLinesOverTcp() throws IOException {
    SocketLogReceiver r =
        start(
            SocketLogReceiverFactory.tcp(),
            """
            listen_address: 127.0.0.1:0
            max_log_size: 8
            add_attributes: true
            attributes: {a: b}
            operators: [{type: regex_replace, field: body, regex: x, replace_with: y}]
            """);
    tcp(r.tcpPort(), "one\r\n\n  xtwo  \n1234567890\nlast");
    List<LogRecord> all = sink.await(4);
    assertThat(sink.bodies()).containsExactly("one", "ytwo", "12345678", "last");
    assertThat(all.getFirst().attributes().get("net.transport")).isEqualTo("IP.TCP");
    assertThat(all.getFirst().attributes().get("net.peer.ip")).isEqualTo("127.0.0.1");
    assertThat(all.getFirst().attributes().get("net.host.port"))
        .isEqualTo(String.valueOf(r.tcpPort()));
    assertThat(all.getFirst().attributes().get("a")).isEqualTo("b");
  }

  @Test
  void supportsTlsWithConfiguredSuites(@TempDir Path dir) throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issueRsa("server", "ip:127.0.0.1");
    certs.issue("client", "dns:client");
    SocketLogReceiver r =
        start(
            SocketLogReceiverFactory.tcp(),
            """
            listen_address: 127.0.0.1:0
            tls:
              cert_file: %s
              key_file: %s
              client_ca_file: %s
              include_system_ca_certs_pool: true
              max_version: "1.2"
              cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
              curve_preferences: [P384]
            """
                .formatted(certs.certificate("server"), certs.key("server"), certs.ca()));
    try (SSLSocket s =
        (SSLSocket)
            certs
                .context("client")
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), r.tcpPort())) {
      s.getOutputStream().write("secret\n".getBytes(StandardCharsets.UTF_8));
      assertThat(s.getSession().getCipherSuite())
          .isEqualTo("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    }
    sink.await(1);
    assertThat(sink.bodies()).containsExactly("secret");
    assertThat(curve(certs, r.tcpPort(), "secp256r1")).isFalse();
    assertThat(curve(certs, r.tcpPort(), "secp384r1")).isTrue();
  }

  /** Whether a client that supports only this curve can connect. */
  private static boolean curve(TestCertificates certs, int port, String curve) throws Exception {
    try (SSLSocket s =
        (SSLSocket)
            certs
                .context("client")
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), port)) {
      SSLParameters p = s.getSSLParameters();
      p.setNamedGroups(new String[] {curve});
      s.setSSLParameters(p);
      s.startHandshake();
      return true;
    } catch (SSLHandshakeException e) {
      return false;
    }
  }

  @Test
  void receivesMultilineRecordsOverTcp() throws IOException {
    SocketLogReceiver r =
        start(
            SocketLogReceiverFactory.tcp(),
            """
            listen_address: 127.0.0.1:0
            max_log_size: 16
            multiline: {line_start_pattern: '^\\d+ '}
            """);
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), r.tcpPort())) {
      s.getOutputStream().write("1 one\n  at a\n2 two\n".getBytes(StandardCharsets.UTF_8));
      assertThat(sink.await(1).getFirst().body()).isEqualTo("1 one\n  at a");
      // a record that is too long is split
      s.getOutputStream()
          .write("  at b\n3 34567890123456789\nend".getBytes(StandardCharsets.UTF_8));
    }
    sink.await(4);
    assertThat(sink.bodies())
        .containsExactly("1 one\n  at a", "2 two\n  at b", "3 34567890123456", "789\nend");
  }

  private static final String BY_STARTS =
      "{listen_address: 127.0.0.1:0, multiline: {line_start_pattern: '^\\d+ '}}";

  @Test
  void acceptsDataBeforeAReset() throws IOException {
    SocketLogReceiver r = start(SocketLogReceiverFactory.tcp(), BY_STARTS);
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), r.tcpPort())) {
      s.getOutputStream().write("1 one\n2 two\n".getBytes(StandardCharsets.UTF_8));
      sink.await(1); // it was read: a reset discards data in the kernel
      s.setSoLinger(true, 0);
    }
    sink.await(2);
    assertThat(sink.bodies()).containsExactly("1 one", "2 two");
  }

  @Test
  void acceptsDataBeforeAStop() throws IOException {
    SocketLogReceiver r = start(SocketLogReceiverFactory.tcp(), BY_STARTS);
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), r.tcpPort())) {
      s.getOutputStream().write("1 one\n2 two\n".getBytes(StandardCharsets.UTF_8));
      sink.await(1);
      r.stop(Duration.ofSeconds(5));
      receiver = null;
      assertThat(sink.bodies()).containsExactly("1 one", "2 two");
    }
  }

  @Test
  void receivesMultilineRecordsOverUdp() throws IOException {
    SocketLogReceiver r =
        start(
            SocketLogReceiverFactory.udp(),
            """
            listen_address: 127.0.0.1:0
            async: {readers: 2}
            multiline: {line_end_pattern: ';', omit_pattern: true}
            """);
    udp(r.udpPort(), "one\ntwo;three;\nfour");
    sink.await(3);
    assertThat(sink.bodies()).containsExactly("one\ntwo", "three", "four");
  }

  @Test
  void receivesPacketsOverUdp() throws IOException {
    SocketLogReceiver r = start(SocketLogReceiverFactory.udp(), "{listen_address: '127.0.0.1:0'}");
    udp(r.udpPort(), "one\ntwo\n");
    sink.await(2);
    assertThat(sink.bodies()).containsExactly("one", "two");
  }

  @Test
  void receivesWholePacketsOverUdp() throws IOException {
    SocketLogReceiver r =
        start(
            SocketLogReceiverFactory.udp(),
            "{listen_address: '127.0.0.1:0', one_log_per_packet: true}");
    udp(r.udpPort(), "one\ntwo\n");
    assertThat(sink.await(1).getFirst().body()).isEqualTo("one\ntwo");
  }

  @Test
  void receivesOctetCountedSyslogOverTcp() throws IOException {
    SocketLogReceiver r =
        start(
            new SyslogReceiverFactory(),
            """
            tcp: {listen_address: 127.0.0.1:0}
            protocol: rfc5424
            enable_octet_counting: true
            operators: [{type: move, from: attributes.message, to: body}]
            """);
    String m = "<34>1 2003-10-11T22:14:15.003Z host su 12 ID47 - 'su root' failed";
    tcp(r.tcpPort(), m.length() + " " + m + m.length() + " " + m);
    LogRecord last = sink.await(2).getLast();
    assertThat(last.body()).isEqualTo("'su root' failed");
    assertThat(last.severityNumber()).isEqualTo(18);
    assertThat(last.severityText()).isEqualTo("crit");
    assertThat(last.timeUnixNano()).isEqualTo(1065910455003000000L);
    assertThat(last.attributes().get("appname")).isEqualTo("su");
    assertThat(last.attributes().get("priority")).isEqualTo(34L);
  }

  @Test
  void receivesSyslogLinesAndInvalidOnes() throws IOException {
    SocketLogReceiver r =
        start(
            new SyslogReceiverFactory(),
            """
            tcp: {listen_address: 127.0.0.1:0}
            udp: {listen_address: 127.0.0.1:0}
            protocol: rfc3164
            location: America/New_York
            """);
    tcp(r.tcpPort(), "<34>Jan 12 06:30:00 1.2.3.4 apache_server: test message\n");
    LogRecord first = sink.await(1).getFirst();
    assertThat(first.attributes().get("appname")).isEqualTo("apache_server");
    assertThat(first.attributes().get("hostname")).isEqualTo("1.2.3.4");
    assertThat(first.attributes().get("message")).isEqualTo("test message");
    assertThat(first.timeUnixNano() / 1_000_000_000 % 86_400).isEqualTo(11 * 3600 + 1800);
    udp(r.udpPort(), "<1000>nothing");
    assertThat(sink.await(2).getLast().body()).isEqualTo("<1000>nothing");
    assertThat(context.sum("tethys_log_receiver_operator_failures_total")).isEqualTo(1);
  }

  /** util-linux's logger is an independent sender. */
  @Test
  void receivesFromLogger() throws Exception {
    Path logger = Path.of("/usr/bin/logger");
    assumeTrue(Files.isExecutable(logger), "logger of util-linux is not installed");
    SocketLogReceiver r =
        start(
            new SyslogReceiverFactory(),
            """
            tcp: {listen_address: 127.0.0.1:0}
            protocol: rfc5424
            enable_octet_counting: true
            """);
    Process p =
        new ProcessBuilder(
                logger.toString(),
                "-n",
                "127.0.0.1",
                "-P",
                String.valueOf(r.tcpPort()),
                "-T",
                "--rfc5424",
                "--octet-count",
                "-t",
                "app",
                "-p",
                "local0.warning",
                "hello there")
            .redirectErrorStream(true)
            .start();
    assertThat(p.waitFor(20, TimeUnit.SECONDS)).isTrue();
    LogRecord got = sink.await(1).getFirst();
    assertThat(got.attributes().get("message")).isEqualTo("hello there");
    assertThat(got.attributes().get("facility")).isEqualTo(16L);
    assertThat(got.severityNumber()).isEqualTo(13);
  }

  @Test
  void receivesFromRsyslog(@TempDir Path dir) throws Exception {
    SocketLogReceiver r =
        start(
            new SyslogReceiverFactory(),
            """
            tcp: {listen_address: 127.0.0.1:0}
            protocol: rfc5424
            enable_octet_counting: true
            """);
    String actions =
        """
        action(type="omfwd" target="127.0.0.1" port="%d" protocol="tcp"
          TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format")
        """
            .formatted(r.tcpPort());
    try (RsyslogProcess _ = new RsyslogProcess(dir, "first line\n\u00fcber\n", "", actions)) {
      List<LogRecord> got = sink.await(2);
      assertThat(got.stream().map(l -> String.valueOf(l.attributes().get("message")).strip()))
          .containsExactly("first line", "\u00fcber");
      assertThat(got.getFirst().attributes().get("appname")).isEqualTo("app");
      assertThat(got.getFirst().severityText()).isEqualTo("notice");
    }
  }

  /** The older form, in datagrams: rsyslog's own default. */
  @Test
  void receivesDatagramsFromRsyslog(@TempDir Path dir) throws Exception {
    SocketLogReceiver r =
        start(
            new SyslogReceiverFactory(),
            "{udp: {listen_address: '127.0.0.1:0'}, protocol: rfc3164}");
    String action =
        "action(type=\"omfwd\" target=\"127.0.0.1\" port=\"%d\" protocol=\"udp\")\n"
            .formatted(r.udpPort());
    try (RsyslogProcess _ = new RsyslogProcess(dir, "first line\n", "", action)) {
      LogRecord got = sink.await(1).getFirst();
      assertThat(String.valueOf(got.attributes().get("message")).strip()).isEqualTo("first line");
      assertThat(got.attributes().get("appname")).isEqualTo("app");
    }
  }

  @Test
  void rejectsImpossibleSettings() {
    refused(new SyslogReceiverFactory(), "{protocol: rfc5424}", "tcp or udp");
    refused(
        new SyslogReceiverFactory(),
        "{udp: {listen_address: ':0'}, protocol: rfc3164, enable_octet_counting: true}",
        "only valid with rfc5424");
    refused(SocketLogReceiverFactory.tcp(), "{}", "listen_address");
    refused(
        SocketLogReceiverFactory.tcp(), "{listen_address: ':0', multiline: {a: b}}", "multiline");
    refused(SocketLogReceiverFactory.udp(), "{listen_address: ':0', storage: x}", "storage");
    refused(new JournaldReceiverFactory(), "{priority: loud}", "is not a priority");
    refused(
        new JournaldReceiverFactory(),
        "{files: [/a], namespace: b}",
        "files cannot be combined with directory or namespace");
    refused(new JournaldReceiverFactory(), "{files: [a]}", "is not an absolute path");
    refused(
        SocketLogReceiverFactory.udp(),
        "{listen_address: ':0', encoding: utf-16le, multiline: {line_start_pattern: '^a'}}",
        "a line feed is one byte");
    refused(
        SocketLogReceiverFactory.tcp(),
        "{listen_address: ':0', one_log_per_packet: true, multiline: {line_start_pattern: a}}",
        "one_log_per_packet");
    refused(
        new SyslogReceiverFactory(),
        "{tcp: {listen_address: ':0', multiline: {line_start_pattern: '^<'}}, protocol: rfc5424,"
            + " enable_octet_counting: true}",
        "enable_octet_counting");
  }

  private static void refused(ReceiverFactory<?> f, String yaml, String reason) {
    assertThatThrownBy(() -> TestPipeline.read(f.settings(), yaml))
        .as(yaml)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(reason);
  }
}
