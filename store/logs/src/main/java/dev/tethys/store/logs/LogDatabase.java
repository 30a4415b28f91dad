package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.events.EventDatabase;
import dev.tethys.store.events.EventEngine;
import dev.tethys.store.events.EventView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * Log store on {@link EventEngine}: the folder contents are described there and in {@link
 * LogPartBuilder}.
 */
public final class LogDatabase extends EventDatabase<LogLimits> implements LogStore {
  private final LogSignal signal;
  private final LongSupplier clock;
  private final EventEngine<LogHead, LogHead.Snapshot, LogPart> engine;

  private LogDatabase(FileAccess files, Path directory, LogOptions options) throws IOException {
    super(options.limits());
    this.clock = options.engine().clock();
    this.signal = new LogSignal(tenant -> limits(tenant).retention(), clock);
    EngineOptions engineOptions = options.engine();
    // The rows of a full head are encoded once, also where few long lines fill it.
    long small = Math.min(engineOptions.smallPartBytes(), engineOptions.headBytes() / 2);
    this.engine =
        new EventEngine<>(files, directory, signal, engineOptions.withSmallPartBytes(small));
  }

  /**
   * Opens a store.
   *
   * @throws IOException also if another process has it open
   * @throws dev.tethys.store.files.CorruptionException if the manifest cannot be read
   */
  public static LogDatabase open(FileAccess files, Path directory, LogOptions options)
      throws IOException {
    return new LogDatabase(files, directory, options);
  }

  @Override
  protected EventEngine<?, ?, ?> engine() {
    return engine;
  }

  @Override
  public LogAppendResult append(Scope scope, LogBatch batch) {
    String tenant = scope.tenant();
    LogAdmission admission =
        new LogAdmission(limits(tenant), signal.registry(tenant), batch, tenant, clock.getAsLong());
    admission.check();
    if (admission.stored == 0) {
      return admission.result();
    }
    RequestMemory.charge(batch.size); // for the frame
    engine.append(
        tenant,
        frame -> {
          LogFrame.write(batch, admission.refused, admission.stored, frame);
          return admission::apply;
        });
    return admission.result();
  }

  @Override
  public LogSelection select(Scope scope, List<Matcher> matchers, long from, long to) {
    EventView<LogHead.Snapshot, LogPart> view = engine.view(scope.tenant(), from, to);
    boolean built = false;
    try {
      LogSelection s =
          new SelectionBuilder(view, signal.registry(scope.tenant()), matchers, from, to).build();
      built = true;
      return s;
    } finally {
      if (!built) {
        view.close();
      }
    }
  }

  @Override
  public SortedSet<String> labelNames(Scope scope, List<Matcher> matchers, long from, long to) {
    SortedSet<String> out = new TreeSet<>();
    try (LogSelection s = select(scope, matchers, from, to)) {
      for (Labels l : s.streams()) {
        l.toList().forEach(label -> out.add(label.name()));
      }
    }
    return out;
  }

  @Override
  public SortedSet<String> labelValues(
      Scope scope, String name, List<Matcher> matchers, long from, long to) {
    SortedSet<String> out = new TreeSet<>();
    try (LogSelection s = select(scope, matchers, from, to)) {
      for (Labels l : s.streams()) {
        String value = l.get(name);
        if (!value.isEmpty()) {
          out.add(value);
        }
      }
    }
    return out;
  }

  @Override
  public List<Labels> series(Scope scope, List<Matcher> matchers, long from, long to) {
    try (LogSelection s = select(scope, matchers, from, to)) {
      List<Labels> out = new ArrayList<>(s.streams());
      out.sort(null);
      return out;
    }
  }

  @Override
  public EventDeletion delete(
      Scope scope, String query, List<Matcher> matchers, LogFilter filter, long from, long to) {
    byte[] condition = new DeletionCondition(matchers, filter).encode();
    return deletion(engine.delete(scope.tenant(), query, from, to, condition));
  }
}
