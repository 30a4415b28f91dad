package dev.tethys.pipeline.receiver.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.testkit.LogMessages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files are written by systemd's own {@code systemd-journal-remote}. */
@Tag("slow")
class JournaldReceiverTest {
  private static final Path WRITER = Path.of("/usr/lib/systemd/systemd-journal-remote");
  private static final JournaldReceiverFactory FACTORY = new JournaldReceiverFactory();

  @TempDir Path folder;
  private final LogSink sink = new LogSink();
  private @Nullable Receiver receiver;

  @BeforeEach
  void needsWriter() throws IOException {
    assumeTrue(Files.isExecutable(WRITER), "systemd-journal-remote is not installed");
    Files.createDirectory(folder.resolve("journal"));
  }

  @AfterEach
  void stop() {
    if (receiver != null) {
      receiver.stop(Duration.ofSeconds(5));
    }
  }

  /** One entry of the export format. */
  private static String entry(int i, String unit, int priority, String message) {
    return "__REALTIME_TIMESTAMP="
        + (1_700_000_000_000_000L + i * 1_000_000L)
        + "\n__MONOTONIC_TIMESTAMP="
        + (1000 + i)
        + "\n_BOOT_ID=0123456789abcdef0123456789abcdef\nMESSAGE="
        + message
        + "\nPRIORITY="
        + priority
        + "\n_SYSTEMD_UNIT="
        + unit
        + "\nSYSLOG_IDENTIFIER="
        + unit.replace(".service", "")
        + "\nSYSLOG_PID=77\nTAG=a\nTAG=b\n\n";
  }

  private void write(String name, String... entries) throws IOException, InterruptedException {
    Path in = Files.writeString(folder.resolve(name + ".export"), String.join("", entries));
    Process p =
        new ProcessBuilder(
                WRITER.toString(),
                "-o",
                folder.resolve("journal").resolve(name).toString(),
                in.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(p.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).isZero();
  }

  private Receiver start(String more) throws IOException {
    return from("directory: '" + folder.resolve("journal") + "'" + more);
  }

  private Receiver from(String place) throws IOException {
    JournaldSettings s =
        TestPipeline.read(FACTORY.settings(), "{start_at: beginning, " + place + "}");
    Receiver r =
        FACTORY.create(s, sink.outputs(), new LogContext("journald", folder.resolve("state")));
    receiver = r;
    r.start();
    return r;
  }

  private static Attributes body(LogRecord r) {
    return (Attributes) java.util.Objects.requireNonNull(r.body());
  }

  private static List<String> messages(List<LogRecord> all) {
    return all.stream().map(r -> String.valueOf(body(r).getString("MESSAGE"))).toList();
  }

  @Test
  void convertsEntriesToMapsOfFields() throws Exception {
    write("a.journal", entry(1, "ssh.service", 6, "hello"), entry(2, "cron.service", 7, "debug"));
    start("");
    LogRecord r = sink.await(1).getFirst();
    Attributes body = body(r);
    assertThat(body.get("MESSAGE")).isEqualTo("hello");
    assertThat(String.valueOf(body.get("TAG"))).isEqualTo("[a, b]");
    assertThat(body.getString("__CURSOR")).startsWith("s=");
    assertThat(body.get("__MONOTONIC_TIMESTAMP")).isEqualTo("1001");
    assertThat(r.timeUnixNano()).isEqualTo(1_700_000_001_000_000_000L);
  }

  @Test
  void mapsFieldsToOpenTelemetryNames() throws Exception {
    write("a.journal", entry(1, "ssh.service", 4, "hello"));
    start(", convert_to_semantic_conventions: true");
    LogRecord r = sink.await(1).getFirst();
    assertThat(r.body()).isEqualTo("hello");
    assertThat(r.severityNumber()).isEqualTo(13);
    assertThat(r.severityText()).isEqualTo("warn");
    assertThat(r.attributes().get("syslog.msgid")).isEqualTo("ssh");
    assertThat(r.attributes().get("syslog.pid")).isEqualTo(77L);
    assertThat(r.attributes().get("journald._SYSTEMD_UNIT")).isEqualTo("ssh.service");
    assertThat(String.valueOf(r.attributes().get("journald.TAG"))).isEqualTo("[a, b]");
    assertThat(r.attributes().get("journald.PRIORITY")).isNull();
  }

  @Test
  void keepsAnInvalidPriority() throws Exception {
    write("a.journal", entry(1, "a.service", 12, "x"));
    start(", priority: emerg..debug, convert_to_semantic_conventions: true");
    LogRecord r = sink.await(1).getFirst();
    assertThat(r.attributes().get("journald.PRIORITY")).isEqualTo("12");
    assertThat(r.severityNumber()).isZero();
  }

  @Test
  void findsFilesByPatternBelowAnotherRoot() throws Exception {
    write("a.journal", entry(1, "a.service", 6, "1"));
    write("b.journal", entry(2, "b.service", 6, "2"));
    write("c.journal", entry(3, "c.service", 6, "3"));
    from("root_path: '" + folder + "', files: ['/journal/[ab].jour*', /journal/d.journal]");
    assertThat(messages(sink.await(2))).containsExactly("1", "2");
    write("d.journal", entry(4, "d.service", 6, "4"));
    assertThat(messages(sink.await(3))).containsExactly("1", "2", "4");
  }

  @Test
  void readsTheConfiguredNamespace() throws Exception {
    Path machine = folder.resolve("var/log/journal/0123456789abcdef0123456789abcdef");
    Path web = machine.resolveSibling(machine.getFileName() + ".web");
    Files.createDirectories(machine);
    Files.createDirectories(web);
    write("a.journal", entry(1, "a.service", 6, "default"));
    write("b.journal", entry(2, "b.service", 6, "web"));
    Files.move(folder.resolve("journal/a.journal"), machine.resolve("system.journal"));
    Files.move(folder.resolve("journal/b.journal"), web.resolve("system.journal"));
    String below = "root_path: '" + folder + "'";
    Receiver both = from(below + ", namespace: '+web'");
    assertThat(messages(sink.await(2))).containsExactly("default", "web");
    both.stop(Duration.ofSeconds(5));
    Receiver one = from(below + ", namespace: web");
    assertThat(messages(sink.await(3))).endsWith("web");
    one.stop(Duration.ofSeconds(5));
    try (LogMessages log = LogMessages.of("log test")) {
      Receiver unsaid = from(below);
      assertThat(messages(sink.await(4))).endsWith("default");
      unsaid.stop(Duration.ofSeconds(5));
      assertThat(log.messages()).singleElement().asString().contains(web.toString());
      from(below + ", namespace: ''");
      assertThat(messages(sink.await(5))).endsWith("default");
      assertThat(log.messages()).hasSize(1);
    }
  }

  @Test
  void readsOnlySelectedEntries() throws Exception {
    write(
        "a.journal",
        entry(1, "ssh.service", 6, "one Error"),
        entry(2, "sshd@1.service", 3, "two error"),
        entry(3, "cron.service", 3, "three error"),
        entry(4, "ssh.service", 7, "four error"),
        entry(5, "ssh.service", 3, "five"),
        entry(6, "ssh.service", 6, "six error"));
    start(
        ", units: [ssh, 'sshd@*'], priority: err..info, grep: error,"
            + " matches: [{SYSLOG_IDENTIFIER: ssh}, {PRIORITY: '3', TAG: b}]");
    assertThat(messages(sink.await(3))).containsExactly("one Error", "two error", "six error");
  }

  @Test
  void resumesAfterDeliveredEntries() throws Exception {
    write("a.journal", entry(1, "a.service", 6, "1"), entry(2, "a.service", 6, "2"));
    Receiver first = start(", storage: file_storage");
    sink.await(2);
    first.stop(Duration.ofSeconds(5));
    write("b.journal", entry(3, "a.service", 6, "3"));
    start(", storage: file_storage");
    assertThat(messages(sink.await(3))).containsExactly("1", "2", "3");
  }
}
