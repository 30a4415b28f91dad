package dev.tethys.collect.logs.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.logs.SourceRig;
import dev.tethys.model.logs.LogEntry;
import io.airlift.compress.v3.lz4.Lz4JavaCompressor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files are written by systemd's own {@code systemd-journal-remote}. */
class JournalSourceTest {
  private static final Path WRITER = Path.of("/usr/lib/systemd/systemd-journal-remote");
  private static final Path JOURNALCTL = Path.of("/usr/bin/journalctl");
  private static final long FIRST = SourceRig.NOW.getEpochSecond() * 1_000_000L - 3_000_000_000L;
  private static final String LONG = "long ".repeat(400); // systemd compresses from 512 bytes on

  @TempDir Path folder;
  private Path journal;
  private SourceRig rig;

  @BeforeEach
  void begin() throws IOException {
    assumeTrue(Files.isExecutable(WRITER), "systemd-journal-remote is not installed");
    journal = Files.createDirectory(folder.resolve("journal"));
    rig = new SourceRig(folder);
  }

  @AfterEach
  void end() {
    if (rig != null) {
      rig.close();
    }
  }

  private static void run(boolean compact, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder b = new ProcessBuilder(command).redirectErrorStream(true);
    b.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    b.environment().put("SYSTEMD_JOURNAL_COMPACT", compact ? "1" : "0");
    Process p = b.start();
    assertThat(p.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).isZero();
  }

  /** Appends entries, numbered, to a file. */
  private void write(String file, boolean compact, int from, int to, String... more)
      throws IOException, InterruptedException {
    StringBuilder sb = new StringBuilder();
    for (int i = from; i < to; i++) {
      sb.append("__REALTIME_TIMESTAMP=").append(FIRST + i * 1000L).append('\n');
      sb.append("__MONOTONIC_TIMESTAMP=").append(1_000_000L + i * 1000L).append('\n');
      sb.append("_BOOT_ID=0123456789abcdef0123456789abcdef\n");
      sb.append("MESSAGE=entry ").append(i).append('\n');
      sb.append("PRIORITY=").append(i % 8).append('\n');
      for (String m : more) {
        sb.append(m).append('\n');
      }
      sb.append('\n');
    }
    Path in = Files.writeString(folder.resolve("in.export"), sb.toString());
    run(compact, WRITER.toString(), "-o", journal.resolve(file).toString(), in.toString());
  }

  private JournalSource source(String more) {
    return new JournalSource(
        SourceRig.read(
            JournalConfig.TYPE, "{path: '" + journal + "', labels: {job: j}" + more + "}"),
        rig.context());
  }

  private static List<String> entries(int from, int to) {
    List<String> out = new ArrayList<>();
    for (int i = from; i < to; i++) {
      out.add("entry " + i);
    }
    return out;
  }

  private List<String> waiting() throws InterruptedException {
    List<String> out = new ArrayList<>();
    while (!rig.isEmpty()) {
      out.add(rig.next().line());
    }
    return out;
  }

  @Test
  void readsEntriesWithPromtailsLabelsInBothForms() throws Exception {
    for (boolean compact : new boolean[] {false, true}) {
      String file = compact ? "compact.journal" : "regular.journal";
      write(file, compact, 0, 1500, "_SYSTEMD_UNIT=cron.service", "LONG=" + LONG);
      ByteBuffer flags = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      try (RandomAccessFile f = new RandomAccessFile(journal.resolve(file).toFile(), "r")) {
        f.seek(12);
        f.readFully(flags.array());
      }
      assertThat((flags.getInt(0) & 16) != 0).as("the form of the file").isEqualTo(compact);
      try (JournalSource s = source("")) {
        s.poll();
        LogEntry e = rig.next();
        assertThat(e.line()).isEqualTo("entry 0");
        assertThat(e.timestamp()).isEqualTo(FIRST * 1000);
        assertThat(e.labels().toMap())
            .containsEntry("job", "j")
            .containsEntry("was_journal_priority_keyword", "emerg")
            .containsEntry("was_journal__systemd_unit", "cron.service")
            .containsEntry("was_journal_long", LONG);
        assertThat(waiting()).isEqualTo(entries(1, 1500));
      }
      Files.delete(journal.resolve(file));
      rig.positions().putCursor("job", "");
    }
  }

  @Test
  void positionsAreSystemdCursorsOfDeliveredEntries() throws Exception {
    write("a.journal", true, 0, 3);
    rig.settles(false);
    List<LogEntry> read = new ArrayList<>();
    try (JournalSource s = source("")) {
      s.poll();
      for (int i = 0; i < 3; i++) {
        read.add(rig.next());
      }
      assertThat(rig.positions().cursor("job")).isEmpty();
      read.get(1).settle();
      assertThat(rig.positions().cursor("job")).isEmpty();
      read.get(0).settle();
    }
    String saved = rig.positions().cursor("job");
    if (Files.isExecutable(JOURNALCTL)) {
      Process p =
          new ProcessBuilder(
                  JOURNALCTL.toString(),
                  "--file",
                  journal.resolve("a.journal").toString(),
                  "--after-cursor",
                  saved,
                  "-o",
                  "cat",
                  "--no-pager",
                  "-q")
              .start();
      String after = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(after).isEqualTo("entry 2\n");
    }
    rig.settles(true);
    write("a.journal", true, 3, 5);
    try (JournalSource s = source("")) {
      s.poll();
      assertThat(waiting()).isEqualTo(entries(2, 5));
      s.poll();
      assertThat(rig.isEmpty()).isTrue();
      write("a.journal", true, 5, 6);
      s.poll();
      assertThat(waiting()).isEqualTo(entries(5, 6));
    }
  }

  /** journald renames a full file and begins another; users have their own files. */
  @Test
  void mergesFilesInTimeOrderAcrossRotation() throws Exception {
    Path machine = Files.createDirectory(journal.resolve("0123456789abcdef0123456789abcdef"));
    String name = machine.getFileName() + "/system.journal";
    write(name, true, 0, 2);
    write(machine.getFileName() + "/user-1000.journal", true, 1000, 1002);
    write(name, true, 2000, 2002);
    try (JournalSource s = source("")) {
      s.poll();
      assertThat(waiting())
          .containsExactly(
              "entry 0", "entry 1", "entry 1000", "entry 1001", "entry 2000", "entry 2001");
      write(name, true, 3000, 3001);
      Files.move(journal.resolve(name), machine.resolve("system@1.journal"));
      write(name, true, 4000, 4001);
      s.poll();
      assertThat(waiting()).containsExactly("entry 3000", "entry 4000");
    }
  }

  @Test
  void matchesAgeAndJson() throws Exception {
    write("a.journal", true, 0, 2, "_SYSTEMD_UNIT=a.service", "_TRANSPORT=x");
    write("a.journal", true, 2, 4, "_SYSTEMD_UNIT=b.service", "_TRANSPORT=x");
    write("a.journal", true, 4, 6, "_SYSTEMD_UNIT=c.service", "_TRANSPORT=y");
    try (JournalSource s =
        source(
            ", json: true, matches: '_SYSTEMD_UNIT=b.service _SYSTEMD_UNIT=c.service"
                + " _TRANSPORT=x'")) {
      s.poll();
      assertThat(waiting())
          .containsExactly(
              "{\"MESSAGE\":\"entry 2\",\"PRIORITY\":\"2\",\"_BOOT_ID\":"
                  + "\"0123456789abcdef0123456789abcdef\",\"_SYSTEMD_UNIT\":\"b.service\","
                  + "\"_TRANSPORT\":\"x\"}",
              "{\"MESSAGE\":\"entry 3\",\"PRIORITY\":\"3\",\"_BOOT_ID\":"
                  + "\"0123456789abcdef0123456789abcdef\",\"_SYSTEMD_UNIT\":\"b.service\","
                  + "\"_TRANSPORT\":\"x\"}");
    }
    rig.positions().putCursor("job", "");
    try (JournalSource s = source(", max_age: 49m")) {
      s.poll();
      assertThat(rig.isEmpty()).isTrue();
    }
  }

  @Test
  void damagedFileAffectsNoOther() throws Exception {
    write("a.journal", true, 0, 10);
    write("b.journal", true, 100, 110);
    Files.writeString(journal.resolve("c.journal"), "nothing of the kind");
    byte[] a = Files.readAllBytes(journal.resolve("a.journal"));
    Files.write(journal.resolve("a.journal"), Arrays.copyOf(a, 4000));
    try (JournalSource s = source("")) {
      s.poll();
      assertThat(waiting()).containsSubsequence(entries(100, 110));
    }
  }

  @Test
  void decompressesLz4() throws IOException {
    byte[] text = ("MESSAGE=" + LONG).getBytes(StandardCharsets.UTF_8);
    Lz4JavaCompressor c = new Lz4JavaCompressor();
    byte[] out = new byte[8 + c.maxCompressedLength(text.length)];
    ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN).putLong(0, text.length);
    int n = c.compress(text, 0, text.length, out, 8, out.length - 8);
    assertThat(JournalFile.unlz4(Arrays.copyOf(out, 8 + n))).isEqualTo(text);
  }

  /** As the program of that name writes it, without a checksum, as systemd asked for. */
  @Test
  void decompressesXz() throws Exception {
    Path xz = Path.of("/usr/bin/xz");
    assumeTrue(Files.isExecutable(xz), "xz is not installed");
    byte[] text = ("MESSAGE=" + LONG).getBytes(StandardCharsets.UTF_8);
    Path plain = Files.write(folder.resolve("field"), text);
    Process p = new ProcessBuilder(xz.toString(), "-c", "-C", "none", plain.toString()).start();
    byte[] packed = p.getInputStream().readAllBytes();
    assertThat(p.waitFor()).isZero();
    assertThat(packed.length).isLessThan(text.length);
    assertThat(JournalFile.unxz(packed)).isEqualTo(text);
    assertThatThrownBy(() -> JournalFile.unxz(text)).isInstanceOf(IOException.class);
  }

  @Test
  void cursorsComeBack() {
    String text =
        "s=6114735ad0ca422c9b7192e8a06b5f88;i=1;b=0123456789abcdef0123456789abcdef;m=f4241;"
            + "t=60a24181e4001;x=f2fb9b8a19c28132";
    assertThat(Objects.requireNonNull(Cursor.parse(text))).hasToString(text);
    assertThat(Cursor.parse("s=1;i=zz")).isNull();
    assertThat(Cursor.parse("1700000000")).isNull();
  }
}
