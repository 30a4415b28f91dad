package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ledger.Balance;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenTSDB's HTTP interface, by a double of the vendor's documentation. */
@Tag("contrib")
@Tag("slow")
class OpenTsdbExporterTest extends StoreContract {
  @Override
  Peer start() throws IOException {
    return new OpenTsdbPeer(new OpenTsdbDouble(false), false);
  }

  private static Batch batch(int n) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < n; i++) {
      String name = i == n / 2 ? OpenTsdbDouble.UNKNOWN : "partial";
      w.beginSeries(Labels.of(Labels.METRIC_NAME, name, "i", Integer.toString(i)));
      w.sample(KnownSamples.START, i).endSeries();
    }
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), n, 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void pointsThatAreRefusedAreBuriedAndThoseThatAreTooManyComeAgain(boolean telnet)
      throws Exception {
    OpenTsdbDouble tsdb = new OpenTsdbDouble(true);
    try (Peer p = new OpenTsdbPeer(tsdb, telnet);
        TestPipeline pipeline =
            new TestPipeline(Signal.METRICS, "opentsdb", p.exporterKeys(p.port()))) {
      tsdb.throttle(7);
      pipeline.send(batch(40));
      pipeline.drain(Duration.ofMinutes(1));
      Balance b = pipeline.balance();
      assertThat(b.out()).as(b.toString()).isEqualTo(39);
      assertThat(b.in() - b.out()).isEqualTo(1);
      assertThat(tsdb.size()).isEqualTo(39);
    }
  }

  @Test
  void halvesTooLargeRequests() throws Exception {
    OpenTsdbDouble tsdb = new OpenTsdbDouble(false);
    try (Peer p = new OpenTsdbPeer(tsdb, false);
        TestPipeline pipeline =
            new TestPipeline(
                Signal.METRICS,
                "opentsdb",
                p.exporterKeys(p.port()) + ", compression: none, max_request_bytes: 1000000")) {
      pipeline.send(batch(601));
      pipeline.drain(Duration.ofMinutes(1));
      assertThat(pipeline.balance().out()).isEqualTo(600);
      assertThat(tsdb.size()).isEqualTo(600);
    }
  }
}
