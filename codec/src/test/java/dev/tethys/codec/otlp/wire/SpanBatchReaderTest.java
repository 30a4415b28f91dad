package dev.tethys.codec.otlp.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanBatch;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Against the reader of trees. */
class SpanBatchReaderTest {
  private static final OtlpReader TREES = new OtlpReader();

  private final SpanBatchReader reader = new SpanBatchReader();

  private static byte[] viaTree(byte[] b) {
    TracesData tree = TREES.traces(b, 0, b.length);
    tree.removeEmpty();
    return new OtlpWriter().write(tree);
  }

  private byte[] viaBatch(byte[] b) {
    SpanBatch batch = new SpanBatch();
    reader.read(b, 0, b.length, batch);
    return new OtlpWriter().write(batch.data());
  }

  @Property(tries = 300)
  void keepsSameFieldsAsTree(@ForAll long seed) {
    byte[] b = new RandomRequests(seed).next(OtlpSignal.TRACES).toByteArray();
    byte[] tree = viaTree(b);
    assertThat(viaBatch(b)).isEqualTo(tree);
    SpanBatch ofTree = SpanBatch.of(TREES.traces(b, 0, b.length));
    TracesData data = ofTree.data();
    assertThat(new OtlpWriter().write(data)).isEqualTo(tree);
  }

  private static byte[] request(Span span) {
    return io.opentelemetry.proto.trace.v1.TracesData.newBuilder()
        .addResourceSpans(
            ResourceSpans.newBuilder().addScopeSpans(ScopeSpans.newBuilder().addSpans(span)))
        .build()
        .toByteArray();
  }

  @Test
  void mergesRepeatedValues() {
    KeyValue text =
        KeyValue.newBuilder()
            .setKey("k")
            .setValue(AnyValue.newBuilder().setStringValue("a"))
            .build();
    KeyValue number = KeyValue.newBuilder().setValue(AnyValue.newBuilder().setIntValue(7)).build();
    byte[] twice = text.toByteString().concat(number.toByteString()).toByteArray();
    byte[] field = new byte[twice.length + 2];
    field[0] = 9 << 3 | 2;
    field[1] = (byte) twice.length;
    System.arraycopy(twice, 0, field, 2, twice.length);
    // a span with one attribute whose message is both, one after another
    byte[] scope = wrap(2, wrap(2, field));
    byte[] b = wrap(1, scope);
    assertThat(viaBatch(b)).isEqualTo(viaTree(b));
  }

  private static byte[] wrap(int field, byte[] message) {
    byte[] out = new byte[message.length + 2];
    out[0] = (byte) (field << 3 | 2);
    out[1] = (byte) message.length;
    System.arraycopy(message, 0, out, 2, message.length);
    return out;
  }

  @Test
  void rejectsIdsOfWrongLength() {
    byte[] b = request(Span.newBuilder().setTraceId(ByteString.copyFrom(new byte[15])).build());
    assertThatThrownBy(() -> viaBatch(b)).isInstanceOf(CodecException.class);
  }
}
