package dev.tethys.pipeline.receiver.pyroscope;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code pyroscope} receivers: one port, as Pyroscope's distributor has. */
public final class PyroscopeReceiverFactory
    implements ReceiverFactory<PyroscopeReceiverFactory.Settings> {
  /** Receiver settings. */
  public record Settings(HttpServerSettings http) {}

  private static final Section SECTION =
      new Section("pyroscope", "Receives profiles from Pyroscope agents and SDKs.");
  private static final HttpServerSettings.Keys HTTP =
      new HttpServerSettings.Keys(SECTION, "localhost:4040");

  @Override
  public String type() {
    return "pyroscope";
  }

  @Override
  public String about() {
    return "Receives profiles of Pyroscope's agents and SDKs.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(o -> new Settings(HTTP.read(o)));
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.PROFILES);
  }

  @Override
  public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
    return receiver(s, outputs, Authenticators.find(s.http.auth(), context), context.clock())
        .countRefused(PointTally.of(context));
  }

  static PushReceiver receiver(
      Settings s, Map<Signal, Consumer> outputs, @Nullable ServerAuth auth, Scheduler clock) {
    HttpServerEndpoint endpoint =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), s.http, auth);
    Consumer c = outputs.get(Signal.PROFILES);
    if (c != null) {
      PyroscopeProtocol.addTo(endpoint, "", c, clock);
    }
    return new PushReceiver(null, endpoint, clock::nanos);
  }
}
