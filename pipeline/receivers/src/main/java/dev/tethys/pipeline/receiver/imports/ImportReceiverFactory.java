package dev.tethys.pipeline.receiver.imports;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.points.PipelinePoints;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code import} receivers. */
public final class ImportReceiverFactory implements ReceiverFactory<HttpServerSettings> {
  private static final Section SECTION =
      new Section("import", "Receives samples over VictoriaMetrics' import API.");
  private static final HttpServerSettings.Keys KEYS =
      new HttpServerSettings.Keys(SECTION, "localhost:8428");

  @Override
  public String type() {
    return "import";
  }

  @Override
  public String about() {
    return "Receives metrics as Prometheus's text, JSON lines and CSV, at VictoriaMetrics's paths.";
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
            settings, outputs, Authenticators.find(settings.auth(), context), context.clock())
        .countRefused(PointTally.of(context));
  }

  static PushReceiver receiver(
      HttpServerSettings settings,
      Map<Signal, Consumer> outputs,
      @Nullable ServerAuth auth,
      Scheduler clock) {
    HttpServerEndpoint endpoint =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), settings, auth);
    Consumer c = outputs.get(Signal.METRICS);
    if (c != null) {
      new ImportProtocol(new PipelinePoints(c), clock::millis).addTo(endpoint);
    }
    return new PushReceiver(null, endpoint, clock::nanos);
  }
}
