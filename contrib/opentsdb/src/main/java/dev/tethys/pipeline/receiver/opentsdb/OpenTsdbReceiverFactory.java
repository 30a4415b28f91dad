package dev.tethys.pipeline.receiver.opentsdb;

import dev.tethys.codec.points.PointNames;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.points.MessageListener;
import dev.tethys.pipeline.receiver.points.PipelinePoints;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.SocketServerEndpoint;
import dev.tethys.web.socket.StreamListener;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code opentsdb} receivers. */
public final class OpenTsdbReceiverFactory
    implements ReceiverFactory<OpenTsdbReceiverFactory.Settings> {
  /**
   * Receiver settings.
   *
   * @param telnet address of telnet lines; "" for none
   */
  public record Settings(HttpServerSettings http, String telnet, PointNames names) {}

  private static final Duration IDLE = Duration.ofMinutes(5);

  private static final Section SECTION =
      new Section("opentsdb", "Receives data points written to OpenTSDB.");
  private static final HttpServerSettings.Keys HTTP_KEYS =
      new HttpServerSettings.Keys(SECTION, "localhost:4242");
  private static final Key<String> TELNET =
      SECTION.key(
          "telnet_endpoint", Type.STRING, "", "Address to listen on for lines; none if empty.");
  private static final Key<PointNames> NAMES =
      SECTION.key(
          "names",
          Type.lowerCase("way of names", PointNames.class),
          PointNames.UNDERSCORES,
          "Handling of characters that are invalid in legacy names of metrics and labels.");

  @Override
  public String type() {
    return "opentsdb";
  }

  @Override
  public String about() {
    return "Receives metrics as OpenTSDB does, over HTTP and its telnet interface.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(o -> new Settings(HTTP_KEYS.read(o), o.get(TELNET), o.get(NAMES)));
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
    List<SocketServerEndpoint> sockets = List.of();
    Consumer c = outputs.get(Signal.METRICS);
    if (c != null) {
      PipelinePoints to = new PipelinePoints(c);
      new OpenTsdbProtocol(to, s.names).addTo(endpoint);
      if (!s.telnet.isEmpty()) {
        sockets =
            List.of(
                MessageListener.over(
                    new StreamListener.Options(s.telnet, IDLE),
                    "telnet",
                    TelnetEndpoint::open,
                    new TelnetEndpoint(to, s.names, tally)));
      }
    }
    return new PushReceiver(null, endpoint, clock::nanos, sockets).countRefused(tally);
  }
}
