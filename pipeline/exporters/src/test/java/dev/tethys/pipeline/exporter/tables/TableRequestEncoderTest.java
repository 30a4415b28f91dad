package dev.tethys.pipeline.exporter.tables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.exporter.rows.HistogramRule;
import dev.tethys.pipeline.exporter.rows.RowSettings;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableRequestEncoderTest {
  private static final RowSettings TWO_EACH =
      new RowSettings(OtlpOptions.DEFAULT, HistogramRule.NATIVE, 2, 1 << 20);

  private static List<EncodedRequest> encodedRequests(byte[] request, int items) {
    return new TableRequestEncoder(TWO_EACH, false)
        .encode(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, request, items, 0))
        .requests();
  }

  @Test
  void sendsRequestsWithoutSamples() {
    byte[] metadata =
        new WriteRequestWriter()
            .metadata("up", new MetricMetadata(MetricType.GAUGE, "Whether it is up.", ""))
            .toByteArray();
    assertThat(encodedRequests(metadata, 0))
        .singleElement()
        .satisfies(
            p -> {
              assertThat(p.items()).isZero();
              assertThat(TableRequestEncoder.body(p)).isEqualTo(metadata);
            });
    byte[] exemplar =
        new WriteRequestWriter()
            .beginSeries(Labels.of("__name__", "requests_total"))
            .exemplar(new Exemplar(Labels.of("trace_id", "1"), 1, 2))
            .endSeries()
            .toByteArray();
    assertThat(encodedRequests(exemplar, 0))
        .singleElement()
        .satisfies(p -> assertThat(TableRequestEncoder.body(p)).isEqualTo(exemplar));
    assertThat(encodedRequests(new byte[0], 0)).isEmpty();
  }

  @Test
  void splitsRequestsBetweenSeries() {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < 5; i++) {
      w.beginSeries(Labels.of("__name__", "m" + i)).sample(1, i).endSeries();
    }
    assertThat(encodedRequests(w.toByteArray(), 5))
        .extracting(EncodedRequest::items)
        .containsExactly(2, 2, 1);
  }
}
