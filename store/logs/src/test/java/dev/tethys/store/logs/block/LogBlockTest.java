package dev.tethys.store.logs.block;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.logs.LogMention;
import dev.tethys.store.events.DecodedColumns;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class LogBlockTest {
  private static final long NOON = 1_795_608_000_000_000_000L; // 2026-11-25T12:00:00Z

  private record Row(long time, int stream, String body, Map<String, String> metadata) {}

  private final Words words = new Words();

  private byte[] write(List<Row> rows) {
    LogRows in = new LogRows().clear();
    List<byte[]> names = new ArrayList<>();
    Map<String, Integer> ordinals = new HashMap<>();
    for (Row r : rows) {
      byte[] b = bytes(r.body);
      in.add(r.time, r.stream, b, 0, b.length);
      r.metadata.forEach(
          (name, value) -> {
            int id =
                ordinals.computeIfAbsent(
                    name,
                    n -> {
                      names.add(bytes(n));
                      return names.size() - 1;
                    });
            byte[] v = bytes(value);
            in.metadata(id, v, 0, v.length);
          });
    }
    ByteSink out = new ByteSink();
    try (LogBlockWriter w = new LogBlockWriter(words, 1)) {
      w.write(in, names, out, new ByteSink());
    }
    return out.toArray();
  }

  private LogBlock open(byte[] block) {
    ByteSink lengths = new ByteSink();
    ByteSink text = new ByteSink();
    WordList.write(words, lengths, text);
    return LogBlock.open(
        MemorySegment.ofArray(block),
        WordList.read(
            new ByteSource(lengths.buf, 0, lengths.size), new ByteSource(text.buf, 0, text.size)),
        DecodedColumns.none());
  }

  private static List<Row> read(LogBlock block) {
    List<Row> out = new ArrayList<>();
    ByteSink b = new ByteSink();
    List<byte[]> names = block.metadataNames();
    for (int r = 0; r < block.rows(); r++) {
      block.appendBody(r, b.clear());
      String body = text(b);
      Map<String, String> metadata = new HashMap<>();
      for (int n = 0; n < names.size(); n++) {
        if (block.appendMetadata(n, r, b.clear())) {
          metadata.put(new String(names.get(n), StandardCharsets.ISO_8859_1), text(b));
        }
      }
      int stream = block.streams().get(block.streamIndexes()[r]).stream();
      assertThat(Arrays.binarySearch(block.rowsOf(block.streamIndexes()[r]), r)).isNotNegative();
      out.add(new Row(block.times()[r], stream, body, metadata));
    }
    return out;
  }

  private static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String text(ByteSink b) {
    return new String(b.buf, 0, b.size, StandardCharsets.ISO_8859_1);
  }

  private void returns(List<Row> rows) {
    assertThat(read(open(write(rows)))).containsExactlyInAnyOrderElementsOf(rows);
  }

  private static Row row(long time, String body) {
    return new Row(time, 0, body, Map.of());
  }

  @Test
  void arbitraryBytesRoundTrip() {
    List<Row> rows = new ArrayList<>();
    String[] bodies = {
      "",
      " ",
      "\0",
      "\1\2\3",
      "\3\1 a\2",
      "\u001b[31mred\u001b[0m",
      "\u00ff\u00fe",
      "a",
      "0",
      "00",
      "007",
      "18446744073709551616",
      "999999999999999999",
      "1000000000000000000",
      "-5",
      "1.50",
      "deadbeef",
      "dead1",
      "DEAD1",
      "0f",
      "a1b2c3d4e5",
      "6f1c2b7e-93d4-4c1a-af0e-5a7d3b9e2c41",
      "\n\tat x.y.Z(Z.java:12)",
      "x".repeat(100_000),
      "7".repeat(40_000)
    };
    for (int i = 0; i < bodies.length; i++) {
      rows.add(row(NOON + i, bodies[i]));
    }
    returns(rows);
  }

  @Test
  void keepsRowsWithATextAndSkipsMostOthers() {
    String[] keys = {"status", "state", "status_code", "st\\u0061tus", "x7status", "took"};
    Random random = new Random(8);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      StringBuilder body = new StringBuilder("{\"ts\":" + i);
      for (int k = random.nextInt(4); k > 0; k--) {
        body.append(",\"").append(keys[random.nextInt(keys.length)]).append("\":\"");
        body.append(random.nextInt(2) == 0 ? "v" + random.nextInt(99) : "ok").append('"');
      }
      rows.add(row(NOON + i, body.append(i % 50 == 0 ? " ".repeat(i) : "").append('}').toString()));
    }
    LogBlock block = open(write(rows));
    ByteSink body = new ByteSink();
    int left = 0;
    for (boolean escapes : new boolean[] {false, true}) {
      BitSet some = new BitSet();
      some.set(100, 2500);
      LogMention mention = new LogMention("status", escapes, "status");
      BitSet all = Objects.requireNonNull(block.rowsMentioning(mention, null));
      BitSet of = Objects.requireNonNull(block.rowsMentioning(mention, some));
      for (int r = 0; r < block.rows(); r++) {
        block.appendBody(r, body.clear());
        String text = text(body);
        if (text.contains("status") || escapes && text.contains("\\")) {
          assertThat(all.get(r)).as(text).isTrue();
          assertThat(of.get(r) || !some.get(r)).as(text).isTrue();
        }
        left += all.get(r) ? 0 : 1;
      }
    }
    assertThat(left).isGreaterThan(1500);
    assertThat(block.rowsMentioning(new LogMention("5", false, "x"), null)).isNull();
  }

  @Test
  void findsRelevantRowsAsInAll() {
    List<Row> rows = new ArrayList<>();
    String[] words = {"upstream", "timed", "out", "reset", "deadbeef99", "Größe", "peer"};
    Random random = new Random(5);
    for (int i = 0; i < 4000; i++) {
      StringBuilder body = new StringBuilder("event" + (char) ('a' + i % 19) + ":");
      for (int k = random.nextInt(5); k > 0; k--) {
        body.append(' ').append(words[random.nextInt(words.length)]);
        body.append(random.nextInt(3) == 0 ? " z" + random.nextInt(9000) + "y" : "");
      }
      if (random.nextInt(3) == 0) {
        body.append(" id=a1b2c3").append(Integer.toHexString(0xd4e000 + random.nextInt(500)));
      }
      rows.add(row(NOON + i, body.toString()));
    }
    LogBlock block = open(write(rows));
    String[] texts = {"upstream", "timed out", "reset", "peer", "a1b2c3d4e1", "event", "none"};
    int found = 0;
    for (int i = 0; i < 200; i++) {
      BitSet some = new BitSet();
      for (int k = random.nextInt(40); k > 0; k--) {
        int from = random.nextInt(block.rows());
        some.set(from, Math.min(block.rows(), from + 1 + random.nextInt(30)));
      }
      byte[] text = bytes(texts[i % texts.length]);
      Piece any = Piece.longest(text, random.nextInt(3) == 0);
      Piece piece = any == null ? Objects.requireNonNull(Piece.longest(text, false)) : any;
      BitSet all = block.rowsWith(piece, null);
      all.and(some);
      BitSet of = block.rowsWith(piece, some);
      of.and(some);
      assertThat(of).isEqualTo(all);
      found += of.cardinality();
    }
    assertThat(found).isGreaterThan(1000);
  }

  @Test
  void unneededArgumentsBecomePlaceholders() {
    List<Row> rows = new ArrayList<>();
    String[] users = {"anna", "bo", "carl"};
    for (int i = 0; i < 300; i++) {
      String delimiters = "-+".repeat(80 + i); // too long for a delimiter: an argument
      rows.add(row(NOON + i, "id=" + i + " took " + i * 7 % 31 + "ms of " + users[i % 3] + "."));
      rows.add(row(NOON + i, "next=" + i + delimiters));
    }
    LogBlock block = open(write(rows));
    ByteSink all = new ByteSink();
    ByteSink some = new ByteSink();
    int replaced = 0;
    for (int t = 0; t < block.templateCount(); t++) {
      for (int r = block.firstRow(t); r < block.firstRow(t + 1); r++) {
        block.appendBody(t, r, all.clear());
        block.appendParts(
            t,
            r,
            (text, length, places, needed, unread) -> {
              for (int a = 0; a < needed.length; a++) {
                assertThat(text[places[a]]).isIn((byte) '0', (byte) 'w');
                needed[a] = text[places[a] - 1] == '=';
              }
            },
            2,
            some.clear());
        String body = text(all);
        if (body.startsWith("id=")) {
          replaced++;
          String id = body.substring(0, body.indexOf(' '));
          assertThat(text(some)).startsWith(id + " took 0ms").hasSizeLessThan(body.length() + 1);
        } else {
          assertThat(text(some)).isEqualTo(body);
        }
      }
    }
    assertThat(replaced).isEqualTo(300);
  }

  @Test
  void rareLinesAmongShortOnesKeepTheirWords() {
    Random random = new Random(4);
    String[] services = {"nginx", "docker", "cron", "kafka", "redis"};
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 16_000; i++) {
      String body =
          switch (random.nextInt(100)) {
            case 0 -> "Out of memory: Killed process " + i + " (java) total-vm:" + 7 * i + "kB";
            case 1, 2 -> "could not receive data: Connection reset by peer pid=" + i;
            case 3, 4 -> "Failed password for admin from 10.0.0." + i % 256 + " port " + i;
            case 5, 6, 7, 8, 9, 10, 11 -> "checkpoint complete: wrote " + i + " buffers";
            default -> services[random.nextInt(5)] + " request " + i + " took " + 3 * i + "ms";
          };
      rows.add(new Row(NOON + i, 0, body, Map.of()));
    }
    LogBlock block = open(write(rows));
    List<String> patterns = new ArrayList<>();
    for (int t = 0; t < block.templateCount(); t++) {
      patterns.add(block.pattern(t));
    }
    assertThat(patterns)
        .contains(
            "Out of memory: Killed process <_> (java) total-vm:<_>kB",
            "could not receive data: Connection reset by peer pid=<_>",
            "Failed password for admin from <_>.<_>.<_>.<_> port <_>",
            "checkpoint complete: wrote <_> buffers",
            "cron request <_> took <_>ms");
  }

  @Test
  void templatesCollectRowsThatDifferInArguments() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      rows.add(row(NOON + i * 1_000_000L, "GET /api/items/" + i * 7919 + " took " + i % 97 + "ms"));
      rows.add(row(NOON + i * 1_000_000L, "user u" + i + " logged in from 10.0.0." + i % 250));
    }
    LogBlock block = open(write(rows));
    List<String> patterns = new ArrayList<>();
    for (int t = 0; t < block.templateCount(); t++) {
      patterns.add(block.pattern(t));
    }
    assertThat(block.pattern(0)).isSameAs(block.pattern(0));
    assertThat(patterns)
        .containsExactlyInAnyOrder(
            "GET /api/items/<_> took <_>ms", "user u<_> logged in from <_>.<_>.<_>.<_>");
    assertThat(read(block)).containsExactlyInAnyOrderElementsOf(rows);
  }

  @Test
  void countsRowsByStreamMetadataAndTime() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 6000; i++) {
      Map<String, String> m = new HashMap<>();
      m.put("level", i % 5 == 0 ? "error" : "info");
      m.put("id", "id" + i);
      if (i % 2 == 0) {
        m.put("zone", "europe-north-" + i / 1000); // longer than a word of memory
      }
      rows.add(new Row(NOON + i * 100_000_000L, 3 + i % 2, "x".repeat(i % 7), m));
    }
    BlockCounts c = Objects.requireNonNull(open(write(rows)).counts());
    assertThat(c.width()).isEqualTo(10_000_000_000L);
    assertThat(c.begin()).isEqualTo(NOON - c.width()); // the row at noon is the last of its span
    assertThat(c.names()).hasSize(2);
    assertThat(Arrays.stream(c.rows()).sum()).isEqualTo(6000);
    assertThat(Arrays.stream(c.bytes()).sum())
        .isEqualTo(rows.stream().mapToLong(r -> r.body.length()).sum());
    assertThat(c.streams()).hasSize(14); // two levels of six zones, and of none
    List<Row> few = rows.subList(0, 20);
    assertThat(open(write(few)).counts()).isNull();
    List<Row> apart = new ArrayList<>(rows);
    apart.set(7, row(Long.MIN_VALUE, "first"));
    apart.set(8, row(Long.MAX_VALUE, "last"));
    assertThat(open(write(apart)).counts()).isNull();
    returns(apart);
  }

  @Test
  void timestampPartsTakeNoSpace() {
    List<Row> rows = new ArrayList<>();
    List<Row> others = new ArrayList<>();
    Random random = new Random(1);
    for (int i = 0; i < 2000; i++) {
      long time = NOON + random.nextLong(3_600_000_000_000L);
      String text = java.time.Instant.ofEpochSecond(0, time).toString();
      rows.add(row(time, text + " ready"));
      others.add(
          row(
              time,
              java.time.Instant.ofEpochSecond(0, time + 1_234_567_891L).toString() + " ready"));
    }
    returns(rows);
    returns(others);
    assertThat(write(rows).length).isLessThan(write(others).length * 2 / 3);
  }

  @Test
  void textsCloseToTheTimeOfTheRowRoundTrip() {
    Random random = new Random(5);
    long[] begins = {Long.MIN_VALUE, -1_000_000_000L, NOON, Long.MAX_VALUE - 40_000_000_000_000L};
    for (long begin : begins) {
      for (int differs = 0; differs < 8; differs++) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
          long time = begin + i * 199_000_000_000L;
          Instant at = Instant.EPOCH.plusNanos(time);
          ZonedDateTime t = at.atZone(ZoneOffset.UTC);
          int wrong = i == 150 ? differs : 0; // one part of one row
          rows.add(
              row(
                  time,
                  String.format(
                      Locale.ROOT,
                      "%04d-%02d-%02dT%02d:%02d:%02d.%03d x %d",
                      t.getYear() + (wrong == 1 ? 1 : 0),
                      t.getMonthValue() + (wrong == 2 ? 1 : 0),
                      t.getDayOfMonth() + (wrong == 3 ? 1 : 0),
                      t.getHour() + (wrong == 4 ? 1 : 0),
                      t.getMinute() + (wrong == 5 ? 1 : 0),
                      t.getSecond() + (wrong == 6 ? 1 : 0),
                      t.getNano() / 1_000_000 + (wrong == 7 ? 1 : 0),
                      random.nextInt(1000))));
        }
        words.clear();
        returns(rows);
      }
    }
  }

  @Test
  void streamsAndMetadataRoundTrip() {
    List<Row> rows = new ArrayList<>();
    Random random = new Random(2);
    for (int i = 0; i < 3000; i++) {
      Map<String, String> m = new HashMap<>();
      m.put("level", i % 3 == 0 ? "error" : "info");
      if (i % 10 == 0) {
        m.put("trace_id", String.format("%016x%016x", random.nextLong(), random.nextLong()));
      }
      if (i % 17 == 0) {
        m.put("note", "n" + random.nextInt());
      }
      rows.add(new Row(NOON - i, random.nextInt(600), "value " + i, m));
    }
    returns(rows);
    LogBlock block = open(write(rows));
    assertThat(block.streams()).hasSizeGreaterThan(256);
    assertThat(block.streams().stream().mapToInt(LogBlock.StreamRows::rows).sum()).isEqualTo(3000);
    assertThat(block.firstTime()).isEqualTo(NOON - 2999);
    assertThat(block.lastTime()).isEqualTo(NOON);
  }

  @Test
  void timesAtAnyDistanceRoundTrip() {
    returns(
        List.of(
            row(Long.MIN_VALUE / 2, "a"),
            row(0, "b"),
            row(Long.MAX_VALUE / 2, "c"),
            row(-1, "a 2000")));
  }

  @Test
  void reportsDamageInsteadOfReadingItAsData() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      rows.add(
          new Row(NOON + i, i % 3, "request " + i + " from host" + i % 7, Map.of("level", "info")));
    }
    byte[] block = write(rows);
    Random random = new Random(3);
    for (int i = 0; i < 2000; i++) {
      byte[] damaged = block.clone();
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      try {
        assertThat(read(open(damaged))).containsExactlyInAnyOrderElementsOf(rows);
      } catch (CorruptionException expected) {
        assertThat(expected).hasMessageMatching("(?s).+");
      }
    }
  }

  @Provide
  Arbitrary<List<String>> bodies() {
    Arbitrary<String> token =
        Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(
                4, Arbitraries.of("user", "in", "error", "time", "out", "é", "_")),
            net.jqwik.api.Tuple.of(3, Arbitraries.longs().between(0, 100_000).map(String::valueOf)),
            net.jqwik.api.Tuple.of(
                2, Arbitraries.strings().withChars("0123456789abcdef").ofMaxLength(20)),
            net.jqwik.api.Tuple.of(4, Arbitraries.of(" ", ":", "=", "\"", ", ", "\n", "-", ".")),
            net.jqwik.api.Tuple.of(
                1, Arbitraries.strings().withCharRange('\0', '\u00ff').ofMaxLength(6)));
    return token
        .list()
        .ofMaxSize(12)
        .map(l -> String.join("", l))
        .list()
        .ofMinSize(1)
        .ofMaxSize(60);
  }

  @Property(tries = 300)
  void everyBodyRoundTrips(@ForAll("bodies") List<String> bodies, @ForAll Random random) {
    List<Row> rows = new ArrayList<>();
    for (String b : bodies) {
      for (int copies = 1 + random.nextInt(4); copies > 0; copies--) {
        rows.add(new Row(NOON + random.nextInt(1000), random.nextInt(3), b, Map.of()));
      }
    }
    returns(rows);
  }
}
