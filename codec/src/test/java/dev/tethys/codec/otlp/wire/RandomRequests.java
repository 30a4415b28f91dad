package dev.tethys.codec.otlp.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import io.opentelemetry.proto.logs.v1.LogsData;
import io.opentelemetry.proto.metrics.v1.MetricsData;
import io.opentelemetry.proto.profiles.v1development.ProfilesData;
import io.opentelemetry.proto.profiles.v1development.ProfilesDictionary;
import io.opentelemetry.proto.trace.v1.TracesData;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Requests in which any field may be set, made from the official description of OTLP. */
final class RandomRequests {
  private static final String[] TEXTS = {
    "",
    "a",
    "service.name",
    "grün",
    "日本",
    "🙂",
    "a\"\\\n\t\u0001<",
    "x".repeat(63),
    "é".repeat(70),
    "k".repeat(200)
  };

  /** Of each table of a dictionary. */
  private static final int ENTRIES = 3;

  private final Random random;

  RandomRequests(long seed) {
    random = new Random(seed);
  }

  static Message prototype(OtlpSignal signal) {
    return switch (signal) {
      case LOGS -> LogsData.getDefaultInstance();
      case TRACES -> TracesData.getDefaultInstance();
      case METRICS -> MetricsData.getDefaultInstance();
      case PROFILES -> ProfilesData.getDefaultInstance();
    };
  }

  Message next(OtlpSignal signal) {
    Message m = fill(prototype(signal).toBuilder(), 0).build();
    return m instanceof ProfilesData p ? p.toBuilder().setDictionary(dictionary()).build() : m;
  }

  /** Three entries in each table, the first of them empty, as indices of profiles expect. */
  private ProfilesDictionary dictionary() {
    ProfilesDictionary.Builder b = ProfilesDictionary.newBuilder();
    for (FieldDescriptor f : b.getDescriptorForType().getFields()) {
      boolean text = f.getJavaType() == JavaType.STRING;
      b.addRepeatedField(f, text ? "" : b.newBuilderForField(f).build());
      for (int i = 1; i < ENTRIES; i++) {
        b.addRepeatedField(f, text ? "text " + random.nextInt(9) : value(b, f, 4));
      }
    }
    return b.build();
  }

  private Message.Builder fill(Message.Builder b, int depth) {
    Descriptor d = b.getDescriptorForType();
    for (FieldDescriptor f : d.getFields()) {
      // References of attributes are resolved in the tree: see ProfilesWireTest.
      boolean reference =
          f.getName().equals("string_value_strindex")
              || d.getName().equals("KeyValue") && f.getName().equals("key_strindex");
      if (reference || depth > 3 && random.nextInt(4) == 0) {
        continue;
      }
      if (f.isRepeated()) {
        int n = depth < 3 ? 1 + random.nextInt(2) : random.nextInt(depth > 12 ? 1 : 4);
        for (int i = 0; i < n; i++) {
          b.addRepeatedField(f, value(b, f, depth));
        }
      } else if (random.nextInt(4) > 0) {
        b.setField(f, value(b, f, depth));
      }
    }
    return b;
  }

  private Object value(Message.Builder in, FieldDescriptor f, int depth) {
    return switch (f.getJavaType()) {
      case STRING -> TEXTS[random.nextInt(TEXTS.length)];
      case BOOLEAN -> random.nextBoolean();
      case INT ->
          f.getType() == FieldDescriptor.Type.INT32 ? random.nextInt(ENTRIES) : (int) integer();
      case LONG -> integer();
      case FLOAT -> random.nextFloat();
      case DOUBLE ->
          switch (random.nextInt(8)) {
            case 0 -> 0.0;
            case 1 -> -0.0;
            case 2 -> Double.NaN;
            case 3 -> Double.NEGATIVE_INFINITY;
            case 4 -> 1.0;
            default -> Double.longBitsToDouble(random.nextLong() & ~(1L << 62));
          };
      case BYTE_STRING -> {
        int n =
            f.getName().matches("(trace|profile)_id")
                ? 16
                : f.getName().endsWith("span_id") ? 8 : 5;
        byte[] bytes = new byte[n];
        random.nextBytes(bytes);
        bytes[0] |= 1;
        yield ByteString.copyFrom(bytes);
      }
      case ENUM ->
          f.getEnumType().getValues().get(random.nextInt(f.getEnumType().getValues().size()));
      case MESSAGE ->
          depth > 14
              ? in.newBuilderForField(f).build()
              : fill(in.newBuilderForField(f), depth + 1).build();
    };
  }

  private long integer() {
    return switch (random.nextInt(5)) {
      case 0 -> 0;
      case 1 -> random.nextInt(200);
      case 2 -> random.nextLong();
      case 3 -> -1;
      default -> random.nextInt();
    };
  }

  /**
   * Without what means the same as nothing: messages with nothing in them where no choice is
   * expressed by them.
   */
  static Message normal(Message m) {
    Message.Builder b = m.toBuilder();
    for (var e : m.getAllFields().entrySet()) {
      FieldDescriptor f = e.getKey();
      if (f.getJavaType() != JavaType.MESSAGE) {
        continue;
      }
      if (f.isRepeated()) {
        for (int i = 0; i < m.getRepeatedFieldCount(f); i++) {
          b.setRepeatedField(f, i, normal((Message) m.getRepeatedField(f, i)));
        }
      } else {
        Message inner = normal((Message) e.getValue());
        if (f.getContainingOneof() == null && inner.getSerializedSize() == 0) {
          b.clearField(f);
        } else {
          b.setField(f, inner);
        }
      }
    }
    return b.build();
  }

  static Message parse(OtlpSignal signal, byte[] bytes) throws java.io.IOException {
    return prototype(signal).getParserForType().parseFrom(bytes);
  }

  /** The descriptor of a message by the name it has in our table. */
  static Descriptor descriptor(String name) {
    if (name.equals("ProfileLink")) {
      return io.opentelemetry.proto.profiles.v1development.Link.getDescriptor();
    }
    for (OtlpSignal s : OtlpSignal.values()) {
      Descriptor d = find(prototype(s).getDescriptorForType(), name, 0);
      if (d != null) {
        return d;
      }
    }
    throw new IllegalArgumentException(name);
  }

  private static @Nullable Descriptor find(Descriptor d, String name, int depth) {
    if (d.getName().equals(name)) {
      return d;
    }
    if (depth < 8) {
      for (FieldDescriptor f : d.getFields()) {
        if (f.getJavaType() == JavaType.MESSAGE) {
          Descriptor found = find(f.getMessageType(), name, depth + 1);
          if (found != null) {
            return found;
          }
        }
      }
    }
    return null;
  }

  /** Items by the official classes. */
  static int items(Message request) {
    return switch (request) {
      case LogsData d ->
          d.getResourceLogsList().stream()
              .flatMap(r -> r.getScopeLogsList().stream())
              .mapToInt(s -> s.getLogRecordsCount())
              .sum();
      case TracesData d ->
          d.getResourceSpansList().stream()
              .flatMap(r -> r.getScopeSpansList().stream())
              .mapToInt(s -> s.getSpansCount())
              .sum();
      case MetricsData d ->
          d.getResourceMetricsList().stream()
              .flatMap(r -> r.getScopeMetricsList().stream())
              .flatMap(s -> s.getMetricsList().stream())
              .mapToInt(
                  m ->
                      m.getGauge().getDataPointsCount()
                          + m.getSum().getDataPointsCount()
                          + m.getHistogram().getDataPointsCount()
                          + m.getExponentialHistogram().getDataPointsCount()
                          + m.getSummary().getDataPointsCount())
              .sum();
      case ProfilesData d ->
          d.getResourceProfilesList().stream()
              .flatMap(r -> r.getScopeProfilesList().stream())
              .flatMap(s -> s.getProfilesList().stream())
              .mapToInt(p -> p.getSamplesCount())
              .sum();
      default -> throw new IllegalArgumentException(request.getClass().toString());
    };
  }
}
