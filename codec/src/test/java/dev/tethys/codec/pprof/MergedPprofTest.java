package dev.tethys.codec.pprof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.ProfileBatchReader;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileLabels;
import dev.tethys.model.profiles.ProfileMerge;
import dev.tethys.model.profiles.Samples;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Profiles of pprof through OTLP and the columns of the store, and back. */
@Tag("slow")
class MergedPprofTest {
  private static final long NOW = 1_795_608_000_000_000_000L;

  private static byte[] plain(byte[] b) {
    return b.length > 1 && b[0] == 0x1f && b[1] == (byte) 0x8b
        ? Compression.GZIP.decompress(b, 0, b.length, 1 << 28)
        : b;
  }

  private static ProfileBatch batch(byte[] pprof) {
    ProfilesWriter out = new ProfilesWriter();
    out.resource(Map.of("service.name", "app"));
    PprofReader.read(pprof, 1 << 28, Map.of(), Map.of(), out);
    byte[] otlp = out.toByteArray();
    return ProfileBatchReader.read(new OtlpReader().profiles(otlp, 0, otlp.length), NOW);
  }

  /** The profile of one type as it is written again. */
  private static byte[] again(ProfileBatch b, String typeId) {
    ProfileMerge merge = new ProfileMerge(true);
    Samples samples = new Samples();
    merge.begin(b.symbols.view());
    for (int r = 0; r < b.rows.count; r++) {
      if (b.series.get(b.rows.series[r]).get(ProfileLabels.PROFILE_TYPE).equals(typeId)) {
        b.rows.read(r, samples);
        merge.profile(0, b.rows, r, samples);
      }
    }
    merge.end();
    return MergedPprof.write(merge, Objects.requireNonNull(ProfileLabels.Type.parse(typeId)));
  }

  /** Content of a message: values by stack and labels, of one sample type, and the other fields. */
  private static final class Content {
    private final byte[] message;
    private final List<String> strings = new ArrayList<>();
    private final List<long[]> types = new ArrayList<>();
    private final Map<Long, String> mappings = new HashMap<>();
    private final Map<Long, String> functions = new HashMap<>();
    private final Map<Long, String> locations = new HashMap<>();

    Content(byte[] message) {
      this.message = message;
      pass(6, r -> strings.add(string(r)));
      pass(1, r -> types.add(numbers(r, 3, new ArrayList<>())));
      pass(
          3,
          r -> {
            long[] m = numbers(r, 11, new ArrayList<>());
            String flags = m[7] + "" + m[8] + m[9] + m[10];
            mappings.put(
                m[1],
                m[2] + "-" + m[3] + "+" + m[4] + " " + text(m[5]) + " " + text(m[6]) + " " + flags);
          });
      pass(
          5,
          r -> {
            long[] f = numbers(r, 6, new ArrayList<>());
            functions.put(f[1], text(f[2]) + "/" + text(f[3]) + "@" + text(f[4]) + ":" + f[5]);
          });
      pass(
          4,
          r -> {
            List<String> lines = new ArrayList<>();
            long[] l = numbers(r, 6, lines);
            locations.put(
                l[1],
                l[3] + "[" + mappings.get(l[2]) + "] " + l[5] + " " + String.join(",", lines));
          });
    }

    private interface Entry {
      void read(ProtoReader r);
    }

    private void pass(int field, Entry e) {
      ProtoReader r = new ProtoReader(message);
      while (r.next()) {
        if (r.field() == field && r.wireType() == ProtoReader.LENGTH) {
          int outer = r.enter();
          e.read(r);
          r.leave(outer);
        } else {
          r.skip();
        }
      }
    }

    private String string(ProtoReader r) {
      int at = r.position();
      r.position(r.limit());
      return new String(message, at, r.limit() - at, StandardCharsets.UTF_8);
    }

    private String text(long i) {
      return strings.get((int) i);
    }

    private long[] numbers(ProtoReader r, int size, List<String> lines) {
      long[] n = new long[size];
      while (r.next()) {
        if (r.wireType() == ProtoReader.VARINT && r.field() < size) {
          n[r.field()] = r.readVarint();
        } else if (r.tag() == (4 << 3 | ProtoReader.LENGTH)) {
          int outer = r.enter();
          long[] line = numbers(r, 4, lines);
          lines.add(functions.getOrDefault(line[1], "/@:0") + " " + line[2] + ":" + line[3]);
          r.leave(outer);
        } else {
          r.skip();
        }
      }
      return n;
    }

    /** Values by stack and labels, without those of 0 and without samples that are dropped. */
    Map<String, Long> samples(int type) {
      Map<String, Long> out = new TreeMap<>();
      pass(
          2,
          r -> {
            StringBuilder key = new StringBuilder();
            List<String> labels = new ArrayList<>();
            List<Long> values = new ArrayList<>();
            while (r.next()) {
              switch (r.field()) {
                case 1 -> {
                  for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); ) {
                    key.append(locations.get(r.readVarint())).append('\n');
                  }
                }
                case 2 -> {
                  for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); ) {
                    values.add(r.readVarint());
                  }
                }
                default -> {
                  int outer = r.enter();
                  long[] l = numbers(r, 5, new ArrayList<>());
                  labels.add(text(l[1]) + "=" + text(l[2]) + " " + l[3] + " " + text(l[4]));
                  r.leave(outer);
                }
              }
            }
            labels.sort(null);
            boolean isDropped = values.stream().anyMatch(v -> v < 0);
            if (values.get(type) != 0 && !isDropped) {
              out.merge(key + labels.toString(), values.get(type), Long::sum);
            }
          });
      return out;
    }

    /** Drop and keep frames, time, duration, period with its type, comments. */
    String rest() {
      long[] n = new long[16];
      List<String> comments = new ArrayList<>();
      StringBuilder period = new StringBuilder();
      ProtoReader r = new ProtoReader(message);
      while (r.next()) {
        if (r.field() == 13) {
          for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); ) {
            comments.add(text(r.readVarint()));
          }
        } else if (r.field() == 11) {
          int outer = r.enter();
          long[] t = numbers(r, 3, new ArrayList<>());
          period.append(text(t[1])).append('/').append(text(t[2]));
          r.leave(outer);
        } else if (r.wireType() == ProtoReader.VARINT && r.field() < 16) {
          n[r.field()] = r.readVarint();
        } else {
          r.skip();
        }
      }
      comments.sort(null);
      return text(n[7])
          + "|"
          + text(n[8])
          + "|"
          + (n[9] == 0 ? NOW : n[9])
          + "|"
          + n[10]
          + "|"
          + period
          + "|"
          + n[12]
          + "|"
          + comments;
    }
  }

  private static void assertRoundTrip(byte[] pprof) {
    Content before = new Content(plain(pprof));
    ProfileBatch b = batch(pprof);
    Map<String, String> ids = new HashMap<>();
    b.series.forEach(
        l -> ids.put(l.get("__type__") + "/" + l.get("__unit__"), l.get("__profile_type__")));
    for (int t = 0; t < before.types.size(); t++) {
      String name = before.text(before.types.get(t)[1]) + "/" + before.text(before.types.get(t)[2]);
      Content after = new Content(again(b, String.valueOf(ids.get(name))));
      Map<String, Long> missing = new TreeMap<>(before.samples(t));
      missing.entrySet().removeAll(after.samples(0).entrySet());
      assertThat(missing).as(name).isEmpty();
      assertThat(after.samples(0)).as(name).hasSameSizeAs(before.samples(t));
      assertThat(after.rest()).as(name).isEqualTo(before.rest());
    }
  }

  @TestFactory
  Stream<DynamicTest> profilesOfProgramsComeBackAsTheyWere() {
    List<Path> files = new ArrayList<>(Shared.conformanceFiles("parca/profiles", ""));
    files.addAll(Shared.conformanceFiles("pyroscope/pprof", ".pb.gz"));
    files.removeIf(f -> f.toString().contains("invalid_utf8"));
    files.removeIf(f -> f.toString().contains("dotnet-pprof-3")); // has no functions, is refused
    return files.stream()
        .map(
            f ->
                DynamicTest.dynamicTest(
                    f.getFileName().toString(), () -> assertRoundTrip(Files.readAllBytes(f))));
  }

  /** A heap profile with labels of every kind, comments, inlined frames and no mapping. */
  private static byte[] own() {
    ProtoWriter p = new ProtoWriter();
    String[] strings = {
      "",
      "alloc_space",
      "bytes",
      "space",
      "main",
      "f",
      "f.go",
      "tenant",
      "a",
      "size",
      "drop",
      "note",
      "/bin/x",
      "b1d",
      "keep"
    };
    valueType(p, 1, 1, 2);
    sample(p, new long[] {2, 1}, 4096, 7, 8, 9, 16);
    sample(p, new long[] {2, 1}, 1024, 7, 8, 9, 32);
    sample(p, new long[] {1}, 1, 7, 8, 9, 16);
    int m = p.begin(3);
    p.int64(1, 1).int64(2, 4096).int64(3, 8192).int64(5, 12).int64(6, 13).int64(7, 1);
    p.end(m);
    for (int id = 1; id <= 2; id++) {
      m = p.begin(4);
      p.int64(1, id).int64(2, id == 1 ? 1 : 0).int64(3, 0xfedcba9876543210L + id);
      for (int f = id; f <= 2; f++) {
        int line = p.begin(4);
        p.int64(1, Long.MAX_VALUE - f).int64(2, 10L + f).int64(3, 3);
        p.end(line);
      }
      p.int64(5, id - 1L);
      p.end(m);
      m = p.begin(5);
      p.int64(1, Long.MAX_VALUE - id).int64(2, 3L + id).int64(4, 6).int64(5, id);
      p.end(m);
    }
    for (String s : strings) {
      p.string(6, s);
    }
    p.int64(7, 10).int64(8, 14).int64(9, NOW).int64(10, 5);
    valueType(p, 11, 3, 2);
    p.int64(12, 524_288);
    m = p.begin(13);
    p.varint(11);
    p.end(m);
    return p.toByteArray();
  }

  private static void valueType(ProtoWriter p, int field, int type, int unit) {
    int m = p.begin(field);
    p.int64(1, type).int64(2, unit);
    p.end(m);
  }

  private static void sample(
      ProtoWriter p, long[] stack, long value, int key, int text, int numberKey, long number) {
    int m = p.begin(2);
    int packed = p.begin(1);
    for (long l : stack) {
      p.varint(l);
    }
    p.end(packed);
    p.int64(2, value);
    int label = p.begin(3);
    p.int64(1, key).int64(2, text);
    p.end(label);
    label = p.begin(3);
    p.int64(1, numberKey).int64(3, number).int64(4, 2);
    p.end(label);
    p.end(m);
  }

  @Test
  void labelsUnitsCommentsAndHugeIdsRoundTrip() {
    assertRoundTrip(own());
    ProfileBatch b = batch(own());
    assertThat(b.series)
        .singleElement()
        .satisfies(
            l -> {
              assertThat(l.get("service_name")).isEqualTo("app");
              assertThat(l.get("tenant")).isEqualTo("a");
              assertThat(l.get("__profile_type__"))
                  .isEqualTo("memory:alloc_space:bytes:space:bytes");
            });
  }

  @Test
  void rejectsDanglingReferenceByName() {
    ProtoWriter p = new ProtoWriter();
    int resource = p.begin(1);
    int scope = p.begin(2);
    int profile = p.begin(2);
    int sample = p.begin(2);
    p.int64(1, 77);
    p.end(sample);
    p.end(profile);
    p.end(scope);
    p.end(resource);
    byte[] otlp = p.toByteArray();
    assertThatThrownBy(
            () -> ProfileBatchReader.read(new OtlpReader().profiles(otlp, 0, otlp.length), NOW))
        .isInstanceOf(CodecException.class)
        .hasMessage("OTLP profiles: stack_table has 0 entries, a reference is 77");
  }

  @Test
  void readsOrRejectsHostileFuzzerInput() throws IOException {
    for (Path f : Shared.conformanceFiles("pprof/fuzz", "")) {
      byte[] b = Files.readAllBytes(f);
      try {
        batch(b);
      } catch (CodecException e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
  }
}
