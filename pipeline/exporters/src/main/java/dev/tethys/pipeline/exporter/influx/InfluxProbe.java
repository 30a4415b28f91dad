package dev.tethys.pipeline.exporter.influx;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.influx.InfluxResponse;
import dev.tethys.config.Redaction;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.ItemProbe;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Tries an InfluxDB: a point is written as the exporter writes it, and read back. */
final class InfluxProbe implements ExporterProbe {
  private final InfluxSettings settings;
  private final Signal signal;
  private final HttpEndpoint endpoint;
  private final InfluxSchema schema;
  private final ItemProbe item;
  private final String database;

  /**
   * @param item creates the writer of the test point, given how to connect and look it up
   */
  InfluxProbe(
      InfluxSettings settings,
      Signal signal,
      HttpEndpoint endpoint,
      BiFunction<ItemProbe.Connect, ItemProbe.Lookup, ItemProbe> item) {
    this.settings = settings;
    this.signal = signal;
    this.endpoint = endpoint;
    this.schema = new InfluxSchema(settings, endpoint);
    this.database = settings.database().of(l -> l.equals(Labels.METRIC_NAME) ? ItemProbe.NAME : "");
    this.item = item.apply(this::ping, this::findItem);
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    return item.connect();
  }

  private String ping() throws IOException, InterruptedException {
    HttpEndpoint.Reply r = endpoint.call("GET", settings.at("/ping"), Map.of(), null);
    if (!r.isOk()) {
      throw new IOException(Redaction.url(settings.at("/ping")) + ": " + r.reason());
    }
    String version = r.header("X-Influxdb-Version");
    String reported =
        "InfluxDB " + (version.isEmpty() ? "of a version that it does not say" : version);
    if (!schema.isThere(database)) {
      if (!schema.isMade()) {
        throw new IOException(
            reported
                + " responds but has no "
                + (settings.version() == InfluxSettings.Version.V2 ? "bucket " : "database ")
                + database
                + ", or hides it from this user; create it or set create_schema: true");
      }
      return reported + " answers";
    }
    query("SELECT \"value\" FROM \"" + ItemProbe.NAME + "\" LIMIT 1");
    return reported + ", database " + database + " answers";
  }

  private @Nullable String query(String influxQl) throws IOException, InterruptedException {
    HttpEndpoint.Reply r =
        endpoint.call("GET", settings.queryUrl(database, influxQl), Map.of(), null);
    if (!r.isOk()) {
      throw new IOException("/query: " + r.reason());
    }
    @Nullable String[] last = new String[1];
    try {
      InfluxResponse.read(
          new ByteArrayInputStream(r.body()),
          new InfluxResponse.Rows() {
            @Override
            public void series(String name, Map<String, String> tags, List<String> columns) {
              // one value is requested
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

  /** Measurements are created by their first point. */
  @Override
  public List<String> plan() throws IOException, InterruptedException {
    return schema.isThere(database) ? List.of() : List.of(schema.statement(database));
  }

  private String findItem(EncodedRequest delivered, long seconds, double value)
      throws IOException, InterruptedException {
    String at = " WHERE time = " + seconds * 1000 + "ms";
    boolean log = signal == Signal.LOGS;
    String found =
        query(
            log
                ? "SELECT \"body\" FROM \"logs\""
                    + at
                    + " AND \"body\" = '"
                    + ItemProbe.line(value)
                    + "'"
                : "SELECT \"value\" FROM \"" + ItemProbe.NAME + "\"" + at);
    boolean same =
        found != null
            && (log ? found.equals(ItemProbe.line(value)) : Double.parseDouble(found) == value);
    if (!same) {
      throw new IOException(
          "wrote " + ItemProbe.describeItem(signal, value) + " and read " + found);
    }
    return "database " + database + " and read it back";
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    if (settings.createSchema() && !schema.isThere(database)) {
      schema.make(database);
    }
    return item.write(seconds, value);
  }

  @Override
  public void close() {
    item.close();
  }
}
