package dev.tethys.codec.datadog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Messages are written by protobuf-java, from the description that agent-payload publishes. */
class ColumnPayloadTest {
  private static final int COUNT = 1;
  private static final int RATE = 2;
  private static final int GAUGE = 3;
  private static final int SKETCH = 4;
  private static final int SINT64 = 0x10;
  private static final int FLOAT32 = 0x20;
  private static final int FLOAT64 = 0x30;
  private static final int HAS_UNIT = 0x200;

  private static final Descriptor DATA = descriptor();

  private static Descriptor descriptor() {
    Type sint = Type.TYPE_SINT64;
    Type uint = Type.TYPE_UINT64;
    DescriptorProto.Builder m = DescriptorProto.newBuilder().setName("MetricData");
    Object[][] fields = {
      {1, "dictNameStr", Type.TYPE_BYTES},
      {2, "dictTagStr", Type.TYPE_BYTES},
      {3, "dictTagsets", sint},
      {4, "dictResourceStr", Type.TYPE_BYTES},
      {5, "dictResourceLen", Type.TYPE_INT64},
      {6, "dictResourceType", sint},
      {7, "dictResourceName", sint},
      {8, "dictSourceTypeName", Type.TYPE_BYTES},
      {9, "dictOriginInfo", Type.TYPE_INT32},
      {25, "dictUnitStr", Type.TYPE_BYTES},
      {10, "types", uint},
      {11, "nameRefs", sint},
      {12, "tagsetRefs", sint},
      {13, "resourcesRefs", sint},
      {14, "intervals", uint},
      {15, "numPoints", uint},
      {23, "sourceTypeNameRefs", sint},
      {24, "originInfoRefs", sint},
      {26, "unitRefs", sint},
      {16, "timestamps", sint},
      {17, "valsSint64", sint},
      {18, "valsFloat32", Type.TYPE_FLOAT},
      {19, "valsFloat64", Type.TYPE_DOUBLE},
      {20, "sketchNumBins", uint},
      {21, "sketchBinKeys", Type.TYPE_SINT32},
      {22, "sketchBinCnts", Type.TYPE_UINT32}
    };
    for (Object[] f : fields) {
      m.addField(
          FieldDescriptorProto.newBuilder()
              .setNumber((int) f[0])
              .setName((String) f[1])
              .setType((Type) f[2])
              .setLabel(f[2] == Type.TYPE_BYTES ? Label.LABEL_OPTIONAL : Label.LABEL_REPEATED));
    }
    DescriptorProto metadata =
        DescriptorProto.newBuilder()
            .setName("Metadata")
            .addField(strings(1, "tags"))
            .addField(strings(2, "resources"))
            .build();
    try {
      return FileDescriptor.buildFrom(
              FileDescriptorProto.newBuilder()
                  .setName("v3.proto")
                  .setSyntax("proto3")
                  .addMessageType(m)
                  .addMessageType(metadata)
                  .build(),
              new FileDescriptor[0])
          .findMessageTypeByName("MetricData");
    } catch (com.google.protobuf.Descriptors.DescriptorValidationException e) {
      throw new AssertionError(e);
    }
  }

  private static FieldDescriptorProto strings(int number, String name) {
    return FieldDescriptorProto.newBuilder()
        .setNumber(number)
        .setName(name)
        .setType(Type.TYPE_STRING)
        .setLabel(Label.LABEL_REPEATED)
        .build();
  }

  /** A message that is made column by column. */
  private static final class Table {
    private final Map<String, Object> columns = new HashMap<>();
    private final List<String> tags = new ArrayList<>();
    private final List<String> resources = new ArrayList<>();

    Table words(String name, String... words) {
      ByteArrayOutputStream b = new ByteArrayOutputStream();
      for (String w : words) {
        byte[] utf8 = w.getBytes(StandardCharsets.UTF_8);
        b.write(utf8.length);
        b.writeBytes(utf8);
      }
      columns.put(name, ByteString.copyFrom(b.toByteArray()));
      return this;
    }

    Table set(String name, Number... values) {
      columns.put(name, Arrays.asList(values));
      return this;
    }

    byte[] bytes() {
      DynamicMessage.Builder data = DynamicMessage.newBuilder(DATA);
      columns.forEach(
          (name, value) -> {
            FieldDescriptor f = DATA.findFieldByName(name);
            if (value instanceof ByteString) {
              data.setField(f, value);
            } else {
              for (Object v : (List<?>) value) {
                data.addRepeatedField(f, of(f, (Number) v));
              }
            }
          });
      DynamicMessage.Builder meta =
          DynamicMessage.newBuilder(DATA.getFile().findMessageTypeByName("Metadata"));
      Descriptor m = meta.getDescriptorForType();
      tags.forEach(t -> meta.addRepeatedField(m.findFieldByName("tags"), t));
      resources.forEach(t -> meta.addRepeatedField(m.findFieldByName("resources"), t));
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      part(out, 2, meta.build().toByteArray());
      part(out, 3, data.build().toByteArray());
      return out.toByteArray();
    }

    private static void part(ByteArrayOutputStream out, int field, byte[] message) {
      out.write(field << 3 | 2);
      for (int n = message.length; ; n >>>= 7) {
        out.write(n < 128 ? n : n & 0x7f | 0x80);
        if (n < 128) {
          break;
        }
      }
      out.writeBytes(message);
    }

    private static Object of(FieldDescriptor f, Number v) {
      return switch (f.getJavaType()) {
        case INT -> v.intValue();
        case LONG -> v.longValue();
        case FLOAT -> v.floatValue();
        case DOUBLE -> v.doubleValue();
        default -> throw new AssertionError(f);
      };
    }
  }

  private static Table oneGauge() {
    return new Table()
        .words("dictNameStr", "test.gauge")
        .words("dictTagStr", "env:test", "room:ä")
        .set("dictTagsets", 2, 1, 1)
        .words("dictResourceStr", "host", "node-a")
        .set("dictResourceLen", 1)
        .set("dictResourceType", 1)
        .set("dictResourceName", 2)
        .set("types", GAUGE | FLOAT64)
        .set("nameRefs", 1)
        .set("tagsetRefs", 1)
        .set("resourcesRefs", 1)
        .set("sourceTypeNameRefs", 0)
        .set("originInfoRefs", 0)
        .set("intervals", 10)
        .set("numPoints", 1)
        .set("timestamps", 1000)
        .set("valsFloat64", 42.5);
  }

  private static List<String> shown(DatadogMetrics m) {
    List<String> out = new ArrayList<>();
    for (ResourceGroup<Metric> r : m.data().resources()) {
      for (ScopeGroup<Metric> s : r.scopes()) {
        for (Metric x : s.items()) {
          String head = r.resource().attributes() + " " + x.name() + x.unit() + " ";
          switch (x.data()) {
            case MetricData.Gauge g -> g.points().forEach(p -> out.add(head + "gauge" + point(p)));
            case MetricData.Sum g -> g.points().forEach(p -> out.add(head + "sum" + point(p)));
            case MetricData.ExponentialHistogram g ->
                g.points().forEach(p -> out.add(head + "sketch" + sketch(p)));
            case null, default -> throw new AssertionError(x.name());
          }
        }
      }
    }
    return out;
  }

  private static String point(NumberDataPoint p) {
    return p.attributes() + " " + p.doubleValue() + " @" + p.timeUnixNano() / 1_000_000_000;
  }

  private static String sketch(ExponentialHistogramDataPoint p) {
    return p.attributes()
        + " "
        + p.count()
        + " "
        + p.sum()
        + " "
        + p.min()
        + ".."
        + p.max()
        + " @"
        + p.timeUnixNano() / 1_000_000_000;
  }

  private static List<String> read(Table t) {
    DatadogMetrics m = new DatadogMetrics();
    assertThat(ColumnPayload.read(t.bytes(), m).kept()).isEmpty();
    return shown(m);
  }

  @Test
  void aSeries() {
    assertThat(read(oneGauge()))
        .containsExactly(
            "{host.name=node-a, deployment.environment=test} test.gauge gauge{room=ä} 42.5 @1000");
    assertThat(read(new Table())).isEmpty();
  }

  /** References and times continue over all series; units and zeros have no rows. */
  @Test
  void differencesRelateToThePreviousRow() {
    Table t =
        new Table()
            .words("dictNameStr", "m.count", "m.rate", "m.f")
            .words("dictTagStr", "a:1", "b:2")
            .set("dictTagsets", 2, 1, 1, 1, 1)
            .words("dictResourceStr", "host", "h1", "device", "eth0")
            .set("dictResourceLen", 2)
            .set("dictResourceType", 1, 2)
            .set("dictResourceName", 2, 2)
            .words("dictSourceTypeName", "System")
            .words("dictUnitStr", "second")
            .set("unitRefs", 1)
            .set("types", COUNT | SINT64, RATE | HAS_UNIT, GAUGE | FLOAT32)
            .set("nameRefs", 1, 1, 1)
            .set("tagsetRefs", 1, 1, -2)
            .set("resourcesRefs", 1, 0, -1)
            .set("sourceTypeNameRefs", 1, -1, 0)
            .set("intervals", 10, 20, 0)
            .set("numPoints", 2, 1, 1)
            .set("timestamps", 1000, 10, -5, 1)
            .set("valsSint64", 7, -9)
            .set("valsFloat32", 0.5);
    assertThat(read(t))
        .containsExactly(
            "{host.name=h1, device=eth0, source=System} m.count sum{a=1, b=2} 7.0 @1000",
            "{host.name=h1, device=eth0, source=System} m.count sum{a=1, b=2} -9.0 @1010",
            "{host.name=h1, device=eth0} m.ratesecond sum{a=1} 0.0 @1005",
            "{} m.f gauge{} 0.5 @1006");
  }

  @Test
  void setsReferToEarlierSetsAndIncludeMessageTags() {
    Table t =
        oneGauge()
            .words("dictTagStr", "x:1", "y:2")
            .set("dictTagsets", 1, 1, 2, -1, 3)
            .set("tagsetRefs", 2);
    t.tags.add("team:core");
    t.resources.addAll(List.of("cloud", "aws"));
    assertThat(read(t))
        .containsExactly(
            "{host.name=node-a, cloud=aws} test.gauge gauge{team=core, x=1, y=2} 42.5 @1000");
  }

  @Test
  void sketches() {
    Table t =
        oneGauge()
            .set("types", SKETCH | FLOAT64)
            .set("numPoints", 2)
            .set("timestamps", 1000, 10)
            .set("valsFloat64", 6.5, 1, 3, 2, 2, 2)
            .set("valsSint64", 3, 1)
            .set("sketchNumBins", 2, 1)
            .set("sketchBinKeys", 1338, 71, 1383)
            .set("sketchBinCnts", 1, 2, 1);
    assertThat(read(t))
        .containsExactly(
            "{host.name=node-a, deployment.environment=test} test.gauge sketch{room=ä} 3 6.5"
                + " 1.0..3.0 @1000",
            "{host.name=node-a, deployment.environment=test} test.gauge sketch{room=ä} 1 2.0"
                + " 2.0..2.0 @1010");
  }

  @Test
  void rejectsInvalidItemsIndividually() {
    Table t =
        new Table()
            .words("dictNameStr", "odd", "none", "good")
            .set("types", 7 | SINT64, GAUGE | FLOAT64, GAUGE | SINT64)
            .set("nameRefs", 1, 1, 1)
            .set("tagsetRefs", 0, 0, 0)
            .set("resourcesRefs", 0, 0, 0)
            .set("sourceTypeNameRefs", 0, 0, 0)
            .set("intervals", 0, 0, 0)
            .set("numPoints", 1, 1, 1)
            .set("timestamps", 1000, 0, 0)
            .set("valsSint64", 1, 2)
            .set("valsFloat64", Double.NaN);
    DatadogMetrics m = new DatadogMetrics();
    RejectedItems r = ColumnPayload.read(t.bytes(), m);
    assertThat(r.kept())
        .containsExactly(
            new RejectedItems.Refusal(1, "odd", "unknown type"),
            new RejectedItems.Refusal(2, "none", "value NaN is not finite"));
    assertThat(shown(m)).containsExactly("{} good gauge{} 2.0 @1000");
  }

  @Test
  void rejectsMismatchedColumnsAsAWhole() {
    refused(oneGauge().set("nameRefs", 5), "nameRefs names row 5 of 1");
    refused(oneGauge().set("tagsetRefs", -1), "tagsetRefs names row -1");
    refused(oneGauge().set("nameRefs"), "nameRefs ends after 0 rows");
    refused(oneGauge().set("numPoints", 2), "more points than there are times");
    refused(oneGauge().set("numPoints", -1), "more points than there are times");
    refused(oneGauge().set("timestamps", 1, 2).set("numPoints", 2), "valsFloat64 ends");
    refused(oneGauge().set("dictTagsets", 5, 1), "dictTagsets ends");
    refused(oneGauge().set("dictTagsets", 1, -1), "names row -1");
    refused(oneGauge().set("dictResourceName", 3), "names rows 1 and 3");
    refused(oneGauge().set("types", GAUGE | 0x70), "unknown type 0x70");
    refused(oneGauge().set("types", SKETCH | FLOAT64).set("valsFloat64", 1, 1, 1), "valsSint64");
    Table t = oneGauge();
    t.columns.put("dictNameStr", ByteString.copyFrom(new byte[] {10, 'a'}));
    refused(t, "dictNameStr ends inside a word");
  }

  /** Sets that double, and many points with many tags: small messages that would be large ones. */
  @Test
  void smallMessageStaysSmall() {
    List<Number> doubling = new ArrayList<>(List.of(1, 1));
    for (int i = 1; i < 60; i++) {
      doubling.addAll(List.of(2, -i, 0));
    }
    refused(oneGauge().set("dictTagsets", doubling.toArray(Number[]::new)), "characters");
    int n = 200_000;
    Number[] zeros = new Number[n];
    Arrays.fill(zeros, 0);
    Table t = oneGauge().set("numPoints", n).set("timestamps", zeros).set("valsFloat64", zeros);
    t.tags.add("q".repeat(1000));
    refused(t, "characters");
  }

  @Test
  void rejectsOnlyDamagedInput() {
    byte[] good = oneGauge().bytes();
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] b = good.clone();
      b[random.nextInt(b.length)] = (byte) random.nextInt(256);
      try {
        ColumnPayload.read(b, new DatadogMetrics());
      } catch (CodecException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }

  private static void refused(Table t, String reason) {
    assertThatThrownBy(() -> ColumnPayload.read(t.bytes(), new DatadogMetrics()))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining(reason);
  }
}
