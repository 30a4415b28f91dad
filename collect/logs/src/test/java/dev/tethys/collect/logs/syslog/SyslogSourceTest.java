package dev.tethys.collect.logs.syslog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.logs.SourceRig;
import dev.tethys.config.ConfigException;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.SocketTls;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyslogSourceTest {
  private static final Path LOGGER = Path.of("/usr/bin/logger");
  private static final String MESSAGE =
      "<165>1 2018-10-11T22:14:15.003Z host5 e - id1 [custom@32473 exkey=\"1\"] An entry";

  @TempDir Path folder;
  private SourceRig rig;

  @BeforeEach
  void begin() throws IOException {
    rig = new SourceRig(folder);
  }

  @AfterEach
  void end() {
    rig.close();
  }

  private SyslogSource start(String more) throws IOException {
    SyslogSource s =
        new SyslogSource(
            SourceRig.read(
                SyslogConfig.TYPE,
                "{listen_address: '127.0.0.1:0', labels: {job: syslog}, " + more + "}"),
            rig.context());
    s.start();
    return s;
  }

  private static void send(SyslogSource s, String text) throws IOException {
    try (Socket c = new Socket(s.address().getAddress(), s.address().getPort());
        OutputStream out = c.getOutputStream()) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void labelsMatchPromtail() throws Exception {
    try (SyslogSource s = start("label_structured_data: true, use_incoming_timestamp: true")) {
      send(s, MESSAGE + "\n");
      LogEntry e = rig.next();
      assertThat(e.line()).isEqualTo("An entry");
      assertThat(e.timestamp()).isEqualTo(1_539_296_055_003_000_000L);
      assertThat(e.labels().toMap())
          .containsEntry("job", "syslog")
          .containsEntry("was_syslog_connection_ip_address", "127.0.0.1")
          .containsKey("was_syslog_connection_port")
          .containsEntry("was_syslog_message_severity", "notice")
          .containsEntry("was_syslog_message_facility", "local4")
          .containsEntry("was_syslog_message_hostname", "host5")
          .containsEntry("was_syslog_message_app_name", "e")
          .containsEntry("was_syslog_message_msg_id", "id1")
          .containsEntry("was_syslog_message_sd_custom_32473_exkey", "1")
          .doesNotContainKey("was_syslog_message_proc_id");
    }
    assertThat(rig.metric("promtail_syslog_target_entries_total")).isEqualTo(1);
  }

  @Test
  void acceptsMixedFramesAndCountsErrors() throws Exception {
    try (SyslogSource s = start("max_message_length: 100, use_rfc5424_message: true")) {
      String longer = "<13>1 - - - - - - " + "x".repeat(200);
      send(
          s,
          MESSAGE
              + "\n"
              + MESSAGE.length()
              + " "
              + MESSAGE
              + "nonsense\n<13>1 - - - - - -\n"
              + longer.length()
              + " "
              + longer
              + MESSAGE);
      assertThat(rig.next().line()).isEqualTo(MESSAGE);
      assertThat(rig.next().line()).isEqualTo(MESSAGE);
      assertThat(rig.next().line()).isEqualTo(longer.substring(0, 100));
      LogEntry last = rig.next();
      assertThat(last.line()).isEqualTo(MESSAGE);
      assertThat(last.timestamp()).isEqualTo(SourceRig.NOW.getEpochSecond() * 1_000_000_000L + 3);
    }
    assertThat(rig.metric("promtail_syslog_target_parsing_errors_total")).isEqualTo(1);
    assertThat(rig.metric("promtail_syslog_empty_messages_total")).isEqualTo(1);
    assertThat(rig.metric("tethys_logs_syslog_cut_messages_total")).isEqualTo(1);
  }

  @Test
  void listensOverUdp() throws Exception {
    try (SyslogSource s = start("listen_protocol: udp, syslog_format: rfc3164");
        DatagramSocket d = new DatagramSocket()) {
      byte[] b = "<34>Oct 11 22:14:15 mymachine su[7]: failed\n".getBytes(StandardCharsets.UTF_8);
      d.send(
          new DatagramPacket(b, b.length, InetAddress.getLoopbackAddress(), s.address().getPort()));
      LogEntry e = rig.next();
      assertThat(e.line()).isEqualTo("failed");
      assertThat(e.labels().get("was_syslog_message_proc_id")).isEqualTo("7");
    }
  }

  /** The program {@code logger} of util-linux is asked for each form that it knows. */
  @Test
  void understandsLogger() throws Exception {
    assumeTrue(Files.isExecutable(LOGGER), "logger of util-linux is not installed");
    for (String how : new String[] {"--tcp", "--tcp --octet-count", "--udp"}) {
      for (String form : new String[] {"rfc5424", "rfc3164"}) {
        boolean udp = how.equals("--udp");
        try (SyslogSource s =
            start("syslog_format: " + form + (udp ? ", listen_protocol: udp" : ""))) {
          List<String> command = new ArrayList<>(List.of(LOGGER.toString(), "--" + form));
          command.addAll(List.of(how.split(" ")));
          command.addAll(
              List.of(
                  "--server",
                  "127.0.0.1",
                  "--port",
                  String.valueOf(s.address().getPort()),
                  "--tag",
                  "shop",
                  "--id=42",
                  "--priority",
                  "local3.warning",
                  "to whom it may"));
          Process p = new ProcessBuilder(command).inheritIO().start();
          assertThat(p.waitFor(20, TimeUnit.SECONDS)).isTrue();
          LogEntry e = rig.next();
          assertThat(e.line()).as("%s %s", how, form).isEqualTo("to whom it may");
          assertThat(e.labels().toMap())
              .as("%s %s", how, form)
              .containsEntry("was_syslog_message_app_name", "shop")
              .containsEntry("was_syslog_message_proc_id", "42")
              .containsEntry("was_syslog_message_severity", "warning")
              .containsEntry("was_syslog_message_facility", "local3")
              .containsKey("was_syslog_message_hostname");
        }
      }
    }
  }

  /** rsyslog forwards with lengths before the messages, which is what Promtail's page advises. */
  @Test
  void understandsRsyslog() throws Exception {
    Path rsyslogd = Path.of("/usr/sbin/rsyslogd");
    assumeTrue(Files.isExecutable(rsyslogd), "rsyslogd is not installed");
    Path log = Files.writeString(folder.resolve("in.log"), "one\ntwo, longer\n");
    Path work = Files.createDirectory(folder.resolve("work"));
    try (SyslogSource s = start("label_structured_data: true")) {
      Path conf =
          Files.writeString(
              folder.resolve("rsyslog.conf"),
              """
              global(workDirectory="%s")
              module(load="imfile")
              input(type="imfile" file="%s" tag="app:" severity="error" facility="local1")
              action(type="omfwd" target="127.0.0.1" port="%d" protocol="tcp"
                     tcp_framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format")
              """
                  .formatted(work, log, s.address().getPort()));
      Process p =
          new ProcessBuilder(
                  rsyslogd.toString(),
                  "-n",
                  "-f",
                  conf.toString(),
                  "-i",
                  folder.resolve("pid").toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("out").toFile())
              .start();
      try {
        LogEntry e = rig.next();
        assertThat(e.line()).isEqualTo("one");
        assertThat(e.labels().get("was_syslog_message_app_name")).isEqualTo("app");
        assertThat(e.labels().get("was_syslog_message_severity")).isEqualTo("error");
        assertThat(rig.next().line()).isEqualTo("two, longer");
      } finally {
        p.destroy();
        if (!p.waitFor(10, TimeUnit.SECONDS)) {
          p.destroyForcibly().waitFor();
        }
      }
    }
  }

  @Test
  void speaksTls() throws Exception {
    TestCertificates certs = new TestCertificates(folder);
    certs.issue("server", "ip:127.0.0.1");
    certs.issue("client", "dns:client");
    Path tls =
        Files.writeString(
            folder.resolve("tls.yml"),
            """
            tls_server_config: {cert_file: %s, key_file: %s}
            tls_client_config: {ca_file: %s, cert_file: %s, key_file: %s}
            """
                .formatted(
                    certs.certificate("server"),
                    certs.key("server"),
                    certs.ca(),
                    certs.certificate("client"),
                    certs.key("client")));
    try (SyslogSource s =
        start(
            "tls_config: {ca_file: '%s', cert_file: '%s', key_file: '%s'}"
                .formatted(certs.ca(), certs.certificate("server"), certs.key("server")))) {
      try (Socket c = SocketTls.read(tls).connect(s.address(), Duration.ofSeconds(10))) {
        c.getOutputStream().write((MESSAGE + "\n").getBytes(StandardCharsets.UTF_8));
        c.getOutputStream().flush();
        assertThat(rig.next().line()).isEqualTo("An entry");
      }
      send(s, MESSAGE + "\n"); // who speaks no TLS is not heard
      assertThat(rig.isEmpty()).isTrue();
    }
  }

  @Test
  void rejectsInvalidInput() {
    assertThatThrownBy(() -> start("listen_protocol: sctp"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("sctp");
    assertThatThrownBy(() -> start("tls_config: {ca_file: x}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("certificate and key must be configured");
    assertThatThrownBy(() -> start("max_message_length: -1")).isInstanceOf(ConfigException.class);
  }
}
