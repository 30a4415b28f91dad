package dev.tethys.pipeline.receiver.archive;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Makes {@code archive} receivers. */
public final class ReplayReceiverFactory implements ReceiverFactory<ReplaySettings> {
  @Override
  public String type() {
    return "archive";
  }

  @Override
  public String about() {
    return "Replays an archive of the exporter of this type, by time, attributes and rate.";
  }

  @Override
  public Type<ReplaySettings> settings() {
    return ReplaySettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return EnumSet.allOf(Signal.class);
  }

  @Override
  public boolean canWait() {
    return true;
  }

  @Override
  public Receiver create(ReplaySettings s, Map<Signal, Consumer> outputs, Context context) {
    return new ReplayReceiver(s, outputs, context);
  }
}
