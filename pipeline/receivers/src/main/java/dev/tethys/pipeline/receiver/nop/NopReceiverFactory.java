package dev.tethys.pipeline.receiver.nop;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * Creates {@code nop} receivers, which never emit data: a pipeline requires a receiver even if only
 * extensions are used.
 */
public final class NopReceiverFactory implements ReceiverFactory<NopReceiverFactory.Settings> {
  /** Empty settings. */
  public record Settings() {}

  private static final String ABOUT = "Receives nothing.";
  private static final Type<Settings> TYPE = new Section("nop", ABOUT).type(o -> new Settings());

  @Override
  public String type() {
    return "nop";
  }

  @Override
  public String about() {
    return ABOUT;
  }

  @Override
  public Type<Settings> settings() {
    return TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return EnumSet.allOf(Signal.class);
  }

  @Override
  public Receiver create(Settings settings, Map<Signal, Consumer> outputs, Context context) {
    return new Receiver() {};
  }
}
