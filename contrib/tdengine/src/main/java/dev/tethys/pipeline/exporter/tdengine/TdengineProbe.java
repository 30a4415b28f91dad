package dev.tethys.pipeline.exporter.tdengine;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.tdengine.TdJson;
import dev.tethys.codec.tdengine.TdLines;
import dev.tethys.codec.tdengine.TdResponse;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.naming.NamedEncoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tries a TDengine: a sample of {@code tethys_probe} is written and read back. */
final class TdengineProbe implements ExporterProbe {
  private static final Labels LABELS =
      Labels.of(Labels.METRIC_NAME, ItemProbe.NAME, "job", "tethys");

  private final TdengineSettings settings;
  private final HttpEndpoint endpoint;
  private final TdengineClient client;
  private final String name;

  TdengineProbe(TdengineSettings settings, HttpEndpoint endpoint) {
    this.settings = settings;
    this.endpoint = endpoint;
    this.name = settings.names().of(LABELS::get);
    this.client = new TdengineClient(endpoint, settings);
  }

  private List<String> column(String within, String sql) throws IOException, InterruptedException {
    List<String> out = new ArrayList<>();
    try {
      client.run(
          within,
          sql.getBytes(StandardCharsets.UTF_8),
          new TdResponse.Rows() {
            @Override
            public void columns(List<String> names) {
              // one row is requested
            }

            @Override
            public void row(@Nullable String[] values) {
              String v = values.length == 0 ? null : values[0];
              if (v != null) {
                out.add(v);
              }
            }
          });
    } catch (CodecException e) {
      throw new IOException(e.getMessage(), e);
    }
    return out;
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    List<String> version = column("", "SELECT SERVER_VERSION()");
    return "TDengine " + (version.isEmpty() ? "of an unknown version" : version.getFirst());
  }

  @Override
  public List<String> plan() throws IOException, InterruptedException {
    List<String> out = new ArrayList<>();
    String named = " WHERE db_name = '" + settings.databaseOf(name) + "'";
    boolean database =
        !column(
                "",
                "SELECT name FROM information_schema.ins_databases WHERE name = '"
                    + settings.databaseOf(name)
                    + "'")
            .isEmpty();
    if (!database) {
      out.add(settings.createDatabase(name));
    }
    if (settings.sql()
        && (!database
            || !column("", "SELECT stable_name FROM information_schema.ins_stables" + named)
                .contains(name))) {
      out.add(TdJson.create(name));
    }
    return out;
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    if (settings.createSchema()) {
      TdengineSender.prepare(client, settings, name);
    }
    TdengineWriter w = new TdengineWriter(settings, name);
    w.series(LABELS);
    w.sample(seconds * 1000, value);
    LineRequestEncoder plain = new LineRequestEncoder(Compression.NONE, 0, 1, "", null);
    SendResult v =
        new TdengineSender(settings, endpoint, plain)
            .send(
                new EncodedRequest(
                    Signal.METRICS, w.take(), 1, 0, Map.of(NamedEncoder.NAME, name)));
    String refusal = ItemProbe.refusal(v);
    if (!refusal.isEmpty()) {
      throw new IOException("the sample was not accepted: " + refusal);
    }
    String time = settings.sql() ? "ts" : TdLines.TIME;
    List<String> found =
        column(
            settings.databaseOf(name),
            "SELECT value FROM `%s` WHERE %s = %d%s"
                .formatted(
                    settings.sql() ? name : TdLines.table(ItemProbe.NAME),
                    time,
                    seconds * 1000,
                    settings.sql() ? " AND labels->'__name__' = '" + ItemProbe.NAME + "'" : ""));
    if (found.isEmpty() || Double.parseDouble(found.getFirst()) != value) {
      throw new IOException("wrote " + value + " and read " + found);
    }
    return "wrote " + ItemProbe.NAME + " = " + value + " and read it back";
  }
}
