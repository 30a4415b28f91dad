package dev.tethys.control;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Receiver {@code hand} of logs that a test passes in. */
public final class HandReceiver implements ReceiverFactory<String> {
  private volatile @Nullable Consumer input;

  /** Input of the pipeline since the last start; null before. */
  @Nullable Consumer input() {
    return input;
  }

  @Override
  public String type() {
    return "hand";
  }

  @Override
  public String about() {
    return "Logs that a test passes in.";
  }

  @Override
  public Type<String> settings() {
    return new Section("hand", "Nothing.").type(o -> "");
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  public Receiver create(String s, Map<Signal, Consumer> outputs, Context context) {
    return new Receiver() {
      @Override
      public void start() {
        input = outputs.get(Signal.LOGS);
      }
    };
  }
}
