package dev.tethys.pipeline.receiver.log;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Creates {@code file_log} receivers. */
public final class FileLogReceiverFactory implements ReceiverFactory<FileLogSettings> {
  private static final Section SECTION = new Section("file_log", "Reads log files.");
  private static final FileLogSettings.Keys KEYS = new FileLogSettings.Keys(SECTION);

  @Override
  public String type() {
    return "file_log";
  }

  @Override
  public List<String> aliases() {
    return List.of("filelog");
  }

  @Override
  public String about() {
    return "Reads files of logs, with operators; positions are saved when records are delivered.";
  }

  @Override
  public Type<FileLogSettings> settings() {
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
  public Receiver create(FileLogSettings s, Map<Signal, Consumer> outputs, Context context) {
    return new FileLogReceiver(s, Objects.requireNonNull(outputs.get(Signal.LOGS)), context);
  }
}
