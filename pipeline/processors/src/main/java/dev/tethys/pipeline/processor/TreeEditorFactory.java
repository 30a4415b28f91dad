package dev.tethys.pipeline.processor;

import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ledger.Drops;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * A factory of processors that edit trees.
 *
 * @param <S> their settings
 */
public final class TreeEditorFactory<S> implements ProcessorFactory<S> {
  /** Edits a tree; returns whether anything changed. */
  @FunctionalInterface
  public interface Edit {
    boolean edit(Telemetry<?> data, Batch batch);

    /** Releases resources; no edits follow. */
    default void stop() {}
  }

  /** Creates an edit of settings. */
  @FunctionalInterface
  public interface Maker<S> {
    Edit make(S settings, Signal signal, Context context);
  }

  private final String type;
  private final List<String> aliases;
  private final String about;
  private final Type<S> settings;
  private final Set<Signal> signals;
  private final String dropReason;
  private final Maker<S> maker;

  public TreeEditorFactory(
      String type, String about, Type<S> settings, Set<Signal> signals, Maker<S> maker) {
    this(type, List.of(), about, settings, signals, Drops.FILTERED, maker);
  }

  public TreeEditorFactory(
      String type,
      List<String> aliases,
      String about,
      Type<S> settings,
      Set<Signal> signals,
      String dropReason,
      Maker<S> maker) {
    this.type = type;
    this.aliases = aliases;
    this.about = about;
    this.settings = settings;
    this.signals = signals;
    this.dropReason = dropReason;
    this.maker = maker;
  }

  @Override
  public String type() {
    return type;
  }

  @Override
  public List<String> aliases() {
    return aliases;
  }

  @Override
  public String about() {
    return about;
  }

  @Override
  public Type<S> settings() {
    return settings;
  }

  @Override
  public Set<Signal> signals() {
    return signals;
  }

  @Override
  public Processor create(S s, Signal signal, Consumer next, Context context) {
    return new Editing(maker.make(s, signal, context), dropReason, next, context.account(signal));
  }

  private static final class Editing extends TreeProcessor {
    private final Edit edit;
    private final String dropReason;

    Editing(Edit edit, String dropReason, Consumer next, ItemAccounting account) {
      super(next, account);
      this.edit = edit;
      this.dropReason = dropReason;
    }

    @Override
    protected boolean edit(Telemetry<?> data, Batch batch) {
      return edit.edit(data, batch);
    }

    @Override
    public void stop(Duration timeLimit) {
      edit.stop();
    }

    @Override
    protected String dropReason() {
      return dropReason;
    }
  }
}
