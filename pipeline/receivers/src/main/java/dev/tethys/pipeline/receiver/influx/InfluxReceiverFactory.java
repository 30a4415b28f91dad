package dev.tethys.pipeline.receiver.influx;

import dev.tethys.codec.influx.InfluxPoints;
import dev.tethys.codec.influx.TelegrafSchema;
import dev.tethys.codec.influx.TimePrecision;
import dev.tethys.codec.points.PointNames;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.points.PipelinePoints;
import dev.tethys.pipeline.receiver.points.PointFormat;
import dev.tethys.pipeline.receiver.points.PointSockets;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.SocketServerEndpoint;
import dev.tethys.web.socket.DatagramListener;
import dev.tethys.web.socket.StreamListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code influxdb} receivers. */
public final class InfluxReceiverFactory
    implements ReceiverFactory<InfluxReceiverFactory.Settings> {
  /**
   * Receiver settings.
   *
   * @param tcp address of lines over TCP; "" for none
   * @param udp address of lines over UDP; "" for none
   * @param precision precision of timestamps over TCP and UDP
   * @param schema schema of lines that Telegraf created from Prometheus metrics
   * @param databaseLabel "" for none
   */
  public record Settings(
      HttpServerSettings http,
      String tcp,
      String udp,
      TimePrecision precision,
      PointNames names,
      TelegrafSchema schema,
      String databaseLabel) {}

  private static final int MAX_LINE = 1 << 20;
  private static final Duration IDLE = Duration.ofMinutes(10);

  private static final Section SECTION =
      new Section("influxdb", "Receives line protocol written to InfluxDB.");
  private static final HttpServerSettings.Keys HTTP_KEYS =
      new HttpServerSettings.Keys(SECTION, "localhost:8086");
  private static final Key<String> TCP =
      SECTION.key(
          "tcp_endpoint",
          Type.STRING,
          "",
          "Address to listen on for lines over TCP; none if empty.");
  private static final Key<String> UDP =
      SECTION.key(
          "udp_endpoint",
          Type.STRING,
          "",
          "Address to listen on for lines over UDP; none if empty.");
  private static final Key<TimePrecision> PRECISION =
      SECTION.key(
          "socket_precision",
          precisions(),
          TimePrecision.NANOSECONDS,
          "Precision of timestamps received over TCP and UDP.");
  private static final Key<PointNames> NAMES =
      SECTION.key(
          "names",
          Type.lowerCase("way of names", PointNames.class),
          PointNames.UNDERSCORES,
          "Handling of characters that are invalid in legacy names of metrics and labels.");
  private static final Key<TelegrafSchema> SCHEMA =
      SECTION.key(
          "metrics_schema",
          Type.oneOf(
              "schema",
              "telegraf-prometheus-v1",
              TelegrafSchema.V1,
              "telegraf-prometheus-v2",
              TelegrafSchema.V2),
          TelegrafSchema.V2,
          "Schema of Prometheus metrics written by Telegraf.");
  private static final Key<String> DATABASE_LABEL =
      SECTION.key(
          "database_label",
          Type.STRING,
          "",
          "Label with the name of the written database or bucket; none if empty.");

  private static Type<TimePrecision> precisions() {
    SequencedMap<String, TimePrecision> words = new LinkedHashMap<>();
    for (String w : new String[] {"ns", "us", "ms", "s", "auto"}) {
      TimePrecision p = TimePrecision.named(w);
      if (p != null) {
        words.put(w, p);
      }
    }
    return Type.oneOf("precision", words);
  }

  @Override
  public String type() {
    return "influxdb";
  }

  @Override
  public String about() {
    return "Receives metrics in Influx's line protocol, over HTTP (versions 1 to 3), TCP and UDP.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(
        o ->
            new Settings(
                HTTP_KEYS.read(o),
                o.get(TCP),
                o.get(UDP),
                o.get(PRECISION),
                o.get(NAMES),
                o.get(SCHEMA),
                o.get(DATABASE_LABEL)));
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  @Override
  public Receiver create(Settings settings, Map<Signal, Consumer> outputs, Context context) {
    return receiver(
        settings,
        outputs,
        Authenticators.find(settings.http.auth(), context),
        context.clock(),
        context.name(),
        context.metrics());
  }

  static PushReceiver receiver(
      Settings s,
      Map<Signal, Consumer> outputs,
      @Nullable ServerAuth auth,
      Scheduler clock,
      String name,
      Registry metrics) {
    HttpServerEndpoint endpoint =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), s.http, auth);
    PointTally tally = new PointTally(name, metrics, clock::nanos);
    List<SocketServerEndpoint> sockets = new ArrayList<>();
    Consumer c = outputs.get(Signal.METRICS);
    if (c != null) {
      PipelinePoints to = new PipelinePoints(c);
      InfluxProtocol p = new InfluxProtocol(to, s.names, s.schema, s.databaseLabel, clock::millis);
      p.addWrites(endpoint);
      p.addQuestions(endpoint);
      p.addMoreQuestions(endpoint);
      PointFormat format =
          (buf, offset, length, sink) -> {
            InfluxPoints points = new InfluxPoints(s.names, Labels.EMPTY, s.schema);
            points.read(buf, offset, length, s.precision, clock.millis(), sink);
            return points.refusals();
          };
      if (!s.tcp.isEmpty()) {
        sockets.add(
            PointSockets.lines(
                new StreamListener.Options(s.tcp, IDLE), MAX_LINE, format, to, tally));
      }
      if (!s.udp.isEmpty()) {
        sockets.add(PointSockets.datagrams(new DatagramListener.Options(s.udp), format, to, tally));
      }
    }
    return new PushReceiver(null, endpoint, clock::nanos, sockets).countRefused(tally);
  }
}
