package dev.tethys.store.traces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.SpanBatchReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.store.events.DecodedColumns;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.traces.block.PartGroups;
import dev.tethys.store.traces.block.SpanBlock;
import dev.tethys.store.traces.block.SpanBlockWriter;
import dev.tethys.store.traces.block.SpanCopier;
import dev.tethys.store.traces.block.SpanFrame;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.TraceStoreContract;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Spans through frames and blocks. */
class SpanBlockTest {
  private static List<String> viaFrame(SpanBatch b) {
    ByteSink out = new ByteSink();
    SpanFrame.write(b, out);
    return TraceStoreContract.texts(SpanFrame.read(new ByteSource(out.toArray())).data());
  }

  private static List<String> viaBlock(SpanBatch b) {
    SpanBatch groups = new SpanBatch();
    SpanBatch rows = new SpanBatch();
    SpanCopier copier = new SpanCopier(b, rows, new SpanCopier.Groups(groups));
    for (int s = 0; s < b.spans; s++) {
      copier.copy(s);
    }
    ByteSink out = new ByteSink();
    try (SpanBlockWriter w = new SpanBlockWriter(1)) {
      w.write(rows, out);
    }
    SpanBlock block =
        new SpanBlock(
            MemorySegment.ofArray(out.toArray()), new PartGroups(groups), DecodedColumns.none());
    return TraceStoreContract.texts(block.batch().data());
  }

  @Property(tries = 60)
  void keepsAllSentFields(@ForAll long seed) {
    Random rnd = new Random(seed);
    TracesData data = TraceStoreContract.random(rnd, 1 + rnd.nextInt(150));
    List<String> expected = TraceStoreContract.texts(data);
    SpanBatch b = SpanBatch.of(data);
    assertThat(TraceStoreContract.texts(b.data())).isEqualTo(expected);
    assertThat(viaFrame(b)).isEqualTo(expected);
    assertThat(viaBlock(b)).isEqualTo(expected);
  }

  @Test
  void keepsUnknownFields() throws IOException {
    SpanBatchReader reader = new SpanBatchReader();
    int spans = 0;
    for (Path file : Shared.conformanceFiles("opentelemetry/proto-examples", ".json")) {
      byte[] json = Files.readAllBytes(file);
      if (!file.getFileName().toString().contains("trace")) {
        continue;
      }
      ProtoWriter proto = OtlpJson.toProtobuf(OtlpSignal.TRACES, json, 0, json.length);
      SpanBatch b = new SpanBatch();
      byte[] bytes = proto.toByteArray();
      reader.read(bytes, 0, bytes.length, b);
      List<String> expected = TraceStoreContract.texts(b.data());
      assertThat(viaFrame(b)).as("%s", file).isEqualTo(expected);
      assertThat(viaBlock(b)).as("%s", file).isEqualTo(expected);
      spans += b.spans;
    }
    assertThat(spans).isPositive();
  }
}
