package dev.tethys.pipeline.stages;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import java.util.List;

/**
 * Passes entries that match a selector through further stages, or drops them. Other entries skip
 * those stages; the order of entries is kept across both paths.
 */
final class MatchStage implements Stage {
  private enum Action {
    KEEP,
    DROP
  }

  private static final Section KEYS =
      new Section("match", "Applies stages to entries that match a selector, or drops them.");
  private static final Key<String> SELECTOR =
      KEYS.required("selector", Type.STRING, "LogQL stream selector, with line filters.");
  private static final Key<YamlNode> STAGES =
      KEYS.optional("stages", Type.ANY, "Stages for the entries that match.");
  private static final Key<Action> ACTION =
      KEYS.key(
          "action",
          Type.of("keep | drop", Action.KEEP, n -> n.parse(MatchStage::action)),
          Action.KEEP,
          "Action on matching entries: keep applies the stages, drop drops them.");
  private static final Key<String> NAME =
      KEYS.optional("pipeline_name", Type.STRING, "Name of the inner pipeline.");
  private static final Key<String> REASON =
      KEYS.key(
          "drop_counter_reason",
          Type.STRING,
          "match_stage",
          "Reason label of the counter of dropped entries.");

  private final Selector selector;
  private final Stage inner;

  private MatchStage(Selector selector, Stage inner) {
    this.selector = selector;
    this.inner = inner;
  }

  static MatchStage parse(YamlNode config, StageContext context, int depth) {
    YamlObject o = config.object(KEYS);
    if (o.has(NAME) && o.get(NAME, "").isEmpty()) {
      throw o.error(NAME, "pipeline_name must not be empty; omit the key instead");
    }
    YamlNode text = o.at(SELECTOR);
    String s = SimpleStages.nonEmpty(o, SELECTOR);
    Selector selector = text == null ? Selector.parse(s) : text.parse(Selector::parse);
    YamlNode list = o.find(STAGES);
    boolean any = list != null && !list.items().isEmpty();
    if (o.get(ACTION) == Action.DROP) {
      if (any) {
        throw o.error(STAGES, "a match stage that drops entries cannot have stages");
      }
      Registry.Counter dropped =
          context.metrics().dropped(DropStage.reason(o, REASON, "match_stage"));
      return new MatchStage(
          selector,
          (e, next) -> {
            dropped.inc();
            e.entry.settle();
          });
    }
    if (!any || list == null) {
      throw o.error("a match stage that keeps entries requires at least one stage in \"stages\"");
    }
    List<Chain.Named> stages = StageTypes.parse(list, context, depth + 1);
    return new MatchStage(selector, new NestedStages(stages, context.observer()));
  }

  private static Action action(String s) {
    return switch (s) {
      case "", "keep" -> Action.KEEP;
      case "drop" -> Action.DROP;
      default ->
          throw new IllegalArgumentException(
              "match stage action should be keep or drop, not \"" + s + "\"");
    };
  }

  @Override
  public void process(StageEntry e, Next next) {
    if (selector.matches(e.labels(), e.line())) {
      inner.process(e, next);
    } else {
      next.accept(e);
    }
  }

  @Override
  public Stage fork() {
    return new MatchStage(selector, inner.fork());
  }

  @Override
  public long nextFlush() {
    return inner.nextFlush();
  }

  @Override
  public void flush(long nanos, Next next) {
    inner.flush(nanos, next);
  }

  @Override
  public void drain(Next next) {
    inner.drain(next);
  }

  @Override
  public void close() {
    inner.close();
  }
}
