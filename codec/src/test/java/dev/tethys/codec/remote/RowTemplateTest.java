package dev.tethys.codec.remote;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DynamicMessage;
import com.sun.management.ThreadMXBean;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xerial.snappy.Snappy;

/** Decompressed by the reference implementation, and read by protobuf's. */
@Tag("slow")
class RowTemplateTest {
  /** One for all, as it is used. */
  private static final RowTemplate.Builder BUILDER = new RowTemplate.Builder();

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final double[] VALUES = {
    0, -0.0, 1, 1, 2, 1024, 0.1, 1e300, Double.NaN, Double.POSITIVE_INFINITY, 65_536, 1.5e9
  };

  private static Labels labels(Random r, int i) {
    LabelsBuilder b = new LabelsBuilder();
    b.set("__name__", "metric_" + "x".repeat(r.nextInt(3) * r.nextInt(60)) + i / 7);
    b.set("instance", "host-1.example.org:9100").set("job", "node");
    if (r.nextBoolean()) {
      b.set("mode", "m" + r.nextInt(5));
    }
    if (r.nextInt(40) == 0) {
      b.set("long", "lorem ipsum ".repeat(r.nextInt(300)));
    }
    return b.set("i", "" + i).build();
  }

  private static byte[] fields(Labels l) {
    byte[] c = l.canonicalBytes();
    return new ProtoWriter().pairs(1, c, 0, c.length).toByteArray();
  }

  private static List<String> read(byte[] request) throws Exception {
    DynamicMessage m = PromProto.parse(PromProto.V1, "WriteRequest", request);
    List<String> out = new ArrayList<>();
    WriteRequestReader r = new WriteRequestReader().reset(request, 0, request.length);
    while (r.nextSeries()) {
      Labels l =
          WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
      assertThat(r.next()).isEqualTo(SeriesEvent.SAMPLE);
      out.add(l + " " + r.timestamp() + " " + Double.doubleToRawLongBits(r.value()));
      assertThat(r.next()).isEqualTo(SeriesEvent.END);
    }
    assertThat(
            m.getRepeatedFieldCount(
                Objects.requireNonNull(m.getDescriptorForType().findFieldByName("timeseries"))))
        .isEqualTo(out.size());
    assertThat(m.getUnknownFields().asMap()).isEmpty();
    return out;
  }

  @Property(tries = 100)
  void requestsContainTheirSeries(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    int n = 1 + random.nextInt(random.nextInt(10) == 0 ? 3000 : 80);
    int most = random.nextBoolean() ? 2000 : 1 + random.nextInt(20);
    List<Labels> all = new ArrayList<>();
    RowTemplate.Builder b = BUILDER.begin(most);
    for (int i = 0; i < n; i++) {
      Labels l = labels(random, i);
      all.add(l);
      byte[] f = fields(l);
      b.add(f, 0, f.length);
    }
    RowTemplate t = Objects.requireNonNull(b.build());
    for (int round = 0; round < 3; round++) {
      long time = round == 0 ? 1L << 35 : round == 1 ? 1_790_000_000_123L : (1L << 42) - 1;
      assertThat(RowTemplate.takes(time)).isTrue();
      double[] v = new double[n];
      for (int i = 0; i < n; i++) {
        v[i] =
            random.nextInt(4) == 0
                ? random.nextDouble() * Math.pow(10, random.nextInt(9))
                : random.nextInt(3) == 0
                    ? random.nextInt(100_000)
                    : VALUES[random.nextInt(VALUES.length)];
      }
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        expected.add(all.get(i) + " " + time + " " + Double.doubleToRawLongBits(v[i]));
      }
      List<String> got = new ArrayList<>();
      byte[] joined = new byte[0];
      int rawJoined = 0;
      for (int p = 0; p < t.pieces(); p++) {
        assertThat(t.count(p)).isBetween(1, most);
        assertThat(t.from(p)).isEqualTo(got.size());
        byte[] out = new byte[t.maxLength(p) + 1];
        int end = t.write(p, time, v, out, 1);
        byte[] elements = Arrays.copyOfRange(out, 1, end);
        byte[] block = SnappyBlock.ofElements(elements, elements.length, t.rawLength(p));
        got.addAll(read(Snappy.uncompress(block)));
        int at = joined.length;
        joined = Arrays.copyOf(joined, at + elements.length);
        System.arraycopy(elements, 0, joined, at, elements.length);
        rawJoined += t.rawLength(p);
      }
      assertThat(got).isEqualTo(expected);
      byte[] whole = Snappy.uncompress(SnappyBlock.ofElements(joined, joined.length, rawJoined));
      assertThat(read(whole)).isEqualTo(expected);
    }
  }

  /** What is unpacked for all pieces together grows with their number, and not with its square. */
  @Test
  void unpacksOnePieceWithoutOthers() {
    Random random = new Random(2);
    RowTemplate.Builder b = BUILDER.begin(100);
    long all = 0;
    for (int i = 0; i < 6000; i++) {
      byte[] noise = new byte[60];
      random.nextBytes(noise);
      byte[] f = fields(Labels.of("__name__", "a", "noise", HexFormat.of().formatHex(noise)));
      all += f.length;
      b.add(f, 0, f.length);
    }
    RowTemplate t = Objects.requireNonNull(b.build());
    double[] v = new double[6000];
    byte[] out = new byte[1 << 20];
    long before = 0;
    for (int round = 0; round < 2; round++) { // arrays that stay are made in the first
      before = THREADS.getCurrentThreadAllocatedBytes();
      for (int p = 0; p < t.pieces(); p++) {
        t.write(p, 1_790_000_000_000L, v, out, 0);
      }
    }
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(all);
  }

  @Test
  void elementsOfDifferentOriginShareABlock() throws Exception {
    Random random = new Random(1);
    RowTemplate.Builder b = BUILDER.begin(10);
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < 10; i++) {
      Labels l = labels(random, i);
      byte[] f = fields(l);
      b.add(f, 0, f.length);
      w.beginSeries(l).sample(1_790_000_000_000L, i + 1).endSeries();
    }
    RowTemplate t = Objects.requireNonNull(b.build());
    byte[] out = new byte[t.maxLength(0) + SnappyBlock.maxEncodedLength(w.size())];
    double[] v = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    int at = SnappyBlock.encodeElements(w.buffer(), 0, w.size(), out, 0);
    at = t.write(0, 1_790_000_000_000L, v, out, at);
    byte[] raw = Snappy.uncompress(SnappyBlock.ofElements(out, at, w.size() + t.rawLength(0)));
    List<String> got = read(raw);
    assertThat(got).hasSize(20);
    assertThat(got.subList(0, 10)).isEqualTo(got.subList(10, 20));
  }

  @Test
  void rejectsRequestsThatFitNoTemplate() {
    byte[] f = fields(Labels.of("__name__", "a", "long", "x".repeat(RowTemplate.MAX_LABELS)));
    RowTemplate.Builder b = BUILDER.begin(10);
    b.add(f, 0, f.length);
    assertThat(b.build()).isNull();
    assertThat(BUILDER.begin(10).build()).isNull();
    assertThat(RowTemplate.takes((1L << 35) - 1)).isFalse();
    assertThat(RowTemplate.takes(1L << 42)).isFalse();
    assertThat(RowTemplate.takes(-1)).isFalse();
  }
}
