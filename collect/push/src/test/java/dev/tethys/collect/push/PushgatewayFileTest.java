package dev.tethys.collect.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.tethys.codec.CodecException;
import dev.tethys.model.NameScheme;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that a real Pushgateway has written: taken over, damaged, and of other types. */
@Tag("slow")
class PushgatewayFileTest {
  @TempDir Path dir;
  private Path file;
  private Path kept;
  private List<String> metrics;
  private List<String> json;
  private byte[] written;

  @BeforeEach
  void writeOne() throws Exception {
    file = dir.resolve("push.data");
    kept = dir.resolve("push.data.prometheus");
    try (Gateway g =
        Gateway.real(
            dir,
            "--persistence.file=" + file,
            "--persistence.interval=1s",
            "--push.enable-utf8-names")) {
      put(
          g,
          "a/instance/i",
          "# HELP x Help of x.\n# TYPE x counter\nx{a=\"b\"} 5\nx{a=\"c\"} NaN\n");
      put(g, "gone", "gone 1\n");
      put(g, "b/path@base64/L3Zhci90bXA", "plain 1e300\nnegative -Inf\n");
      put(g, "b/empty@base64/=", "# TYPE g gauge\n# HELP g \"é\\n\\\\\ng{z=\"\\\"\\n\"} -0.5\n");
      put(g, "ünïcode/%F0%9F%98%80/1/%EF%BC%A1/2", "{\"a.ü\",\"b.c\"=\"d\"} 1\n");
      put(
          g,
          "kinds",
          """
          # TYPE h histogram
          h_bucket{le="1"} 1
          h_bucket{le="+Inf"} 2
          h_sum 3.25
          h_count 2
          # TYPE s summary
          s{quantile="0.5"} 1e7
          s{quantile="0.99"} NaN
          s_sum 3
          s_count 2
          # TYPE none gauge
          """);
      assertThat(send(g, "PUT", "kinds", "x 1 5\n").status()).isEqualTo(400); // has a timestamp
      assertThat(send(g, "DELETE", "gone", "").status()).isEqualTo(202);
      put(g, "last", "l 1\n"); // is answered when the deletion is done
      metrics = g.metrics();
      json = g.json();
    }
    written = Files.readAllBytes(file);
    assertThat(metrics).contains("x{a=\"c\",instance=\"i\",job=\"a\"} NaN");
    assertThat(String.join("\n", metrics)).doesNotContain("gone").contains("😀");
  }

  private static Gateway.Outcome send(Gateway g, String method, String path, String body)
      throws Exception {
    return g.send(
        method,
        "/metrics/job/" + path.replace("ü", "%C3%BC").replace("ï", "%C3%AF"),
        body.getBytes(StandardCharsets.UTF_8));
  }

  private static void put(Gateway g, String path, String body) throws Exception {
    assertThat(send(g, "PUT", path, body)).isEqualTo(new Gateway.Outcome(200, ""));
  }

  private PushOptions options() {
    return new PushOptions(file, true, NameScheme.UTF8, Duration.ZERO, false);
  }

  private void shows(Gateway g) throws Exception {
    assertThat(g.metrics()).isEqualTo(metrics);
    // In which order the names of an object stand says nothing.
    assertThat(g.json())
        .map(l -> l.replace("\"😀\":\"1\",\"Ａ\":\"2\"", "\"Ａ\":\"2\",\"😀\":\"1\""))
        .isEqualTo(json);
  }

  @Test
  void importsAndKeepsAFile() throws Exception {
    try (Gateway g = Gateway.ours(options())) {
      shows(g);
      assertThat(Files.readAllBytes(kept)).isEqualTo(written);
    }
    assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).startsWith("TTHSPUSH");
    try (Gateway g = Gateway.ours(options())) {
      shows(g);
      put(g, "after", "after 1\n");
    }
    try (Gateway g = Gateway.ours(options())) {
      assertThat(g.metrics()).contains("after{instance=\"\",job=\"after\"} 1").containsAll(metrics);
    }
    assertThat(Files.readAllBytes(kept)).isEqualTo(written);
    assertThat(dir.resolve("push.data.new")).doesNotExist();
  }

  @Test
  void keptFileRemainsReadableByPushgateway() throws Exception {
    Gateway.ours(options()).close();
    Files.move(kept, file, StandardCopyOption.REPLACE_EXISTING);
    try (Gateway g = Gateway.real(dir, "--persistence.file=" + file, "--push.enable-utf8-names")) {
      shows(g);
    }
  }

  @Test
  void recoversFromAKillDuringImport() throws Exception {
    Files.createLink(kept, file);
    Files.writeString(dir.resolve("push.data.new"), "begun, not finished");
    try (Gateway g = Gateway.ours(options())) {
      shows(g);
    }
    Files.delete(file);
    Files.copy(kept, file); // as where files cannot have two names
    try (Gateway g = Gateway.ours(options())) {
      shows(g);
    }
    assertThat(Files.readAllBytes(kept)).isEqualTo(written);
  }

  @Test
  void neverOverwritesAKeptFile() throws Exception {
    Files.writeString(kept, "of another day");
    assertThatThrownBy(() -> Gateway.ours(options()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(kept + ", but that file already exists: move one of them away");
    assertThat(Files.readAllBytes(file)).isEqualTo(written);
    assertThat(kept).hasContent("of another day");
  }

  @Test
  void copyIsCompleteAndOverwritesNothing() throws Exception {
    try (FileChannel c = FileChannel.open(file)) {
      GroupLog.copy(c, kept);
      assertThat(Files.readAllBytes(kept)).isEqualTo(written);
      Files.writeString(kept, "of another day");
      assertThatThrownBy(() -> GroupLog.copy(c, kept))
          .isInstanceOf(FileAlreadyExistsException.class);
      assertThat(kept).hasContent("of another day");
    }
  }

  private static List<PushGroup> read(byte[] bytes) throws IOException {
    return PushgatewayFile.read(new ByteArrayInputStream(bytes), bytes.length);
  }

  @Test
  void rejectsAndKeepsTruncatedFile() throws Exception {
    assertThat(read(written)).hasSize(6);
    for (int n = 0; n < written.length; n++) {
      byte[] cut = Arrays.copyOf(written, n);
      assertThatThrownBy(() -> read(cut))
          .as("%s bytes", n)
          .isInstanceOf(CodecException.class)
          .hasMessageMatching("byte \\d+: .*");
    }
    for (int n : new int[] {1, 11, 12, 100, written.length - 1}) {
      byte[] cut = Arrays.copyOf(written, n);
      Files.write(file, cut);
      assertThatThrownBy(() -> Gateway.ours(options()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("nor a readable file of Prometheus's Pushgateway (byte ")
          .hasMessageContaining("--persistence.file");
      assertThat(Files.readAllBytes(file)).isEqualTo(cut);
      assertThat(kept).doesNotExist();
    }
  }

  /** The format has no checksum: what is damaged is refused or read, and nothing else happens. */
  private void readsOrRefuses(byte[] damaged, ThreadMXBean memory) throws IOException {
    long before = memory.getCurrentThreadAllocatedBytes();
    try {
      for (PushGroup g : read(damaged)) {
        assertThat(g.labels()).containsKey("job");
      }
    } catch (CodecException e) {
      assertThat(e).hasMessageMatching("(?s)byte \\d+: .*");
    }
    assertThat(memory.getCurrentThreadAllocatedBytes() - before).isLessThan(8 << 20);
  }

  @Test
  void toleratesAnyDamage() throws Exception {
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    readsOrRefuses(written, memory);
    for (int i = 0; i < written.length; i++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] damaged = written.clone();
        damaged[i] ^= (byte) (1 << bit);
        readsOrRefuses(damaged, memory);
      }
    }
    Random random = new Random(11);
    for (int k = 0; k < 5000; k++) {
      byte[] damaged = written.clone();
      int at = random.nextInt(damaged.length);
      for (int i = at; i < Math.min(damaged.length, at + 1 + random.nextInt(9)); i++) {
        damaged[i] = (byte) (random.nextInt(3) == 0 ? 0xf8 + random.nextInt(8) : random.nextInt());
      }
      readsOrRefuses(damaged, memory);
    }
  }

  /** The file with bytes in place of others where they stand first, written as Latin 1. */
  private byte[] replaced(String from, String to) {
    int at = new String(written, StandardCharsets.ISO_8859_1).indexOf(from);
    assertThat(at).as(from).isNotNegative();
    byte[] with = to.getBytes(StandardCharsets.ISO_8859_1);
    byte[] out = written.clone();
    System.arraycopy(with, 0, out, at, with.length);
    return out;
  }

  @Test
  void rejectsOtherTypesByName() {
    assertThatThrownBy(() -> read(replaced("Labels", "Lapels")))
        .hasMessageContaining("a group has the fields [Lapels, Metrics], not [Labels, Metrics]");
    // The key of the outermost map, a string there, becomes an uint as in files before 0.10.
    assertThatThrownBy(
            () ->
                read(replaced("\u00ff\u008c\u0000\u0001\u000c", "\u00ff\u008c\u0000\u0001\u0006")))
        .hasMessageContaining("the key of the value is uint, not string (Pushgateway before 0.10");
    assertThatThrownBy(() -> read(replaced("instance\u00ffi\u00ff", "instance\u00ffj\u00ff")))
        .hasMessageContaining("the key of a group is not that of its labels {instance=i, job=a}");
    assertThatThrownBy(() -> read(replaced("\n\u0001x\u0012", "\n\u0001y\u0012")))
        .hasMessageContaining("the family y appears under the name x");
    byte[] more = Arrays.copyOf(written, written.length + 1);
    assertThatThrownBy(() -> read(more))
        .hasMessage("byte " + written.length + ": unexpected data after the groups");
  }
}
