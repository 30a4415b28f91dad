package dev.tethys.pipeline.destination.influx;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.influx.InfluxAnswer;
import dev.tethys.codec.influx.InfluxSeries;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.DestinationProbe;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tries an InfluxDB: a point of the measurement {@code tethys_probe} is written and read back. */
final class InfluxProbe implements DestinationProbe {
  private static final String PROBE = "tethys_probe";

  private final InfluxSettings settings;
  private final HttpEndpoint endpoint;
  private final String database;

  InfluxProbe(InfluxSettings settings, HttpEndpoint endpoint) {
    this.settings = settings;
    this.endpoint = endpoint;
    this.database = settings.database().of(l -> l.equals(Labels.METRIC_NAME) ? PROBE : "");
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    HttpEndpoint.Reply r = endpoint.call("GET", settings.at("/ping"), Map.of(), null);
    if (!r.isOk()) {
      throw new IOException(settings.at("/ping") + ": " + r.reason());
    }
    String version = r.header("X-Influxdb-Version");
    String said = "InfluxDB " + (version.isEmpty() ? "of a version that it does not say" : version);
    query("SELECT \"value\" FROM \"" + PROBE + "\" LIMIT 1");
    return said + ", database " + database + " answers";
  }

  private @Nullable String query(String influxQl) throws IOException, InterruptedException {
    HttpEndpoint.Reply r =
        endpoint.call("GET", settings.queryUrl(database, influxQl), Map.of(), null);
    if (!r.isOk()) {
      throw new IOException("/query: " + r.reason());
    }
    @Nullable String[] last = new String[1];
    try {
      InfluxAnswer.read(
          new ByteArrayInputStream(r.body()),
          new InfluxAnswer.Rows() {
            @Override
            public void series(String name, Map<String, String> tags, List<String> columns) {
              // one is asked for
            }

            @Override
            public void row(@Nullable String[] values) {
              last[0] = values.length > 1 ? values[1] : null;
            }
          });
    } catch (CodecException e) {
      throw new IOException("/query: " + e.getMessage(), e);
    }
    return last[0];
  }

  @Override
  public List<String> plan() {
    return List.of(); // measurements are made by their first point; databases are for people
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    TextBuffer line = new TextBuffer();
    InfluxSeries.key(Labels.of(Labels.METRIC_NAME, PROBE), settings.clymene(), line);
    InfluxSeries.sample(value, seconds * 1000, line);
    HttpEndpoint.Reply r =
        endpoint.call(
            "POST",
            settings.writeUrl(Signal.METRICS, database),
            Map.of("content-type", "text/plain; charset=utf-8"),
            line.take());
    if (!r.isOk()) {
      throw new IOException("/write: " + r.reason());
    }
    String found =
        query("SELECT \"value\" FROM \"" + PROBE + "\" WHERE time = " + seconds * 1000 + "ms");
    if (found == null || Double.parseDouble(found) != value) {
      throw new IOException("wrote " + value + " and read " + found);
    }
    return "wrote " + PROBE + " = " + value + " and read it back";
  }
}
