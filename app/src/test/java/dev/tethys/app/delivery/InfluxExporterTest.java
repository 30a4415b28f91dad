package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A real InfluxDB 1. */
@Tag("slow")
class InfluxExporterTest extends StoreContract {
  @Override
  Peer start() throws Exception {
    return startIn(Path.of(System.getProperty("java.io.tmpdir")));
  }

  /** Databases whose names labels make are made by the exporter, if one says so. */
  @Test
  void createsMissingDatabases() throws Exception {
    Peer peer = started();
    String keys = peer.exporterKeys(peer.port(), "made_{team}") + ", create_schema: true";
    Printed printed =
        Printed.of(
            "exporter",
            "check",
            "influxdb+http://127.0.0.1:"
                + peer.port()
                + "?v1_compatibility.enabled=true&v1_compatibility.db=tried&create_schema=true");
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out())
        .contains("would be created:\n  CREATE DATABASE \"tried\"\n", "read it back");
    Printed none =
        Printed.of(
            "exporter",
            "check",
            "influxdb+http://127.0.0.1:"
                + peer.port()
                + "?v1_compatibility.enabled=true&v1_compatibility.db=none");
    assertThat(none.err()).contains("has no database none", "create_schema: true");
    WriteRequestWriter w = new WriteRequestWriter();
    for (String team : List.of("a", "b")) {
      Labels l = Labels.of("__name__", "named", "team", team);
      w.beginSeries(l).sample(KnownSamples.START, 1).endSeries();
    }
    try (TestPipeline p = new TestPipeline(Signal.METRICS, "influxdb", keys)) {
      p.send(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 2, 0));
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(2);
    }
    assertThat(((InfluxPeer) peer).ask("SHOW DATABASES")).contains("made_a", "made_b");
  }

  @Override
  Peer startIn(Path folder) throws Exception {
    return new InfluxPeer(folder);
  }
}
