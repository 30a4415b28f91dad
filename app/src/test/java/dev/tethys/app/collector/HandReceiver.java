package dev.tethys.app.collector;

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

/** The receiver {@code hand}, which passes on batches of a test. */
final class HandReceiver implements ReceiverFactory<String> {
  private final Signal signal;
  private volatile @Nullable Consumer input;

  HandReceiver(Signal signal) {
    this.signal = signal;
  }

  /** Where it leads, since it was started last; null before that. */
  @Nullable Consumer input() {
    return input;
  }

  @Override
  public String type() {
    return "hand";
  }

  @Override
  public String about() {
    return "What a test hands in.";
  }

  @Override
  public Type<String> settings() {
    return new Section("hand", "Nothing.").type(o -> "");
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(signal);
  }

  @Override
  public Receiver create(String s, Map<Signal, Consumer> outputs, Context context) {
    return new Receiver() {
      @Override
      public void start() {
        input = outputs.get(signal);
      }
    };
  }
}
