package dev.tethys.codec.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.Samples;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class WriteRequestTest {
  private record Read(Labels labels, List<Object> events) {}

  private record Float(long start, long time, long bits) {}

  private record Histo(long start, long time, Histogram histogram) {}

  private static List<Read> read1(byte[] request) {
    byte[] padded = new byte[request.length + 20]; // it stands within a larger buffer
    System.arraycopy(request, 0, padded, 7, request.length);
    WriteRequestReader r = new WriteRequestReader().reset(padded, 7, request.length);
    List<Read> out = new ArrayList<>();
    while (r.nextSeries()) {
      Labels l =
          WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
      List<Object> events = new ArrayList<>();
      for (SeriesEvent e; (e = r.next()) != SeriesEvent.END; ) {
        events.add(
            switch (e) {
              case SAMPLE -> new Float(0, r.timestamp(), Double.doubleToRawLongBits(r.value()));
              case HISTOGRAM -> new Histo(0, r.timestamp(), r.histogram());
              case EXEMPLAR -> String.valueOf(r.exemplar());
              case END -> throw new AssertionError();
            });
      }
      out.add(new Read(l, events));
    }
    return out;
  }

  private static List<Read> read2(byte[] request) {
    WriteRequestV2Reader r = new WriteRequestV2Reader().reset(request, 0, request.length);
    List<Read> out = new ArrayList<>();
    while (r.nextSeries()) {
      assertThat(r.seriesProblem()).isNull();
      Labels l = WriteRequestV2Reader.LABELS.decode(r.labelBuffer(), 0, r.labelLength());
      List<Object> events = new ArrayList<>();
      for (SeriesEvent e; (e = r.next()) != SeriesEvent.END; ) {
        events.add(
            switch (e) {
              case SAMPLE ->
                  new Float(
                      r.startTimestamp(), r.timestamp(), Double.doubleToRawLongBits(r.value()));
              case HISTOGRAM -> new Histo(r.startTimestamp(), r.timestamp(), r.histogram());
              case EXEMPLAR -> String.valueOf(r.exemplar());
              case END -> throw new AssertionError();
            });
      }
      events.add(r.metadata());
      out.add(new Read(l, events));
    }
    return out;
  }

  private static Labels labels(Random r) {
    List<String> nv = new ArrayList<>(List.of("__name__", "metric_" + r.nextInt(5)));
    for (int i = r.nextInt(6); i > 0; i--) {
      nv.add((r.nextBoolean() ? "Älter" : "zone") + i);
      nv.add("v".repeat(1 + r.nextInt(300)));
    }
    return Labels.of(nv.toArray(String[]::new));
  }

  @Property(tries = 200)
  void writeRequest1RoundTripsAndAgreesWithProtobufJava(@ForAll long seed)
      throws InvalidProtocolBufferException {
    Random r = new Random(seed);
    WriteRequestWriter w = new WriteRequestWriter();
    List<Read> expected = new ArrayList<>();
    for (int i = r.nextInt(10); i > 0; i--) {
      Labels l = labels(r);
      List<Object> events = new ArrayList<>();
      w.beginSeries(l);
      for (int k = r.nextInt(4); k > 0; k--) {
        long t = r.nextInt(5) == 0 ? -r.nextLong(1000) : r.nextLong(1L << 42);
        double v = r.nextInt(5) == 0 ? Samples.STALE : r.nextInt(4) == 0 ? 0 : r.nextGaussian();
        w.sample(t, v);
        events.add(new Float(0, t, Double.doubleToRawLongBits(v)));
      }
      for (int k = r.nextInt(2); k > 0; k--) {
        Exemplar e = new Exemplar(Labels.of("trace_id", "x" + k), r.nextGaussian(), r.nextLong());
        w.exemplar(e);
        events.add(e.toString());
      }
      for (int k = r.nextInt(3); k > 0; k--) {
        Histogram h = Histograms.random(r);
        long t = r.nextLong(1L << 42);
        w.histogram(t, h);
        events.add(new Histo(0, t, h));
      }
      w.endSeries();
      expected.add(new Read(l, events));
    }
    w.metadata("m", new MetricMetadata(MetricType.HISTOGRAM, "help", "seconds"));
    byte[] bytes = w.toByteArray();
    assertThat(read1(bytes)).isEqualTo(expected);
    DynamicMessage parsed = PromProto.parse(PromProto.V1, "WriteRequest", bytes);
    assertThat(parsed.getUnknownFields().asMap()).isEmpty();
    // written again by protobuf-java, which packs and orders in its own way
    byte[] again = parsed.toByteArray();
    assertThat(read1(again)).isEqualTo(expected);
    WriteRequestReader m = new WriteRequestReader().reset(again, 0, again.length);
    assertThat(m.nextMetadata()).isTrue();
    assertThat(m.metricFamily()).isEqualTo("m");
    assertThat(m.metadata()).isEqualTo(new MetricMetadata(MetricType.HISTOGRAM, "help", "seconds"));
    assertThat(m.nextMetadata()).isFalse();
  }

  @Property(tries = 200)
  void writeRequest2RoundTripsAndAgreesWithProtobufJava(@ForAll long seed)
      throws InvalidProtocolBufferException {
    Random r = new Random(seed);
    WriteRequestV2Writer w = new WriteRequestV2Writer();
    List<Read> expected = new ArrayList<>();
    for (int i = r.nextInt(300); i > 0; i--) {
      Labels l = labels(r);
      List<Object> events = new ArrayList<>();
      w.beginSeries(l);
      for (int k = r.nextInt(4); k > 0; k--) {
        long t = r.nextLong(1L << 42);
        long st = r.nextBoolean() ? 0 : r.nextLong(t + 1);
        double v = r.nextInt(5) == 0 ? Samples.STALE : r.nextGaussian();
        w.sample(st, t, v);
        events.add(new Float(st, t, Double.doubleToRawLongBits(v)));
      }
      for (int k = r.nextInt(3); k > 0; k--) {
        Histogram h = Histograms.random(r);
        long t = r.nextLong(1L << 42);
        w.histogram(5, t, h);
        events.add(new Histo(5, t, h));
      }
      for (int k = r.nextInt(2); k > 0; k--) {
        Exemplar e = new Exemplar(Labels.of("trace_id", "x" + k), r.nextGaussian(), r.nextLong());
        w.exemplar(e);
        events.add(e.toString());
      }
      MetricMetadata m = new MetricMetadata(MetricType.COUNTER, "help " + i % 5, "bytes");
      w.metadata(m);
      events.add(m);
      w.endSeries();
      expected.add(new Read(l, events));
    }
    byte[] bytes = w.toByteArray();
    assertThat(read2(bytes)).isEqualTo(expected);
    DynamicMessage parsed = PromProto.parse(PromProto.V2, "Request", bytes);
    assertThat(parsed.getUnknownFields().asMap()).isEmpty();
    List<String> symbols = PromProto.get(parsed, "symbols");
    assertThat(symbols).doesNotHaveDuplicates().startsWith("");
    assertThat(read2(parsed.toByteArray())).isEqualTo(expected);
  }

  @Property(tries = 3000)
  void readsOrRejectsMutatedRequests(@ForAll long seed) {
    Random r = new Random(seed);
    WriteRequestWriter one = new WriteRequestWriter();
    WriteRequestV2Writer two = new WriteRequestV2Writer();
    one.beginSeries(labels(r)).sample(1, 2).histogram(3, Histograms.random(r));
    one.exemplar(new Exemplar(Labels.of("a", "b"), 1, 2)).endSeries();
    one.metadata("m", new MetricMetadata(MetricType.GAUGE, "h", ""));
    two.beginSeries(labels(r)).sample(1, 2, 3).histogram(1, 3, Histograms.random(r));
    two.exemplar(new Exemplar(Labels.of("a", "b"), 1, 2));
    two.metadata(new MetricMetadata(MetricType.GAUGE, "h", "")).endSeries();
    for (byte[] b : List.of(one.toByteArray(), two.toByteArray())) {
      for (int i = 1 + r.nextInt(4); i > 0; i--) {
        b[r.nextInt(b.length)] = (byte) r.nextInt(256);
      }
      try {
        read1(b);
        WriteRequestReader m = new WriteRequestReader().reset(b, 0, b.length);
        while (m.nextMetadata()) {
          assertThat(m.metadata()).isNotNull();
        }
      } catch (CodecException expected) {
        assertThat(expected.getMessage()).isNotEmpty();
      }
      try {
        WriteRequestV2Reader v2 =
            new WriteRequestV2Reader().typeAndUnitLabels(true).reset(b, 0, b.length);
        while (v2.nextSeries()) {
          if (v2.seriesProblem() == null) {
            while (v2.next() != SeriesEvent.END) {
              assertThat(v2.exemplar() == null || v2.exemplarProblem() == null).isTrue();
            }
            assertThat(v2.metadata()).isNotNull();
            WriteRequestV2Reader.LABELS.decode(v2.labelBuffer(), 0, v2.labelLength());
          }
        }
      } catch (CodecException expected) {
        assertThat(expected.getMessage()).isNotEmpty();
      }
    }
  }

  @Test
  void canonicalBytesOfVersion2AreTheKey() {
    Labels l = Labels.of("__name__", "up", "job", "x");
    byte[] b = new WriteRequestV2Writer().beginSeries(l).sample(0, 1, 2).endSeries().toByteArray();
    WriteRequestV2Reader r = new WriteRequestV2Reader().reset(b, 0, b.length);
    assertThat(r.nextSeries()).isTrue();
    assertThat(java.util.Arrays.copyOf(r.labelBuffer(), r.labelLength()))
        .isEqualTo(l.canonicalBytes());
    assertThat(r.sampleCount()).isEqualTo(1);
  }

  private static ByteString series(String... namesAndValues) {
    ProtoWriter w = new ProtoWriter();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      int m = w.begin(1);
      w.stringUnlessEmpty(1, namesAndValues[i]).stringUnlessEmpty(2, namesAndValues[i + 1]);
      w.end(m);
    }
    return ByteString.copyFrom(w.toByteArray());
  }

  private static Labels decode(ByteString region) {
    byte[] b = region.toByteArray();
    return WriteRequestReader.LABELS.decode(b, 0, b.length);
  }

  @Test
  void sortsLabelsAndDropsEmptyOnes() {
    assertThat(decode(series("z", "1", "__name__", "up", "empty", "", "a", "2")))
        .isEqualTo(Labels.of("__name__", "up", "a", "2", "z", "1"));
  }

  @Test
  void rejectsInvalidLabelsWithPrometheusMessages() {
    assertThatThrownBy(() -> decode(series("a", "b")))
        .isInstanceOf(InvalidLabelsException.class)
        .hasMessage("invalid metric name or labels, got {a=\"b\"}");
    assertThatThrownBy(() -> decode(series("__name__", "x", "", "b")))
        .isInstanceOf(InvalidLabelsException.class);
    assertThatThrownBy(() -> decode(series("__name__", "x", "b", "1", "b", "2")))
        .isInstanceOf(InvalidLabelsException.class)
        .hasMessageEndingWith("duplicated label b");
    ProtoWriter w = new ProtoWriter();
    int m = w.begin(1);
    w.string(1, "__name__").bytes(2, new byte[] {(byte) 0xc0, (byte) 0x80});
    w.end(m);
    assertThatThrownBy(() -> decode(ByteString.copyFrom(w.toByteArray())))
        .isInstanceOf(InvalidLabelsException.class);
  }

  @Test
  void gathersScatteredLabels() {
    ProtoWriter w = new ProtoWriter();
    int s = w.begin(1);
    w.raw(series("__name__", "up").toByteArray(), 0, series("__name__", "up").size());
    int x = w.begin(2);
    w.float64(1, 5).int64(2, 7);
    w.end(x);
    w.raw(series("a", "b").toByteArray(), 0, series("a", "b").size());
    w.end(s);
    assertThat(read1(w.toByteArray()))
        .containsExactly(
            new Read(
                Labels.of("__name__", "up", "a", "b"),
                List.of(new Float(0, 7, Double.doubleToRawLongBits(5)))));
  }

  @Test
  void sortsAMillionLabelsInBoundedMemory() {
    List<String> nv = new ArrayList<>(List.of("__name__", "x"));
    for (int i = 1_000_000; i > 0; i--) {
      nv.add("l" + i);
      nv.add("v");
    }
    assertThat(decode(series(nv.toArray(String[]::new))).size()).isEqualTo(1_000_001);
  }

  @Test
  void badReferencesOfVersion2AffectOnlyTheirSeries() {
    byte[] b =
        PromProto.of(
                PromProto.V2,
                "Request",
                "symbols",
                List.of("", "__name__", "up"),
                "timeseries",
                List.of(
                    PromProto.of(PromProto.V2, "TimeSeries", "labels_refs", List.of(1, 9)),
                    PromProto.of(PromProto.V2, "TimeSeries", "labels_refs", List.of(1, 2, 1)),
                    PromProto.of(
                        PromProto.V2,
                        "TimeSeries",
                        "labels_refs",
                        List.of(1, 2),
                        "metadata",
                        PromProto.of(PromProto.V2, "Metadata", "unit_ref", 7)),
                    PromProto.of(PromProto.V2, "TimeSeries", "labels_refs", List.of(1, 2))))
            .toByteArray();
    WriteRequestV2Reader r = new WriteRequestV2Reader().reset(b, 0, b.length);
    r.nextSeries();
    assertThat(r.seriesProblem())
        .isEqualTo(
            "parsing labels for series: labelRefs 1 (name) = 9 (value) outside of symbols table"
                + " (size 3)");
    r.nextSeries();
    assertThat(r.seriesProblem()).endsWith("invalid labelRefs length 3");
    r.nextSeries();
    assertThat(r.seriesProblem()).endsWith("unit_ref 7 outside of symbols table (size 3)");
    r.nextSeries();
    assertThat(r.seriesProblem()).isNull();
    assertThat(r.nextSeries()).isFalse();
  }

  @Test
  void typeAndUnitBecomeLabels() {
    WriteRequestV2Writer w = new WriteRequestV2Writer();
    w.beginSeries(Labels.of("__name__", "x", "__type__", "old", "a", "b"));
    w.metadata(new MetricMetadata(MetricType.COUNTER, "", "bytes")).endSeries();
    byte[] b = w.toByteArray();
    WriteRequestV2Reader r =
        new WriteRequestV2Reader().typeAndUnitLabels(true).reset(b, 0, b.length);
    r.nextSeries();
    assertThat(WriteRequestV2Reader.LABELS.decode(r.labelBuffer(), 0, r.labelLength()))
        .isEqualTo(
            Labels.of("__name__", "x", "__type__", "counter", "__unit__", "bytes", "a", "b"));
  }

  @Test
  void boundsSmallReferencesToALargeSymbol() {
    byte[] large = new byte[9 << 20];
    java.util.Arrays.fill(large, (byte) 'x');
    ProtoWriter w = new ProtoWriter();
    w.string(4, "").bytes(4, large);
    int s = w.begin(5);
    int refs = w.begin(1);
    w.varint(1).varint(1);
    w.end(refs);
    w.end(s);
    byte[] b = w.toByteArray();
    assertThatThrownBy(() -> new WriteRequestV2Reader().reset(b, 0, b.length).nextSeries())
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("resolve to more than");
  }

  @Test
  void rejectsAbsurdHistogram() {
    ProtoWriter w = new ProtoWriter();
    int s = w.begin(1);
    int h = w.begin(4);
    int d = w.begin(12);
    for (int i = 0; i <= HistogramMessage.MAX_BUCKETS; i++) {
      w.signedVarint(1);
    }
    w.end(d);
    w.end(h);
    w.end(s);
    byte[] b = w.toByteArray();
    WriteRequestReader r = new WriteRequestReader().reset(b, 0, b.length);
    r.nextSeries();
    assertThatThrownBy(r::next).isInstanceOf(CodecException.class).hasMessageContaining("buckets");
  }

  @Property(tries = 200)
  void writesLabelsInCanonicalOrder(@ForAll long seed) {
    Random random = new Random(seed);
    LabelsBuilder b = new LabelsBuilder();
    for (int i = random.nextInt(6); i >= 0; i--) {
      // Lengths around those at which a length takes another byte.
      b.set("n" + "x".repeat(random.nextInt(140)), "v".repeat(1 + random.nextInt(300)));
    }
    Labels l = b.build();
    byte[] canonical = l.canonicalBytes();
    byte[] wanted = new WriteRequestWriter().beginSeries(l).sample(5, 1).endSeries().toByteArray();
    byte[] padded = new byte[canonical.length + 7];
    System.arraycopy(canonical, 0, padded, 3, canonical.length);
    assertThat(
            new WriteRequestWriter()
                .beginCanonicalSeries(padded, 3, canonical.length)
                .sample(5, 1)
                .endSeries()
                .toByteArray())
        .isEqualTo(wanted);
    WriteRequestReader r = new WriteRequestReader().reset(wanted, 0, wanted.length);
    assertThat(r.nextSeries()).isTrue();
    assertThat(
            new WriteRequestWriter()
                .beginSeries(r.labelBuffer(), r.labelOffset(), r.labelLength())
                .sample(5, 1)
                .endSeries()
                .toByteArray())
        .isEqualTo(wanted);
  }

  @Test
  void startTimestampsStayWithinTheProcess() {
    byte[] b =
        new WriteRequestWriter()
            .beginSeries(Labels.of("__name__", "a"))
            .sample(3, 5, 1)
            .sample(6, 1)
            .endSeries()
            .toByteArray();
    WriteRequestReader r = new WriteRequestReader().reset(b, 0, b.length);
    assertThat(r.nextSeries()).isTrue();
    r.next();
    assertThat(r.startTimestamp()).isEqualTo(3);
    assertThat(r.timestamp()).isEqualTo(5);
    r.next();
    assertThat(r.startTimestamp()).isZero();
    assertThat(r.timestamp()).isEqualTo(6);
  }
}
