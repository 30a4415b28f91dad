package dev.tethys.pipeline.receiver.otlp;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.ServerAuth;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes {@code otlp} receivers. */
public final class OtlpReceiverFactory implements ReceiverFactory<OtlpReceiverSettings> {
  @Override
  public String type() {
    return "otlp";
  }

  @Override
  public String about() {
    return "Receives traces, metrics and logs by OTLP over gRPC and HTTP.";
  }

  @Override
  public Type<OtlpReceiverSettings> settings() {
    return OtlpReceiverSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.TRACES, Signal.METRICS, Signal.LOGS);
  }

  @Override
  public Receiver create(
      OtlpReceiverSettings settings, Map<Signal, Consumer> outputs, Context context) {
    return new OtlpReceiver(
        settings,
        outputs,
        auth(settings.grpc() == null ? null : settings.grpc().auth(), context),
        auth(settings.http() == null ? null : settings.http().server().auth(), context),
        context.clock());
  }

  private static @Nullable ServerAuth auth(@Nullable Reference reference, Context context) {
    return reference == null ? null : context.extension(reference, ServerAuth.class);
  }
}
