package dev.tethys.pipeline.operators;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.operators.expr.Expression;
import dev.tethys.pipeline.operators.expr.ExpressionException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Operator of a running chain: its {@link Action}, the entries to which it applies, and their
 * destination. Thread-safe if its action is.
 */
final class Operator implements Sink {
  /** Handling of an entry after an operator error. */
  enum OnError {
    SEND,
    SEND_QUIET,
    DROP,
    DROP_QUIET
  }

  /** Action of an operator. */
  @FunctionalInterface
  interface Action {
    /**
     * Processes an entry and passes it on.
     *
     * @throws OperatorException if it fails before anything was passed on
     */
    void process(Entry e, Operator self) throws OperatorException, InterruptedException;

    /** Passes on the entries that were held back for too long. */
    default void tick(long nanos, Operator self) throws InterruptedException {}

    /** Passes on all buffered entries, because no more follow. */
    default void flush(Operator self) throws InterruptedException {}
  }

  /** Changes an entry, which is then forwarded. */
  @FunctionalInterface
  interface Change {
    void apply(Entry e) throws OperatorException;

    /** Returns the action that applies this change and passes the entry on. */
    default Action action() {
      return (e, self) -> {
        apply(e);
        self.emit(e);
      };
    }
  }

  /**
   * Settings common to all operators.
   *
   * @param output ids; null for the next operator
   * @param condition null for every entry
   */
  record Common(
      @Nullable String id,
      @Nullable List<String> output,
      OnError onError,
      @Nullable Expression<Entry> condition) {}

  /** The keys of that, in the section of an operator. */
  static final class CommonKeys {
    private final Key<String> type;
    private final Key<String> id;
    private final Key<List<String>> output;
    private final Key<OnError> onError;
    private final Key<Expression<Entry>> condition;

    CommonKeys(Section s) {
      type = s.required("type", Type.STRING, "Type of the operator.");
      id = s.optional("id", Type.STRING, "Identifier of the operator; defaults to its type.");
      output =
          s.optional(
              "output",
              ONE_OR_MORE,
              "Operators that receive the entries; by default the next one.");
      onError =
          s.key(
              "on_error",
              Type.lowerCase("on_error", OnError.class),
              OnError.SEND,
              "Handling of entries on which the operator failed.");
      condition =
          s.optional(
              "if", Conditions.TYPE, "Condition of the entries to which the operator applies.");
    }

    Common read(YamlObject o) {
      o.get(type);
      return new Common(o.find(id), o.find(output), o.get(onError), o.find(condition));
    }
  }

  /** Type of one id or a list of ids. */
  static final Type<List<String>> ONE_OR_MORE =
      Type.of(
          "string or list of string",
          null,
          n -> n.isList() ? Type.list(Type.STRING).read(n) : List.of(n.asString()));

  final String id;
  private final Common common;
  private final Action action;
  private final OperatorReport report;
  private List<Sink> outputs = List.of();

  Operator(String id, Common common, Action action, OperatorReport report) {
    this.id = id;
    this.common = common;
    this.action = action;
    this.report = report;
  }

  /** Connects it; once, before it is used. */
  void connect(List<Sink> to) {
    outputs = List.copyOf(to);
  }

  @Override
  public void accept(Entry e) throws InterruptedException {
    String reason;
    try {
      if (common.condition != null && !common.condition.test(e)) {
        emit(e);
        return;
      }
      action.process(e, this);
      return;
    } catch (OperatorException | ExpressionException x) {
      reason = String.valueOf(x.getMessage());
    }
    failed(e, reason);
  }

  void failed(Entry e, String reason) throws InterruptedException {
    OnError o = common.onError;
    report.failed(id, reason, o == OnError.SEND_QUIET || o == OnError.DROP_QUIET);
    if (o == OnError.SEND || o == OnError.SEND_QUIET) {
      emit(e);
    } else {
      drop(e);
    }
  }

  void drop(Entry e) {
    report.dropped(id);
    e.settle();
  }

  /** Forwards an entry to every output. */
  void emit(Entry e) throws InterruptedException {
    to(outputs, e);
  }

  static void to(List<Sink> outputs, Entry e) throws InterruptedException {
    if (outputs.size() == 1) {
      outputs.getFirst().accept(e);
      return;
    }
    if (outputs.isEmpty()) {
      e.settle();
      return;
    }
    List<Entry> copies = e.copies(outputs.size());
    for (int i = 0; i < copies.size(); i++) {
      outputs.get(i).accept(copies.get(i));
    }
  }

  void tick(long nanos) throws InterruptedException {
    action.tick(nanos, this);
  }

  void flush() throws InterruptedException {
    action.flush(this);
  }

  void reportFailure(String reason) {
    report.failed(id, reason, false);
  }
}
