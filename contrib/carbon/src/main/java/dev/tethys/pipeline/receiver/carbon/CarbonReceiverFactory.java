package dev.tethys.pipeline.receiver.carbon;

import dev.tethys.codec.graphite.GraphitePoints;
import dev.tethys.codec.graphite.PathNaming;
import dev.tethys.codec.points.PointNames;
import dev.tethys.collect.exporter.mapping.MappedNaming;
import dev.tethys.collect.exporter.mapping.Mapping;
import dev.tethys.collect.exporter.mapping.MappingFile;
import dev.tethys.collect.exporter.mapping.MetricMapper;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.ListenAddressConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.receiver.points.MessageListener;
import dev.tethys.pipeline.receiver.points.PipelinePoints;
import dev.tethys.pipeline.receiver.points.PointSockets;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.SocketServerEndpoint;
import dev.tethys.web.socket.DatagramListener;
import dev.tethys.web.socket.StreamListener;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Creates {@code carbon} receivers. */
public final class CarbonReceiverFactory
    implements ReceiverFactory<CarbonReceiverFactory.Settings> {
  /**
   * Receiver settings.
   *
   * @param pickle address for pickles; "" for none
   */
  public record Settings(
      String endpoint, boolean udp, Duration idle, String pickle, PathNaming naming) {}

  private static final int MAX_LINE = 64 << 10;

  private static final Section CONFIG = new Section("config", "Settings of the parser.");
  private static final Key<List<RegexNaming.Rule>> RULES =
      CONFIG.key("rules", Type.list(RegexNaming.RULE), List.of(), "Rules in order.");
  private static final Key<String> SEPARATOR =
      CONFIG.key("name_separator", Type.STRING, "", "Separator of the parts of a name.");
  private static final Section PARSER =
      new Section("parser", "Parser that turns paths into series.");
  private static final Key<String> PARSER_TYPE =
      PARSER.key("type", Type.STRING, "plaintext", "Type of the parser: plaintext or regex.");
  private static final Key<YamlObject> PARSER_CONFIG =
      PARSER.optional("config", CONFIG.type(o -> o), "Settings of the parser regex.");

  private static final Section SECTION =
      new Section("carbon", "Receives metrics over Graphite's protocols.");
  private static final Key<String> ENDPOINT =
      SECTION.key(
          "endpoint",
          ListenAddressConfig.TYPE,
          "localhost:2003",
          "Address to listen on for lines: host:port.");
  private static final Key<String> TRANSPORT =
      SECTION.key("transport", Type.STRING, "tcp", "Transport: tcp or udp.");
  private static final Key<Duration> IDLE =
      SECTION.key(
          "tcp_idle_timeout",
          GoDurations.TYPE,
          Duration.ofSeconds(30),
          "Idle time after which a connection is closed.");
  private static final Key<YamlObject> PARSER_KEY =
      SECTION.optional("parser", PARSER.type(o -> o), "Parser that turns paths into series.");
  private static final Key<String> PICKLE =
      SECTION.key(
          "pickle_endpoint", Type.STRING, "", "Address to listen on for pickles; none if empty.");
  private static final Key<String> MAPPING =
      SECTION.key(
          "mapping_file", Type.PATH, "", "Mapping file of graphite_exporter, instead of parser.");
  private static final Key<Boolean> STRICT =
      SECTION.key(
          "strict_match", Type.BOOL, false, "If true, lines that no rule matches are dropped.");
  private static final Key<PointNames> NAMES =
      SECTION.key(
          "names",
          Type.lowerCase("way of names", PointNames.class),
          PointNames.UNDERSCORES,
          "Handling of characters that are invalid in legacy names of metrics and labels.");

  @Override
  public String type() {
    return "carbon";
  }

  @Override
  public String about() {
    return "Receives metrics by Graphite's plaintext and pickle protocols, with tags.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(CarbonReceiverFactory::read);
  }

  private static Settings read(YamlObject o) {
    String transport = o.get(TRANSPORT);
    if (!transport.equals("tcp") && !transport.equals("udp")) {
      throw o.error(TRANSPORT, "transport must be tcp or udp, not \"" + transport + "\"");
    }
    return new Settings(
        o.get(ENDPOINT), transport.equals("udp"), o.get(IDLE), o.get(PICKLE), naming(o));
  }

  private static PathNaming naming(YamlObject o) {
    PointNames names = o.get(NAMES);
    YamlObject parser = o.find(PARSER_KEY);
    String file = o.get(MAPPING);
    if (!file.isEmpty()) {
      if (parser != null) {
        throw o.error(MAPPING, "mapping_file and parser are mutually exclusive");
      }
      try {
        MappingFile rules = MappingFile.read(Path.of(file));
        for (Mapping rule : rules.mappings()) {
          if (rule.scale() != 1) {
            throw o.error(
                MAPPING,
                file
                    + ": the rule for "
                    + rule.match()
                    + " has a scale, which only `tethys exporter graphite` applies: take it out,"
                    + " and multiply by the processor metricstransform (action"
                    + " experimental_scale_value)");
          }
        }
        MetricMapper m = new MetricMapper(rules, MetricMapper.DEFAULT_REMEMBERED);
        return new MappedNaming(m, o.get(STRICT), names);
      } catch (IOException e) {
        throw o.error(MAPPING, file + " cannot be read: " + e.getMessage());
      }
    }
    if (parser == null) {
      return PathNaming.plain(names);
    }
    YamlObject config = parser.find(PARSER_CONFIG);
    return switch (parser.get(PARSER_TYPE)) {
      case "plaintext", "" -> PathNaming.plain(names);
      case "regex" -> {
        if (config == null || config.get(RULES).isEmpty()) {
          throw parser.error("the parser regex requires config with rules");
        }
        yield new RegexNaming(config.get(RULES), config.get(SEPARATOR), names);
      }
      default ->
          throw parser.error(
              PARSER_TYPE, "type must be plaintext or regex, not " + parser.get(PARSER_TYPE));
    };
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  @Override
  public Receiver create(Settings settings, Map<Signal, Consumer> outputs, Context context) {
    return receiver(settings, outputs, context.clock(), context.name(), context.metrics());
  }

  static PushReceiver receiver(
      Settings s, Map<Signal, Consumer> outputs, Scheduler clock, String name, Registry metrics) {
    List<SocketServerEndpoint> sockets = new ArrayList<>();
    Consumer c = outputs.get(Signal.METRICS);
    if (c != null) {
      PipelinePoints to = new PipelinePoints(c);
      PointTally tally = new PointTally(name, metrics, clock::nanos);
      GraphitePoints format = new GraphitePoints(s.naming, clock::millis);
      sockets.add(
          s.udp
              ? PointSockets.datagrams(
                  new DatagramListener.Options(s.endpoint), format::lines, to, tally)
              : PointSockets.lines(
                  new StreamListener.Options(s.endpoint, s.idle),
                  MAX_LINE,
                  format::lines,
                  to,
                  tally));
      if (!s.pickle.isEmpty()) {
        sockets.add(
            MessageListener.over(
                new StreamListener.Options(s.pickle, s.idle),
                "pickle",
                PickleEndpoint::open,
                new PickleEndpoint(format, to, tally)));
      }
    }
    return new PushReceiver(null, null, clock::nanos, sockets);
  }
}
