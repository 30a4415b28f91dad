package dev.tethys.pipeline.receiver.log;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import java.util.Map;
import java.util.Set;

/** Creates {@code journald} receivers. */
public final class JournaldReceiverFactory implements ReceiverFactory<JournaldSettings> {
  private static final Section SECTION = new Section("journald", "Reads the journal of systemd.");
  private static final JournaldSettings.Keys KEYS = new JournaldSettings.Keys(SECTION);

  @Override
  public String type() {
    return "journald";
  }

  @Override
  public String about() {
    return "Reads the journal of systemd from its files, with operators.";
  }

  @Override
  public Type<JournaldSettings> settings() {
    return SECTION.type(KEYS::read);
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  public boolean canWait() {
    return true;
  }

  @Override
  public Receiver create(JournaldSettings s, Map<Signal, Consumer> outputs, Context context) {
    return new JournaldReceiver(
        s, SocketLogReceiverFactory.output(s.common(), outputs, context), context);
  }
}
