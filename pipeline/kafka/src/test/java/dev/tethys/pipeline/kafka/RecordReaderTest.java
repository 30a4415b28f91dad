package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecordReaderTest {
  private static final RecordReader READER =
      new RecordReader(Signal.METRICS, new RecordEncoding.Reading(RecordEncoding.REMOTE_WRITE));

  /** Request of one sample with labels in the given order. */
  private static byte[] request(String... labels) {
    ProtoWriter w = new ProtoWriter();
    series(w, labels);
    return SnappyBlock.encode(w.buffer(), 0, w.size());
  }

  private static void series(ProtoWriter w, String... labels) {
    int series = w.begin(1);
    for (int i = 0; i < labels.length; i += 2) {
      int label = w.begin(1);
      w.string(1, labels[i]);
      w.string(2, labels[i + 1]);
      w.end(label);
    }
    int sample = w.begin(2);
    w.float64(1, 7);
    w.int64(2, 1_700_000_000_000L);
    w.end(sample);
    w.end(series);
  }

  @Test
  void sortsLabelsLeftUnsortedByAWriter() {
    byte[] value = request("job", "a", "__name__", "up", "instance", "b");
    Batch batch = READER.read(value, 0, 0, Metadata.NONE, Map.of()).batch();
    assertThat(batch.items()).isEqualTo(1);
    byte[] sorted =
        new WriteRequestWriter()
            .beginSeries(Labels.of("__name__", "up", "instance", "b", "job", "a"))
            .sample(1_700_000_000_000L, 7)
            .endSeries()
            .toByteArray();
    assertThat(batch.body()).isEqualTo(sorted);
  }

  @Test
  void rejectsARecordWithADuplicateLabel() {
    byte[] value = request("__name__", "up", "job", "a", "job", "b");
    assertThatThrownBy(() -> READER.read(value, 0, 0, Metadata.NONE, Map.of()))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("job");
  }

  @Test
  void oneMalformedSeriesAffectsNoOther() {
    ProtoWriter w = new ProtoWriter();
    series(w, "__name__", "up", "job", "a");
    series(w, "__name__", "up", "job", "a", "job", "b");
    series(w, "__name__", "down", "job", "a");
    byte[] value = SnappyBlock.encode(w.buffer(), 0, w.size());
    RecordReader.Read read = READER.read(value, 0, 0, Metadata.NONE, Map.of());
    assertThat(read.batch().items()).isEqualTo(2);
    assertThat(read.refusals().count()).isEqualTo(1);
    assertThat(RecordReader.describe(read.refusals())).contains("job");
    read = READER.read(value, 0, 0, Metadata.NONE, Map.of("kafka.header.k", "v"));
    assertThat(read.batch().items()).isEqualTo(2);
    assertThat(read.refusals().count()).isEqualTo(1);
  }

  @Test
  void oneInvalidSpanAffectsNoOther() {
    RecordReader spans =
        new RecordReader(Signal.TRACES, new RecordEncoding.Reading(RecordEncoding.ZIPKIN_JSON));
    byte[] value =
        "[{\"traceId\":\"a\",\"id\":\"b\"},{\"traceId\":\"x\",\"id\":\"b\"}]"
            .getBytes(StandardCharsets.UTF_8);
    RecordReader.Read read = spans.read(value, 0, 0, Metadata.NONE, Map.of());
    assertThat(read.batch().items()).isEqualTo(1);
    assertThat(RecordReader.describe(read.refusals())).contains("traceId \"x\" is not hexadecimal");
  }
}
