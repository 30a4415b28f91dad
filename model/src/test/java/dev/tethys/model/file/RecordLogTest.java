package dev.tethys.model.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("slow")
class RecordLogTest {
  /** The format of a Pushgateway's groups on disk. */
  private static final RecordFormat BIG_ENDIAN =
      new RecordFormat("TTHSPUSH\0\0\0\1", ByteOrder.BIG_ENDIAN, false, 3, 256 << 20);

  @TempDir Path dir;
  private final List<String> told = new ArrayList<>();
  private final Logger logger = Logger.getLogger(RecordLog.class.getName());
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord r) {
          told.add(
              r.getLevel() + " " + new MessageFormat(r.getMessage()).format(r.getParameters()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  static Stream<RecordFormat> formats() {
    return Stream.of(RecordFormat.STANDARD, BIG_ENDIAN);
  }

  @BeforeEach
  void listen() {
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
  }

  @AfterEach
  void forget() {
    logger.removeHandler(handler);
    logger.setUseParentHandlers(true);
    Thread.interrupted();
  }

  private static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] b) {
    return new String(b, StandardCharsets.UTF_8);
  }

  private static List<String> read(Path file, RecordFormat format) throws IOException {
    List<String> out = new ArrayList<>();
    RecordLog.open(file, format, b -> out.add(text(b))).close();
    return out;
  }

  private static RecordLog open(Path file, RecordFormat format) throws IOException {
    return RecordLog.open(file, format, b -> {});
  }

  /** Writes records and gives where each ends. */
  private static List<Integer> write(Path file, RecordFormat format, List<String> all)
      throws IOException {
    List<Integer> ends = new ArrayList<>();
    Files.deleteIfExists(file);
    try (RecordLog log = open(file, format)) {
      int end = (int) log.bytes();
      for (String s : all) {
        end += RecordFormat.HEAD + bytes(s).length;
        ends.add(end);
      }
      log.append(all.stream().map(RecordLogTest::bytes).toList());
      assertThat(log.bytes()).isEqualTo(end);
    }
    return ends;
  }

  @ParameterizedTest
  @MethodSource("formats")
  void keepsRecordsBeforeATruncation(RecordFormat format) throws IOException {
    Path file = dir.resolve("x.log");
    List<String> all = List.of("one", format.minBytes() == 0 ? "" : "two", "three and more");
    List<Integer> ends = write(file, format, all);
    byte[] whole = Files.readAllBytes(file);
    for (int n = 0; n <= whole.length; n++) {
      int length = n;
      Files.write(file, Arrays.copyOf(whole, n));
      int complete = (int) ends.stream().filter(e -> e <= length).count();
      assertThat(read(file, format)).as("cut off at %d", n).isEqualTo(all.subList(0, complete));
      // What comes after goes where the last whole record ends.
      try (RecordLog log = open(file, format)) {
        log.append(bytes("next"));
      }
      assertThat(read(file, format)).hasSize(complete + 1).endsWith("next");
    }
    assertThat(dir.resolve("x.log" + RecordLog.DAMAGED)).exists();
    Files.writeString(file, "something else");
    assertThatThrownBy(() -> read(file, format))
        .hasMessage(file + " is not a record log of Tethys");
    assertThat(file).hasContent("something else");
    Files.writeString(file, "some");
    assertThatThrownBy(() -> read(file, format))
        .hasMessage(file + " is not a record log of Tethys");
  }

  @ParameterizedTest
  @MethodSource("formats")
  void damagedByteLosesOnlyItsRecord(RecordFormat format) throws IOException {
    Path file = dir.resolve("x.log");
    // Equal ones: a length can become one that leads to the beginning of another record.
    List<String> all = List.of("one 4567", "two 4567", "three 67", "four 567");
    List<Integer> ends = write(file, format, all);
    byte[] whole = Files.readAllBytes(file);
    for (int i = format.header().length(); i < whole.length; i++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] bad = whole.clone();
        bad[i] ^= (byte) (1 << bit);
        Files.write(file, bad);
        int at = i;
        List<String> left = new ArrayList<>(all);
        left.remove((int) ends.stream().filter(e -> e <= at).count());
        assertThat(read(file, format)).as("damaged at %d", i).isEqualTo(left);
        assertThat(read(file, format)).as("damaged at %d, again", i).isEqualTo(left);
      }
    }
  }

  private static List<String> random(Random random, RecordFormat format) {
    List<String> all = new ArrayList<>();
    for (int i = random.nextInt(12); i >= 0; i--) {
      byte[] b = new byte[random.nextInt(60) == 0 ? random.nextInt(70_000) : random.nextInt(50)];
      random.nextBytes(b);
      // Zeros and small numbers look like lengths.
      for (int k = 0; k < b.length; k++) {
        b[k] = (byte) (b[k] < 0 ? 0 : b[k] < 60 ? 1 : b[k]);
      }
      all.add(b.length < format.minBytes() ? "short" : text(b));
    }
    return all;
  }

  /** Damage of many kinds behind the header. */
  private static byte[] damaged(Random random, byte[] whole, int header) {
    byte[] b = whole.clone();
    for (int k = random.nextInt(4); k >= 0; k--) {
      int from = header + random.nextInt(b.length - header);
      int to = Math.min(b.length, from + (random.nextBoolean() ? 1 : random.nextInt(100)));
      switch (random.nextInt(3)) {
        case 0 -> b[from] ^= (byte) (1 << random.nextInt(8));
        case 1 -> Arrays.fill(b, from, to, (byte) 0);
        default -> {
          for (int i = from; i < to; i++) {
            b[i] = (byte) random.nextInt();
          }
        }
      }
    }
    return random.nextInt(4) == 0
        ? Arrays.copyOf(b, header + random.nextInt(b.length - header + 1))
        : b;
  }

  @ParameterizedTest
  @MethodSource("formats")
  void returnsExactlyTheUndamagedRecords(RecordFormat format) throws IOException {
    Path file = dir.resolve("x.log");
    int header = format.header().length();
    for (int seed = 0; seed < 150; seed++) {
      Random random = new Random(seed);
      List<String> all = random(random, format);
      List<Integer> ends = write(file, format, all);
      byte[] whole = Files.readAllBytes(file);
      byte[] bad = damaged(random, whole, header);
      Files.write(file, bad);
      List<String> left = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        int from = i == 0 ? header : ends.get(i - 1);
        int to = ends.get(i);
        if (to <= bad.length && Arrays.equals(whole, from, to, bad, from, to)) {
          left.add(all.get(i));
        }
      }
      assertThat(read(file, format)).as("seed %d", seed).isEqualTo(left);
      try (RecordLog log = open(file, format)) {
        assertThat(log.records()).isEqualTo(left.size());
        log.append(bytes("next"));
      }
      left.add("next");
      assertThat(read(file, format)).as("seed %d, written to", seed).isEqualTo(left);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void missingOrExtraBytesLoseOnlyTheirRecord(RecordFormat format) throws IOException {
    Path file = dir.resolve("x.log");
    List<Integer> ends = write(file, format, List.of("one", "two", "three"));
    byte[] whole = Files.readAllBytes(file);
    for (int i = ends.get(0); i < ends.get(1); i++) {
      byte[] less = new byte[whole.length - 1];
      System.arraycopy(whole, 0, less, 0, i);
      System.arraycopy(whole, i + 1, less, i, whole.length - i - 1);
      Files.write(file, less);
      assertThat(read(file, format)).as("without byte %d", i).contains("one", "three").hasSize(2);
      byte[] more = new byte[whole.length + 1];
      System.arraycopy(whole, 0, more, 0, i);
      more[i] = 7;
      System.arraycopy(whole, i, more, i + 1, whole.length - i);
      Files.write(file, more);
      assertThat(read(file, format)).as("one more at %d", i).contains("one", "three");
    }
  }

  /** When there is too much to look through, all is as if only payloads were ever damaged. */
  @Test
  void trustsLengthWhereASearchWouldTakeTooLong() throws IOException {
    Path file = dir.resolve("x.log");
    List<Integer> ends = write(file, RecordFormat.STANDARD, List.of("one", "two", "three"));
    byte[] bad = Files.readAllBytes(file);
    bad[ends.get(0) - 1] ^= 1;
    Files.write(file, bad);
    assertThat(impatient(file)).containsExactly("two", "three");
    bad[ends.get(0)] = 127;
    Files.write(file, bad);
    assertThat(impatient(file)).isEmpty();
  }

  private static List<String> impatient(Path file) throws IOException {
    List<String> out = new ArrayList<>();
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      new RecordReader(file, in, RecordFormat.STANDARD, 0).read(b -> out.add(text(b)));
    }
    return out;
  }

  @Test
  void reportsDamage() throws IOException {
    Path file = dir.resolve("x.log");
    List<Integer> ends = write(file, RecordFormat.STANDARD, List.of("one", "two", "three"));
    byte[] bad = Arrays.copyOf(Files.readAllBytes(file), ends.get(2) + 3);
    bad[ends.get(0)] = 127;
    Files.write(file, bad);
    assertThat(read(file, RecordFormat.STANDARD)).containsExactly("one", "three");
    assertThat(told)
        .containsExactly(
            "SEVERE " + file + ": 11 bytes at 19 are damaged and were skipped: their data is lost",
            "WARNING "
                + file
                + ": the last 3 bytes are not a complete record, as after a crash during a write;"
                + " they were moved to "
                + file
                + ".damaged");
    told.clear();
    Files.write(file, Arrays.copyOf(bad, ends.get(2)));
    RecordLog.read(file, RecordFormat.STANDARD, b -> {});
    assertThat(told).hasSize(1);
  }

  @ParameterizedTest
  @MethodSource("formats")
  void rewritesWholeLog(RecordFormat format) throws IOException {
    Path file = dir.resolve("x.log");
    Files.writeString(dir.resolve("x.log.new"), "begun by a process that was killed");
    try (RecordLog log = open(file, format)) {
      log.append(bytes("aaa"));
      log.replace(Stream.of(bytes("bbb"), bytes("ccc")));
      assertThat(log.records()).isEqualTo(2);
      assertThat(log.bytes()).isEqualTo(Files.size(file));
      log.append(List.of(bytes("ddd"), bytes("eee")));
      assertThatThrownBy(() -> log.append(List.of(bytes("fff"), new byte[format.maxBytes() + 1])))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(log.records()).isEqualTo(4);
    }
    assertThat(read(file, format)).containsExactly("bbb", "ccc", "ddd", "eee");
    assertThat(dir.resolve("x.log.new")).doesNotExist();
  }

  @Test
  void logStaysUsableAfterAFailedRewrite() throws IOException {
    Path file = dir.resolve("x.log");
    try (RecordLog log = open(file, RecordFormat.STANDARD)) {
      log.append(bytes("a"));
      Stream<byte[]> failing =
          Stream.of("b", "c")
              .map(
                  s -> {
                    if (s.equals("c")) {
                      throw new UncheckedIOException(new IOException("no c"));
                    }
                    return bytes(s);
                  });
      assertThatThrownBy(() -> log.replace(failing))
          .isInstanceOf(IOException.class)
          .hasMessage("no c");
      log.append(bytes("d"));
    }
    assertThat(read(file, RecordFormat.STANDARD)).containsExactly("a", "d");
    assertThat(dir.resolve("x.log.new")).doesNotExist();
  }

  /** What earlier versions wrote, byte by byte. */
  @Test
  void readsFilesOfEarlierReleases() throws IOException {
    Path file = dir.resolve("x.log");
    byte[] written =
        HexFormat.of()
            .parseHex(
                "545448534c4f473103000000a60ecb496f6e6500000000c74b674805000000515b22c87468726565");
    Files.write(file, written);
    assertThat(read(file, RecordFormat.STANDARD)).containsExactly("one", "", "three");
    assertThat(file).hasBinaryContent(written);
    write(file, RecordFormat.STANDARD, List.of("one", "", "three"));
    assertThat(file).hasBinaryContent(written);
    byte[] groups =
        HexFormat.of()
            .parseHex(
                "545448535055534800000001" + "0000000f0b38b839" + "0001000000036a6f62000000016200");
    Files.write(file, groups);
    List<byte[]> found = new ArrayList<>();
    RecordLog.open(file, BIG_ENDIAN, found::add).close();
    assertThat(found).singleElement().isEqualTo(Arrays.copyOfRange(groups, 20, groups.length));
    try (RecordLog log = open(file, BIG_ENDIAN)) {
      log.replace(found.stream());
    }
    assertThat(file).hasBinaryContent(groups);
  }

  @ParameterizedTest
  @MethodSource("formats")
  void blankHeaderAfterAPowerCutIsANewLog(RecordFormat format) throws IOException {
    Path file = dir.resolve("a/folder/that/is/new/x.log");
    assertThat(read(file, format)).isEmpty();
    byte[] empty = Files.readAllBytes(file);
    assertThat(empty).isEqualTo(format.header().getBytes(StandardCharsets.ISO_8859_1));
    for (int n = 0; n <= empty.length; n++) {
      Files.write(file, new byte[n]);
      assertThat(read(file, format)).isEmpty();
      assertThat(file).hasBinaryContent(empty);
    }
  }

  @Test
  void interruptDoesNotCloseIt() throws IOException {
    Path file = dir.resolve("x.log");
    Thread.currentThread().interrupt();
    try (RecordLog log =
        RecordLog.openLocked(file, RecordFormat.STANDARD, c -> Stream.empty(), b -> {})) {
      log.append(bytes("a"));
      log.replace(Stream.of(bytes("b")));
      log.append(bytes("c"));
      assertThat(Thread.interrupted()).isTrue();
      log.append(bytes("d"));
    }
    assertThat(read(file, RecordFormat.STANDARD)).containsExactly("b", "c", "d");
  }

  @Test
  void rejectsOpeningALockedLog() throws IOException {
    Path file = dir.resolve("x.log");
    RecordLog.Foreign none = c -> Stream.empty();
    try (RecordLog log = RecordLog.openLocked(file, RecordFormat.STANDARD, none, b -> {})) {
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> RecordLog.openLocked(file, RecordFormat.STANDARD, none, b -> {}))
            .isInstanceOf(IOException.class)
            .hasMessage(file + " is in use by this process");
        log.replace(Stream.of(bytes("a")));
      }
    }
    RecordLog.openLocked(file, RecordFormat.STANDARD, none, b -> {}).close();
  }

  @Test
  void convertsOrKeepsFileOfAnotherKind() throws IOException {
    Path file = Files.writeString(dir.resolve("x.log"), "of another kind");
    List<String> out = new ArrayList<>();
    assertThatThrownBy(
            () ->
                RecordLog.openLocked(
                    file,
                    RecordFormat.STANDARD,
                    c -> {
                      throw new IOException("not this one");
                    },
                    b -> {}))
        .hasMessage("not this one");
    assertThat(file).hasContent("of another kind");
    RecordLog.openLocked(
            file,
            RecordFormat.STANDARD,
            c -> Stream.of(Channels.newInputStream(c.position(3)).readAllBytes()),
            b -> out.add(text(b)))
        .close();
    assertThat(out).containsExactly("another kind");
    assertThat(read(file, RecordFormat.STANDARD)).containsExactly("another kind");
  }

  @Test
  void explainsWhyAFileCannotBeOpened() throws IOException {
    assertThatThrownBy(
            () -> RecordLog.read(dir.resolve("none.log"), RecordFormat.STANDARD, b -> {}))
        .isInstanceOf(NoSuchFileException.class);
    Path other = Files.writeString(dir.resolve("other"), "something else");
    assertThatThrownBy(() -> RecordLog.read(other, RecordFormat.STANDARD, b -> {}))
        .hasMessage(other + " is not a record log of Tethys");
    assertThatThrownBy(() -> open(dir, RecordFormat.STANDARD)).isInstanceOf(IOException.class);
  }
}
