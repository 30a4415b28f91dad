package dev.tethys.pipeline.exporter.clickhouse;

import dev.tethys.codec.clickhouse.ClickHouseTables;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.exporter.tables.MetricTables;
import dev.tethys.pipeline.exporter.tables.TableRequestEncoder;
import dev.tethys.pipeline.naming.NamedEncoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tries a ClickHouse as its exporter would use it. */
final class ClickHouseProbe implements ExporterProbe {
  private static final Labels LABELS = Labels.of("__name__", ItemProbe.NAME);

  private static final Pattern NAME =
      Pattern.compile("EXISTS ((?:\\.?`(?:[^`\\\\]|\\\\.)*`)+)", Pattern.DOTALL);

  private final ClickHouseClient client;
  private final ClickHouseSettings settings;
  private final Signal signal;

  ClickHouseProbe(ClickHouseClient client, ClickHouseSettings settings, Signal signal) {
    this.client = client;
    this.settings = settings;
    this.signal = signal;
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    String[] reply = client.run("SELECT version(), currentUser() FORMAT TSV").strip().split("\t");
    return "ClickHouse " + reply[0] + (reply.length > 1 ? ", as user " + reply[1] : "");
  }

  @Override
  public List<String> plan() throws IOException, InterruptedException {
    if (!settings.createSchema()) {
      return List.of();
    }
    List<String> out = new ArrayList<>();
    List<String> all = new ArrayList<>(List.of(settings.tables().database()));
    all.addAll(ClickHouseSender.schema(tables(), signal));
    for (String sql : all) {
      if (!exists(sql)) {
        out.add(sql);
      }
    }
    return out;
  }

  /** Tables for data with the labels of the probe. */
  private ClickHouseTables tables() {
    return settings.tables().named(settings.names(signal).of(LABELS::get));
  }

  /** Whether the object that a statement creates exists: its quoted name follows EXISTS. */
  private boolean exists(String create) throws IOException, InterruptedException {
    Matcher m = NAME.matcher(create);
    if (!m.find()) {
      throw new AssertionError(create);
    }
    String what = create.startsWith("CREATE DATABASE") ? "DATABASE " : "TABLE ";
    return client.run("EXISTS " + what + m.group(1)).strip().equals("1");
  }

  private void send(Batch item) throws IOException, InterruptedException {
    EncodedRequest p =
        NamedEncoder.withName(
                settings.names(signal).of(LABELS::get),
                new TableRequestEncoder(settings.rows(), false))
            .encode(item)
            .requests()
            .getFirst();
    SendResult v = new ClickHouseSender(client, settings).send(p);
    String refusal = ItemProbe.refusal(v);
    if (!refusal.isEmpty()) {
      throw new IOException("the item was not accepted: " + refusal);
    }
  }

  private String log(long seconds, double value) throws IOException, InterruptedException {
    send(ItemProbe.batch(signal, seconds, value));
    String line = ItemProbe.line(value);
    String back =
        client
            .run(
                "SELECT count() FROM "
                    + tables().logs()
                    + " WHERE ServiceName = 'tethys' AND Timestamp = fromUnixTimestamp64Milli("
                    + seconds * 1000
                    + ") AND Body = "
                    + ClickHouseTables.text(line)
                    + " FORMAT TSV")
            .strip();
    if (back.equals("0")) {
      throw new IOException(
          "the line \"" + line + "\" was accepted but is not in " + tables().logs());
    }
    return "wrote the line \"" + line + "\" into " + tables().logs() + " and read it back";
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    if (signal == Signal.LOGS) {
      return log(seconds, value);
    }
    byte[] body =
        new WriteRequestWriter()
            .beginSeries(LABELS)
            .sample(seconds * 1000, value)
            .endSeries()
            .toByteArray();
    send(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, body, 1, 0));
    MetricTables.Series series = new MetricTables(body).series().iterator().next();
    String sql =
        "SELECT argMax(value, ts) FROM "
            + tables().metrics("samples")
            + " WHERE metric = "
            + ClickHouseTables.text(series.metric())
            + " AND series = "
            + ClickHouseTables.text(series.key().toString())
            + " AND ts = fromUnixTimestamp64Milli("
            + seconds * 1000
            + ") FORMAT TSV";
    String back = client.run(sql).strip();
    if (back.isEmpty() || Double.parseDouble(back) != value) {
      throw new IOException("the sample came back as \"" + back + "\" instead of " + value);
    }
    return "wrote "
        + LABELS.metricName()
        + " into "
        + tables().metrics("samples")
        + " and read it back";
  }
}
