package dev.tethys.store.logs;

import dev.tethys.store.events.DeletionMark;
import dev.tethys.store.events.EventSignal;
import dev.tethys.store.events.PartFile;
import dev.tethys.store.events.PartSink;
import dev.tethys.store.files.ByteSource;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Logs as a signal of the engine of events. */
final class LogSignal implements EventSignal<LogHead, LogHead.Snapshot, LogPart> {
  private final Map<String, StreamRegistry> registries = new ConcurrentHashMap<>();

  StreamRegistry registry(String tenant) {
    return registries.computeIfAbsent(tenant, t -> new StreamRegistry());
  }

  @Override
  public LogHead createHead(String tenant) {
    return new LogHead(registry(tenant));
  }

  @Override
  public void replay(LogHead head, ByteSource frame) {
    LogFrame.replay(frame, head);
  }

  @Override
  public LogPart open(PartFile file) {
    return new LogPart(file, registry(file.entry().tenant()));
  }

  @Override
  public void flush(LogHead head, PartSink sink) throws IOException {
    new LogPartBuilder(head.snapshot()).write(sink);
  }

  /** Copies the rows of the parts that are not deleted into a head and writes that. */
  @Override
  public void merge(
      String tenant, List<LogPart> parts, List<List<DeletionMark>> deletions, PartSink sink)
      throws IOException {
    LogHead head = new LogHead(registry(tenant));
    for (int i = 0; i < parts.size(); i++) {
      PartRows.copy(parts.get(i), deletions.get(i), head);
    }
    new LogPartBuilder(head.snapshot()).write(sink);
  }

  @Override
  public boolean mayHold(LogPart part, DeletionMark mark) {
    SelectedStreams selected =
        new SelectedStreams(
            registry(mark.tenant()), DeletionCondition.decode(mark.condition()).matchers());
    LogPart.Streams s = part.streams();
    for (int i = 0; i < s.stream().length; i++) {
      if (s.firsts()[i] < mark.to()
          && s.lasts()[i] >= mark.from()
          && selected.of(s.numbers()[s.stream()[i]]) >= 0) {
        return true;
      }
    }
    return false;
  }
}
