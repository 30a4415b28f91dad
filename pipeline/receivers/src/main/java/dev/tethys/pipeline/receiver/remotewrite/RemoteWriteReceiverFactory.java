package dev.tethys.pipeline.receiver.remotewrite;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Creates {@code prometheus_remote_write} receivers. */
public final class RemoteWriteReceiverFactory implements ReceiverFactory<HttpServerSettings> {
  /** Path used by Prometheus senders. */
  public static final String PATH = "/api/v1/write";

  private static final Section SECTION =
      new Section("prometheus_remote_write", "Receives remote write 1.0 and 2.0.");
  private static final HttpServerSettings.Keys KEYS =
      new HttpServerSettings.Keys(SECTION, "localhost:9090");

  static {
    SECTION.notBuilt(
        "time_threshold", "Age limit of samples; this receiver drops no samples by age.");
  }

  @Override
  public String type() {
    return "prometheus_remote_write";
  }

  @Override
  public List<String> aliases() {
    return List.of("prometheusremotewrite");
  }

  @Override
  public String about() {
    return "Receives metrics by Prometheus's remote write 1.0 and 2.0.";
  }

  @Override
  public Type<HttpServerSettings> settings() {
    return SECTION.type(KEYS::read);
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  @Override
  public Receiver create(
      HttpServerSettings settings, Map<Signal, Consumer> outputs, Context context) {
    return receiver(
            settings,
            outputs,
            Authenticators.find(settings.auth(), context),
            context.clock()::nanos)
        .countRefused(PointTally.of(context));
  }

  static PushReceiver receiver(
      HttpServerSettings settings,
      Map<Signal, Consumer> outputs,
      @Nullable ServerAuth auth,
      LongSupplier nanos) {
    HttpServerEndpoint endpoint =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), settings, auth);
    Consumer c = outputs.get(Signal.METRICS);
    if (c != null) {
      new RemoteWriteProtocol(c).addTo(endpoint, PATH);
    }
    return new PushReceiver(null, endpoint, nanos);
  }
}
