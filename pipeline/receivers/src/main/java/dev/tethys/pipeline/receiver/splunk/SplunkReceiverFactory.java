package dev.tethys.pipeline.receiver.splunk;

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
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes {@code splunk_hec} receivers. */
public final class SplunkReceiverFactory implements ReceiverFactory<HttpServerSettings> {
  private static final Section SECTION =
      new Section("splunk_hec", "Receives events over Splunk's HTTP Event Collector protocol.");
  private static final HttpServerSettings.Keys HTTP =
      new HttpServerSettings.Keys(SECTION, "localhost:8088");
  private static final Type<HttpServerSettings> TYPE = SECTION.type(HTTP::read);

  @Override
  public String type() {
    return "splunk_hec";
  }

  @Override
  public String about() {
    return "Receives events that are sent to Splunk's HTTP Event Collector, as logs.";
  }

  @Override
  public Type<HttpServerSettings> settings() {
    return TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  public Receiver create(HttpServerSettings s, Map<Signal, Consumer> outputs, Context context) {
    return receiver(s, outputs, Authenticators.find(s.auth(), context), context.clock())
        .countRefused(PointTally.of(context));
  }

  static PushReceiver receiver(
      HttpServerSettings s,
      Map<Signal, Consumer> outputs,
      @Nullable ServerAuth auth,
      Scheduler clock) {
    HttpServerEndpoint endpoint =
        new HttpServerEndpoint(new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), s, auth);
    Consumer to = Objects.requireNonNull(outputs.get(Signal.LOGS));
    new SplunkProtocol(to, clock, SplunkProtocol.COLLECTOR_NAMES).addTo(endpoint);
    return new PushReceiver(null, endpoint, clock::nanos);
  }
}
