package dev.tethys.app.destination;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ledger.Balance;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenTSDB's HTTP interface, by a double of the vendor's documentation. */
class OpenTsdbDestinationTest extends DestinationContract {
  @Override
  Peer start() throws IOException {
    return peer(new OpenTsdbDouble(false), false);
  }

  /** The double, written to by one of its interfaces and read by HTTP. */
  static Peer peer(OpenTsdbDouble tsdb, boolean telnet) {
    return new Peer() {
      @Override
      public int port() {
        return telnet ? tsdb.telnetPort() : tsdb.port();
      }

      @Override
      public String exporter() {
        return "opentsdb";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: '" + (telnet ? "telnet" : "http") + "://127.0.0.1:" + at + "'";
      }

      @Override
      public String store(int at) {
        return "{name: far, type: opentsdb, url: 'http://127.0.0.1:"
            + (at == tsdb.telnetPort() ? tsdb.port() : at)
            + "'}";
      }

      @Override
      public void close() {
        tsdb.close();
      }
    };
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
    try (Peer p = peer(tsdb, telnet);
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
  void requestsThatAreTooLargeAreHalved() throws Exception {
    OpenTsdbDouble tsdb = new OpenTsdbDouble(false);
    try (Peer p = peer(tsdb, false);
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
