package dev.tethys.codec.pprof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.ProfileBatchReader;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.PprofReader.Named;
import dev.tethys.codec.pprof.PprofWriter.ValueType;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Compares the direct reader of pprof with the way through OTLP. */
@Tag("slow")
class PprofBatchReaderTest {
  private static final long NOW = 1_795_608_000_000_000_000L;
  private static final int MAX = 1 << 28;
  private static final Map<String, String> RESOURCE =
      Map.of("service.name", "app", "host", "a", "empty", "");
  private static final Map<String, String> ATTRIBUTES = Map.of("__name__", "kind", "zone", "b");

  private static ProfileBatch byOtlp(
      byte[] pprof, Map<String, Named> names, Map<String, String> attributes) {
    ProfilesWriter out = new ProfilesWriter();
    out.resource(RESOURCE);
    PprofReader.read(pprof, MAX, names, attributes, out);
    byte[] otlp = out.toByteArray();
    return ProfileBatchReader.read(new OtlpReader().profiles(otlp, 0, otlp.length), NOW);
  }

  private static ProfileBatch direct(
      byte[] pprof, Map<String, Named> names, Map<String, String> attributes) {
    ProfileBatch batch = new ProfileBatch();
    PprofBatchReader.read(pprof, MAX, names, RESOURCE, attributes, NOW, batch);
    return batch;
  }

  private static String row(ProfileSymbols s, int set) {
    StringBuilder b = new StringBuilder();
    for (int i = 0; i < s.attributes(set); i++) {
      long kind = s.attribute(set, i, 1);
      long value = s.attribute(set, i, 2);
      b.append(' ').append(s.string(s.attribute(set, i, 0))).append('=');
      b.append(kind == ProfileSymbols.TEXT ? '"' + s.string(value) + '"' : kind + ":" + value);
      b.append(s.string(s.attribute(set, i, 3)));
    }
    return b.toString();
  }

  private static String frame(ProfileSymbols s, int location) {
    StringBuilder b = new StringBuilder();
    LongConsumer text = i -> b.append(s.string(i)).append(',');
    int mapping = (int) s.locations().get(location, 0);
    b.append('[');
    for (int c = 0; c < 6; c++) {
      if (c == 3 || c == 4) {
        text.accept(s.mappings().get(mapping, c));
      } else {
        b.append(s.mappings().get(mapping, c)).append(',');
      }
    }
    b.append(s.locations().get(location, 1)).append(',').append(s.locations().get(location, 2));
    for (int l = 0; l < s.lines(location); l++) {
      int at = ProfileSymbols.LOCATION_HEAD + l * ProfileSymbols.LINE;
      int function = (int) s.locations().get(location, at);
      b.append('(');
      for (int c = 0; c < 3; c++) {
        text.accept(s.functions().get(function, c));
      }
      b.append(s.functions().get(function, 3)).append(',');
      b.append(s.locations().get(location, at + 1)).append(',');
      b.append(s.locations().get(location, at + 2)).append(')');
    }
    return b.append(']').toString();
  }

  /** Stacks by node: their frames, or a hash of them in a profile with many. */
  private static String[] stacks(ProfileSymbols s) {
    String[] frames = new String[s.locations().count()];
    Arrays.setAll(frames, location -> frame(s, location));
    String[] out = new String[s.nodes().count()];
    out[0] = "";
    for (int node = 1; node < out.length; node++) {
      String stack = out[(int) s.nodes().get(node, 0)] + frames[(int) s.nodes().get(node, 1)];
      out[node] = out.length < 1000 ? stack : stack.length() + ":" + stack.hashCode();
    }
    return out;
  }

  /** All that a batch has, by row, without the numbers of symbols and the order of samples. */
  private static List<String> content(ProfileBatch batch) {
    ProfileSymbols s = batch.symbols.view();
    String[] stacks = stacks(s);
    List<String> out = new ArrayList<>();
    Samples samples = new Samples();
    for (int r = 0; r < batch.rows.count; r++) {
      Map<String, Long> lines = new TreeMap<>(); // equal symbols may have several numbers
      batch.rows.read(r, samples);
      for (int i = 0; i < samples.count; i++) {
        lines.merge(
            stacks[samples.stacks[i]] + row(s, samples.attributes[i]),
            samples.values[i],
            Long::sum);
      }
      out.add(
          batch.series.get(batch.rows.series[r])
              + " "
              + batch.rows.times[r]
              + " "
              + batch.rows.durations[r]
              + " "
              + batch.rows.periods[r]
              + " "
              + batch.rows.totals[r]
              + row(s, batch.rows.metas[r])
              + "\n"
              + lines);
    }
    out.sort(null); // the order of series does not matter
    return out;
  }

  private interface Reading {
    ProfileBatch read(byte[] pprof, Map<String, Named> names, Map<String, String> attributes);
  }

  private static @Nullable List<String> contentOrRefusal(Reading reading, byte[] pprof) {
    try {
      return content(reading.read(pprof, Map.of(), ATTRIBUTES));
    } catch (CodecException e) {
      assertThat(e.getMessage()).isNotEmpty();
      return null;
    }
  }

  private static void assertSame(byte[] pprof) {
    assertThat(contentOrRefusal(PprofBatchReaderTest::direct, pprof))
        .isEqualTo(contentOrRefusal(PprofBatchReaderTest::byOtlp, pprof));
  }

  @TestFactory
  List<DynamicTest> filesOfPrograms() throws IOException {
    List<DynamicTest> all = new ArrayList<>();
    for (Path f : Shared.conformanceFiles("pprof", "")) {
      byte[] b = Files.readAllBytes(f);
      all.add(DynamicTest.dynamicTest(f.toString(), () -> assertSame(b)));
    }
    return all;
  }

  private static byte[] written() {
    PprofWriter w = new PprofWriter(new ValueType("alloc_space", "bytes"), new ValueType("n", ""));
    for (int i = 0; i < 20; i++) {
      List<Frame> stack = new ArrayList<>();
      for (int depth = 0; depth <= i % 5; depth++) {
        stack.add(new Frame("f" + (i * depth) % 7, "file" + depth, depth));
      }
      w.add(stack, i - 3, 2L * i);
    }
    byte[] gzip = w.toGzip(5, 6, new ValueType("space", "bytes"), 512);
    return Compression.GZIP.decompress(gzip, 0, gzip.length, MAX);
  }

  /** Message with every field, labels of all kinds and ids that are not in order. */
  private static byte[] full() {
    ProtoWriter w = new ProtoWriter();
    String[] strings = {
      "",
      "cpu",
      "nanoseconds",
      "main",
      "main.go",
      "/bin/app",
      "abc",
      "k",
      "v",
      "w",
      "bytes",
      "span_id",
      "drop",
      "keep",
      "https://a/b",
      "comment"
    };
    int m = w.begin(1);
    w.int64(1, 1).int64(2, 2);
    w.end(m);
    m = w.begin(1);
    w.int64(1, 8).int64(2, 9);
    w.end(m);
    long[][] labels = {
      {7, 8, 0, 0}, {7, 9, 0, 0}, {10, 0, 4096, 10}, {10, 0, 1, 0}, {11, 8, 0, 0}, {3, 0, -5, 10}
    };
    for (int i = 0; i < 40; i++) {
      m = w.begin(2);
      for (int depth = i % 4; depth >= 0; depth--) {
        w.int64(1, depth == 3 ? Long.MIN_VALUE : 70 - depth);
      }
      int v = w.begin(2);
      w.varint(i).varint(2L * i);
      w.end(v);
      for (int l = 0; l < labels.length; l++) {
        if ((i & 1 << l % 5) != 0) {
          int label = w.begin(3);
          w.int64Unless0(1, labels[l][0]).int64Unless0(2, labels[l][1]);
          w.int64Unless0(3, labels[l][2]).int64Unless0(4, labels[l][3]);
          w.end(label);
        }
      }
      w.end(m);
    }
    m = w.begin(3);
    w.int64(1, 9).int64(2, 4096).int64(3, 8192).int64(4, 1).int64(5, 5).int64(6, 6);
    w.int64(7, 1).int64(9, 1);
    w.end(m);
    for (int i = 0; i < 4; i++) {
      m = w.begin(4);
      w.int64(1, i == 3 ? Long.MIN_VALUE : 70 - i).int64Unless0(2, i % 2 == 0 ? 9 : 0);
      w.int64(3, -i).int64Unless0(5, i % 2);
      for (int l = 0; l < i; l++) {
        int line = w.begin(4);
        w.int64Unless0(1, l == 2 ? 0 : 5).int64(2, l).int64Unless0(3, i);
        w.end(line);
      }
      w.end(m);
    }
    m = w.begin(5);
    w.int64(1, 5).int64(2, 3).int64(3, 4).int64(4, 4).int64(5, 12);
    w.end(m);
    for (String s : strings) {
      w.string(6, s);
    }
    w.int64(7, 12).int64(8, 13).int64(9, 77).int64(10, 10);
    m = w.begin(11);
    w.int64(1, 1).int64(2, 2);
    w.end(m);
    w.int64(12, 100).int64(13, 15).int64(13, 8).int64(14, 1).int64(15, 14);
    return w.toByteArray();
  }

  @Test
  void readsEveryFieldLikeOtlp() {
    assertSame(full());
    assertThat(content(direct(full(), Map.of(), Map.of())))
        .isEqualTo(content(byOtlp(full(), Map.of(), Map.of())))
        .hasSizeGreaterThan(2)
        .anySatisfy(
            row ->
                assertThat(row)
                    .contains(
                        "/bin/app,abc",
                        "main.go",
                        "pprof.profile.comment=\"comment\"",
                        "4096bytes"));
  }

  @Test
  void selectsAndRenamesTypes() {
    Map<String, Named> names = new LinkedHashMap<>();
    names.put("cpu", new Named("wall", "seconds", false));
    assertThat(content(direct(full(), names, ATTRIBUTES)))
        .isEqualTo(content(byOtlp(full(), names, ATTRIBUTES)))
        .allSatisfy(row -> assertThat(row).contains("kind:wall:seconds:cpu:nanoseconds"));
  }

  @Test
  void rejectedMessageAddsNoProfile() {
    ProfileBatch batch = direct(written(), Map.of(), Map.of());
    List<String> before = content(batch);
    byte[] b = full();
    b[3] = 99; // the first type is a string that does not exist
    assertThatThrownBy(
            () -> PprofBatchReader.read(b, MAX, Map.of(), RESOURCE, Map.of(), NOW, batch))
        .isInstanceOf(CodecException.class)
        .hasMessage("pprof: string 99 of 16");
    assertThat(content(batch)).isEqualTo(before);
  }

  @Test
  void messagesOfABatchShareSymbols() {
    ProfileBatch batch = direct(full(), Map.of(), Map.of());
    ProfileSymbols before = batch.symbols.view();
    List<String> one = content(batch);
    PprofBatchReader.read(full(), MAX, Map.of(), RESOURCE, Map.of(), NOW, batch);
    ProfileSymbols after = batch.symbols.view();
    assertThat(after.stringCount()).isEqualTo(before.stringCount());
    assertThat(after.functions().count()).isEqualTo(before.functions().count());
    assertThat(after.locations().count()).isEqualTo(before.locations().count());
    assertThat(after.nodes().count()).isEqualTo(before.nodes().count());
    List<String> both = content(batch);
    List<String> twice = new ArrayList<>(one);
    twice.addAll(one);
    twice.sort(null);
    assertThat(both).isEqualTo(twice);
  }

  /** Message of one sample with one location, whose line has a function. */
  private static byte[] references(long mapping, long location, long function, long name) {
    ProtoWriter w = new ProtoWriter();
    int m = w.begin(1);
    w.int64(1, 1).int64(2, 1);
    w.end(m);
    m = w.begin(2);
    w.int64(1, location).int64(2, 1);
    w.end(m);
    m = w.begin(4);
    w.int64(1, 7).int64Unless0(2, mapping);
    int line = w.begin(4);
    w.int64(1, function);
    w.end(line);
    w.end(m);
    m = w.begin(5);
    w.int64(1, 8).int64(2, name);
    w.end(m);
    w.string(6, "").string(6, "cpu");
    return w.toByteArray();
  }

  private static void assertRefused(byte[] pprof, int max, String message) {
    assertThatThrownBy(
            () ->
                PprofBatchReader.read(
                    pprof, max, Map.of(), RESOURCE, Map.of(), NOW, new ProfileBatch()))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining(message);
  }

  @Test
  void rejectsUnknownIdsAndDecompressionBombs() {
    assertThat(content(direct(references(0, 7, 8, 1), Map.of(), Map.of()))).hasSize(1);
    assertRefused(references(0, -1, 8, 1), MAX, "there is no location 18446744073709551615");
    assertRefused(references(0, 1L << 40, 8, 1), MAX, "there is no location 1099511627776");
    assertRefused(references(0, 7, 1L << 33, 1), MAX, "there is no function 8589934592");
    assertRefused(references(Long.MIN_VALUE, 7, 8, 1), MAX, "no mapping 9223372036854775808");
    assertRefused(references(0, 7, 8, Long.MAX_VALUE), MAX, "string 9223372036854775807 of 2");
    byte[] bomb = Compression.GZIP.compress(new byte[1 << 24], 0, 1 << 24, -1);
    assertThat(bomb.length).isLessThan(1 << 17);
    assertRefused(bomb, 1 << 20, "larger than the limit of 1048576 bytes");
  }

  @Test
  void readsOrRejectsDamagedMessagesLikeOtlp() {
    Random random = new Random(7);
    for (byte[] whole : List.of(full(), written())) {
      for (int i = 0; i < 1500; i++) {
        byte[] b = whole.clone();
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
          b[random.nextInt(b.length)] = (byte) random.nextInt(i % 2 == 0 ? 256 : 24);
        }
        assertSame(b);
      }
    }
  }

  @Test
  void dropsNegativeSamplesAndKeepsTheNamesOfOthers() {
    PprofWriter w = new PprofWriter(new ValueType("alloc", "bytes"), new ValueType("n", ""));
    w.add(List.of(new Frame("leaf", "", 1), new Frame("main", "", 1)), 100, 1);
    w.add(List.of(new Frame("leaf", "", 2), new Frame("main", "", 1)), -80, 1);
    w.add(List.of(new Frame("freed", "", 1), new Frame("main", "", 1)), -500, 3);
    w.add(List.of(new Frame("counted", "", 1), new Frame("main", "", 1)), 0, 7);
    byte[] gzip = w.toGzip(5, 6, new ValueType("space", "bytes"), 512);
    byte[] pprof = Compression.GZIP.decompress(gzip, 0, gzip.length, MAX);
    ProfileBatch batch = direct(pprof, Map.of(), ATTRIBUTES);
    assertThat(content(batch)).isEqualTo(content(byOtlp(pprof, Map.of(), ATTRIBUTES)));
    assertThat(batch.rows.totals[0]).isEqualTo(100);
    assertThat(batch.rows.totals[1]).isEqualTo(8);
    assertThat(content(batch).get(0)).contains("leaf", "counted").doesNotContain("freed");
    assertThat(content(batch).get(1)).contains("leaf", "counted").doesNotContain("freed");
  }
}
