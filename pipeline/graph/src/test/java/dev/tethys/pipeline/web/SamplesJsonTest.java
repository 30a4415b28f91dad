package dev.tethys.pipeline.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.sample.BatchSink;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Samples of remote write as a tap shows them. */
class SamplesJsonTest {
  private static Batch batch(int series, int samples) throws Exception {
    List<Batch> out = new ArrayList<>();
    Consumer to =
        (b, r) -> {
          out.add(b);
          r.complete(Outcome.ACCEPTED);
        };
    try (Appender a = new BatchSink(to, AckCallback.NONE).appender()) {
      for (int i = 0; i < series; i++) {
        long ref = a.series(Labels.of("__name__", "up", "job", "a\"" + i));
        for (int t = 0; t < samples; t++) {
          a.append(ref, 0, 1000 + t, i + 0.5);
        }
      }
      a.commit();
    }
    return out.getFirst();
  }

  @Test
  void showsLabelsAndSamples() throws Exception {
    assertThat(PipelineEndpoints.sample(batch(2, 1), TapAccess.PLAIN))
        .contains("\"encoding\":\"remote_write\"")
        .contains(
            "\"series\":[{\"labels\":{\"__name__\":\"up\",\"job\":\"a\\\"0\"},\"samples\":[[1000,\"0.5\"]]}")
        .endsWith("\"more\":false}");
  }

  @Test
  void showsOnlySomeOfMany() throws Exception {
    String many = PipelineEndpoints.sample(batch(SamplesJson.MAX_SERIES + 1, 1), TapAccess.PLAIN);
    assertThat(many).endsWith("\"more\":true}");
    assertThat(many.split("\"labels\"", -1)).hasSize(SamplesJson.MAX_SERIES + 1);
    String one = PipelineEndpoints.sample(batch(1, SamplesJson.MAX_SAMPLES + 5), TapAccess.PLAIN);
    assertThat(one).doesNotContain("[" + (1000 + SamplesJson.MAX_SAMPLES) + ",");
  }

  @Test
  void reportsABrokenBatch() {
    byte[] body = {0x0a, 0x7f, 1};
    Batch b = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, body, 1, 0);
    assertThat(PipelineEndpoints.sample(b, TapAccess.PLAIN))
        .contains("\"error\":\"")
        .doesNotContain("series");
  }
}
