package dev.tethys.codec.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.jaeger.JaegerReader;
import dev.tethys.codec.loki.PushBatchReader;
import dev.tethys.codec.loki.PushReader;
import dev.tethys.codec.otlp.wire.OtlpCheck;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.pprof.PprofReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.zipkin.ZipkinReader;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.logs.LogBatch;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What readers make of elements of a few bytes each is charged to the request. */
class ChargedMemoryTest {
  private static final int ELEMENTS = 10_000;

  /** Reads a body. */
  private interface Reading {
    @Nullable Object run() throws Exception;
  }

  private static long charged(Reading reading) throws Exception {
    long[] sum = new long[1];
    RequestMemory.<@Nullable Object, Exception>during(bytes -> sum[0] += bytes, reading::run);
    return sum[0];
  }

  private static void isCharged(int bytesOfOne, Reading reading) throws Exception {
    assertThat(charged(reading)).isGreaterThanOrEqualTo((long) bytesOfOne * ELEMENTS);
  }

  /** A request of OTLP with items without a field. */
  private static byte[] emptyItems() {
    ProtoWriter w = new ProtoWriter();
    int resource = w.begin(1);
    int scope = w.begin(2);
    for (int i = 0; i < ELEMENTS; i++) {
      w.end(w.begin(2));
    }
    w.end(scope);
    w.end(resource);
    return w.toByteArray();
  }

  @ParameterizedTest
  @EnumSource(
      value = OtlpSignal.class,
      names = {"LOGS", "TRACES"})
  void itemsOfOtlp(OtlpSignal signal) throws Exception {
    byte[] b = emptyItems();
    isCharged(
        RequestMemory.ITEM_BYTES + RequestMemory.VALUE_BYTES,
        () -> OtlpCheck.check(signal, b, 0, b.length));
  }

  @Test
  void rejectsItemsOverTheBudgetBeforeReading() {
    ByteBudget budget = new ByteBudget(1_000_000);
    byte[] b = emptyItems();
    try (ByteBudget.Reservation r = budget.open()) {
      assertThatThrownBy(
              () ->
                  RequestMemory.<Integer, RuntimeException>during(
                      r, () -> OtlpCheck.check(OtlpSignal.LOGS, b, 0, b.length)))
          .isInstanceOfSatisfying(
              ByteBudget.OverBudgetException.class, e -> assertThat(e.isTooLarge()).isTrue());
    }
    assertThat(OtlpCheck.check(OtlpSignal.LOGS, b, 0, b.length))
        .as("outside of a request")
        .isEqualTo(ELEMENTS);
  }

  private static byte[] list(String element) {
    return ("[" + (element + ",").repeat(ELEMENTS - 1) + element + "]").getBytes(UTF_8);
  }

  @Test
  void valuesOfJson() throws Exception {
    byte[] b = list("[]");
    isCharged(RequestMemory.VALUE_BYTES, () -> JsonValues.read(b, 0, b.length));
  }

  @Test
  void spansOfZipkin() throws Exception {
    byte[] b = list("{}");
    isCharged(RequestMemory.ITEM_BYTES, () -> ZipkinReader.json(b, 0, b.length, 2, false, 1));
  }

  @Test
  void spansOfJaeger() throws Exception {
    byte[] b = new byte[8 + ELEMENTS + 1]; // field 2, a list of structs that end at once
    ByteBuffer.wrap(b).put((byte) 15).putShort((short) 2).put((byte) 12).putInt(ELEMENTS);
    isCharged(
        RequestMemory.ITEM_BYTES + RequestMemory.VALUE_BYTES,
        () -> JaegerReader.thrift(b, 0, b.length));
  }

  @Test
  void entriesOfLoki() throws Exception {
    ProtoWriter w = new ProtoWriter();
    int stream = w.begin(1);
    w.string(1, "{a=\"b\"}");
    for (int i = 0; i < ELEMENTS; i++) {
      w.end(w.begin(2));
    }
    w.end(stream);
    isCharged(
        90,
        () -> {
          new PushBatchReader()
              .protobuf(w.buffer(), 0, w.size(), new LogBatch(), new RejectedItems());
          return null;
        });
    isCharged(
        RequestMemory.ITEM_BYTES,
        () -> PushReader.protobuf(w.buffer(), 0, w.size(), new RejectedItems()));
    String entries = new String(list("[\"1\",\"\"]"), UTF_8);
    byte[] json =
        ("{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":" + entries + "}]}").getBytes(UTF_8);
    isCharged(
        RequestMemory.ITEM_BYTES, () -> PushReader.json(json, 0, json.length, new RejectedItems()));
  }

  @Test
  void entriesOfPprof() throws Exception {
    ProtoWriter w = new ProtoWriter();
    int type = w.begin(1);
    w.int64(1, 1);
    w.int64(2, 1);
    w.end(type);
    w.end(w.begin(6));
    int name = w.begin(6);
    w.end(name);
    for (int i = 0; i < ELEMENTS; i++) {
      w.end(w.begin(2));
    }
    byte[] b = w.toByteArray();
    isCharged(
        32,
        () -> {
          assertThatThrownBy(
                  () -> PprofReader.read(b, b.length, Map.of(), Map.of(), new ProfilesWriter()))
              .isInstanceOf(CodecException.class);
          return null;
        });
  }
}
