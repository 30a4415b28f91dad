package dev.tethys.pipeline.exporter.kdb;

import dev.tethys.codec.kdb.QTimes;
import dev.tethys.codec.kdb.QType;
import dev.tethys.codec.kdb.QValue;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.exporter.tables.MetricTables;
import dev.tethys.web.kdb.KdbClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/** Tries a process of kdb+ as its exporter would use it. */
final class KdbProbe implements ExporterProbe {
  private static final Labels LABELS = Labels.of("__name__", ItemProbe.NAME);

  private final KdbClient client;
  private final KdbSettings settings;
  private final LongSupplier millis;

  KdbProbe(KdbClient client, KdbSettings settings, LongSupplier millis) {
    this.client = client;
    this.settings = settings;
    this.millis = millis;
  }

  private Set<String> tables() throws IOException, InterruptedException {
    QValue v = client.ask(QValue.text("tables[]"), settings.delivery().timeout());
    return v instanceof QValue.Vector x && x.array() instanceof String[] names
        ? Set.of(names)
        : Set.of();
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    return "kdb+ at " + settings.address() + " with " + tables().size() + " tables";
  }

  @Override
  public List<String> plan() throws IOException, InterruptedException {
    Set<String> there = tables();
    List<String> out = new ArrayList<>();
    for (KdbTable t : KdbTable.empty(settings.prefix().ofNothing(), settings.symbolLabels())) {
      if (!there.contains(t.name())) {
        out.add(
            (settings.tickerplant() ? "missing in the tickerplant's schema: " : "")
                + t.name()
                + ":("
                + "["
                + String.join(";", settings.tickerplant() ? List.of() : t.keys())
                + "] "
                + String.join(";", t.names())
                + ")");
      }
    }
    return out;
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    MetricTables t =
        new MetricTables(
            new WriteRequestWriter()
                .beginSeries(LABELS)
                .sample(seconds * 1000, value)
                .endSeries()
                .toByteArray());
    KdbSender sender = new KdbSender(client, settings, millis);
    String prefix = settings.prefix().of(LABELS::get);
    sender.prepare(prefix);
    sender.write(prefix, t);
    String table = prefix + "metrics";
    if (!tables().contains(table)) {
      return "a tickerplant took " + LABELS.metricName() + "; it keeps no rows to read";
    }
    long at = QTimes.timestamp(seconds * 1000);
    QValue answer =
        client.ask(
            QValue.list(
                QValue.Primitive.QUERY,
                QValue.symbol(table),
                QValue.list(
                    QValue.list(
                        QValue.Primitive.IN,
                        QValue.symbol("sym"),
                        QValue.list(QValue.symbols(LABELS.metricName()))),
                    QValue.list(
                        QValue.Primitive.WITHIN,
                        QValue.symbol("ts"),
                        new QValue.Vector(QType.TIMESTAMP, new long[] {at, at}))),
                QValue.bool(false),
                new QValue.Dict(QValue.symbols("value"), QValue.symbols("value"))),
            settings.delivery().timeout());
    if (answer instanceof QValue.Table(List<String> names, List<QValue> columns)
        && names.equals(List.of("value"))
        && columns.getFirst() instanceof QValue.Vector v
        && v.array() instanceof double[] d
        && d.length > 0
        && d[d.length - 1] == value) {
      return "wrote " + LABELS.metricName() + " into " + table + " and read it back";
    }
    throw new IOException("the sample read back differs from the one written: " + answer);
  }

  @Override
  public void close() {
    client.close();
  }
}
