package dev.tethys.pipeline.receiver.splunk;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.AckRegistry;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code splunk_hec} receivers. */
public final class SplunkReceiverFactory
    implements ReceiverFactory<SplunkReceiverFactory.Settings> {
  private static final Section SECTION =
      new Section("splunk_hec", "Receives events over Splunk's HTTP Event Collector protocol.");
  private static final HttpServerSettings.Keys HTTP =
      new HttpServerSettings.Keys(SECTION, "localhost:8088");
  private static final Key<String> RAW_PATH =
      SECTION.key(
          "raw_path",
          Type.STRING,
          "/services/collector/raw",
          "Path of raw events, in addition to the default.");
  private static final Key<String> HEALTH_PATH =
      SECTION.key(
          "health_path",
          Type.STRING,
          "/services/collector/health",
          "Path of health checks, in addition to the default.");
  private static final Key<Boolean> SPLITTING =
      SECTION.key(
          "splitting",
          Type.oneOf("splitting", "line", false, "none", true),
          false,
          "Splitting of raw events: line, or none for one event per request.");
  private static final Key<Boolean> PASS_TOKEN =
      SECTION.key(
          "access_token_passthrough",
          Type.BOOL,
          false,
          "If true, the token of the client becomes the resource attribute"
              + " com.splunk.hec.access_token.");
  private static final Section ACK = new Section("ack", "Acknowledgements that clients ask for.");
  private static final Key<Reference> ACK_EXTENSION =
      ACK.optional(
          "extension",
          Reference.TYPE,
          "Extension ack, which numbers the requests of each channel; without it they are numbered"
              + " for all channels together.");
  private static final Key<String> ACK_PATH =
      ACK.key(
          "path",
          Type.STRING,
          "/services/collector/ack",
          "Path of acknowledgements, in addition to the default.");
  private static final Key<Ack> ACK_KEYS =
      SECTION.key("ack", ACK.type(SplunkReceiverFactory::ack), new Ack(null, ""), ACK.doc());
  private static final Section NAMES =
      new Section("hec_metadata_to_otel_attrs", "Resource attributes of the metadata of events.");
  private static final List<Key<String>> NAME_KEYS = names();
  private static final Key<List<String>> METADATA =
      SECTION.key(
          "hec_metadata_to_otel_attrs",
          NAMES.type(o -> NAME_KEYS.stream().map(o::get).toList()),
          SplunkProtocol.COLLECTOR_NAMES,
          NAMES.doc());
  private static final Type<Settings> TYPE = SECTION.type(SplunkReceiverFactory::read);

  /**
   * Acknowledgements.
   *
   * @param extension null for numbers of all channels together
   */
  record Ack(@Nullable Reference extension, String path) {}

  /**
   * Receiver settings.
   *
   * @param names attributes for host, source, sourcetype and index
   * @param ack extension that keeps acknowledgements; null if none
   */
  public record Settings(
      HttpServerSettings server,
      SplunkProtocol.Paths paths,
      List<String> names,
      @Nullable Reference ack) {}

  private static Ack ack(YamlObject o) {
    requireSlash(o, ACK_PATH);
    return new Ack(o.find(ACK_EXTENSION), o.get(ACK_PATH));
  }

  private static void requireSlash(YamlObject o, Key<String> k) {
    if (!o.get(k).startsWith("/")) {
      throw o.error(k, k.name() + " is \"" + o.get(k) + "\"; it must begin with /");
    }
  }

  private static List<Key<String>> names() {
    List<Key<String>> out = new ArrayList<>();
    for (int i = 0; i < HecRequest.KEYS.size(); i++) {
      String key = HecRequest.KEYS.get(i);
      out.add(
          NAMES.key(
              key,
              Type.STRING,
              SplunkProtocol.COLLECTOR_NAMES.get(i),
              "Resource attribute of " + key + "."));
    }
    return List.copyOf(out);
  }

  private static Settings read(YamlObject o) {
    requireSlash(o, RAW_PATH);
    requireSlash(o, HEALTH_PATH);
    Ack ack = o.get(ACK_KEYS);
    return new Settings(
        HTTP.read(o),
        new SplunkProtocol.Paths(
            o.get(RAW_PATH), o.get(HEALTH_PATH), ack.path, o.get(SPLITTING), o.get(PASS_TOKEN)),
        o.get(METADATA),
        ack.extension);
  }

  @Override
  public String type() {
    return "splunk_hec";
  }

  @Override
  public String about() {
    return "Receives events that are sent to Splunk's HTTP Event Collector, as logs and metrics.";
  }

  @Override
  public Type<Settings> settings() {
    return TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS, Signal.METRICS);
  }

  @Override
  public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
    Reference ack = s.ack();
    return receiver(
            s,
            outputs,
            Authenticators.find(s.server().auth(), context),
            ack == null ? null : context.extension(ack, AckRegistry.class),
            context.clock())
        .countRefused(PointTally.of(context));
  }

  static PushReceiver receiver(
      Settings s,
      Map<Signal, Consumer> outputs,
      @Nullable ServerAuth auth,
      @Nullable AckRegistry acks,
      Scheduler clock) {
    HttpServerEndpoint endpoint =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), s.server(), auth);
    new SplunkProtocol(
            outputs.get(Signal.LOGS),
            outputs.get(Signal.METRICS),
            clock,
            s.names(),
            s.paths(),
            acks)
        .addTo(endpoint);
    return new PushReceiver(null, endpoint, clock::nanos);
  }
}
