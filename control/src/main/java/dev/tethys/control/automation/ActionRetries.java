package dev.tethys.control.automation;

import dev.tethys.control.state.StateFile;
import dev.tethys.control.text.Texts;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Failed actions of rules that are retried, and requests in progress. They are on disk, so that a
 * restart continues them with their number of attempts.
 *
 * <p>A request is sent at least once: one whose response a restart cut off is repeated. No action
 * has more than {@link #ATTEMPTS}.
 *
 * <p>Format of the file, which is replaced as a whole: a JSON object with {@code format} (1) and
 * {@code attempts}, the earliest first. Not safe for threads.
 */
public final class ActionRetries {
  /** Maximum number of actions remembered. */
  static final int MAX = 10_000;

  /** Pauses before further attempts of an action. */
  private static final Duration[] PAUSES = {
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30),
    Duration.ofMinutes(2),
    Duration.ofMinutes(10)
  };

  static final int ATTEMPTS = PAUSES.length + 1;

  /** Error of a request with an unknown outcome. */
  private static final String CUT_OFF = "the control plane was restarted before a response arrived";

  /**
   * Attempt of an action for an alert.
   *
   * @param rule rule definition at the time of the attempt
   * @param undo whether it undoes the action
   * @param number attempt number, starting at 1
   */
  record Attempt(AutomationRule rule, int index, Alert alert, boolean undo, int hops, int number) {
    String id() {
      return rule.actionId(index, alert);
    }

    Attempt next() {
      return new Attempt(rule, index, alert, undo, hops, number + 1);
    }
  }

  /**
   * Attempt that is due or in progress.
   *
   * @param error error of the previous attempt; "" for the first
   * @param due monotonic time; null while it is in progress
   */
  record Retry(Attempt attempt, String word, String target, String error, @Nullable Long due) {}

  /**
   * Attempt from before a restart.
   *
   * @param rule name of its rule
   * @param definition hash of the rule at that time
   */
  record Former(
      String rule,
      String definition,
      int index,
      Alert alert,
      boolean undo,
      int hops,
      int number,
      String word,
      String target,
      String error,
      long dueMillis) {}

  private final StateFile file;
  private final Scheduler clock;
  private Map<String, Retry> all = new LinkedHashMap<>(); // by id of the action
  private final List<Former> former = new ArrayList<>();

  /**
   * Reads the attempts of before.
   *
   * @throws IOException if the file cannot be read or is damaged
   */
  public ActionRetries(Path file, Scheduler clock) throws IOException {
    this.file = new StateFile(file);
    this.clock = clock;
    this.file.load(
        n -> {
          for (JsonNode x : n.path("attempts")) {
            former.add(JsonMapper.shared().treeToValue(x, Former.class));
          }
        });
  }

  /** Returns the pause after an attempt; null after the last one. */
  static @Nullable Duration pause(int number) {
    return number < ATTEMPTS ? PAUSES[number - 1] : null;
  }

  /** Computes a hash that identifies an unchanged rule. */
  private static String definition(AutomationRule r) {
    return Texts.sha256(JsonMapper.shared().writeValueAsString(r.tree()));
  }

  /**
   * Restores the attempts from before a restart, once; attempts of changed rules are kept there.
   */
  List<Retry> restore(List<AutomationRule> rules) {
    List<Retry> out = new ArrayList<>();
    for (Former f : List.copyOf(former)) {
      for (AutomationRule r : rules) {
        if (r.name().equals(f.rule) && definition(r).equals(f.definition)) {
          former.remove(f);
          out.add(restored(r, f));
        }
      }
    }
    out.forEach(r -> all.put(r.attempt.id(), r));
    return out;
  }

  private Retry restored(AutomationRule r, Former f) {
    boolean underWay = f.dueMillis == 0;
    Attempt a =
        new Attempt(r, f.index, f.alert, f.undo, f.hops, underWay ? f.number + 1 : f.number);
    long wait =
        underWay ? 0 : Math.clamp(f.dueMillis - clock.millis(), 0, PAUSES[ATTEMPTS - 2].toMillis());
    return new Retry(
        a,
        f.word,
        f.target,
        underWay ? CUT_OFF + " (attempt " + f.number + " of " + ATTEMPTS + ")" : f.error,
        clock.nanos() + wait * 1_000_000);
  }

  /** Keeps the attempts of rules that no longer exist unchanged. */
  List<Former> takeOthers() {
    List<Former> out = List.copyOf(former);
    former.clear();
    return out;
  }

  List<Retry> all() {
    return List.copyOf(all.values());
  }

  /** Whether another action fits. */
  boolean hasRoom(String id) {
    return all.containsKey(id) || all.size() < MAX;
  }

  /**
   * Adds an attempt in place of that of its action.
   *
   * @throws IOException if it is not on disk; nothing has changed then
   */
  void put(Retry r) throws IOException {
    Map<String, Retry> next = new LinkedHashMap<>(all);
    next.remove(r.attempt.id());
    next.put(r.attempt.id(), r);
    replace(next);
  }

  /**
   * Removes an attempt, unless another one has replaced it.
   *
   * @throws IOException if that is not on disk; nothing has changed then
   */
  void remove(Attempt a) throws IOException {
    Retry r = all.get(a.id());
    if (r != null && r.attempt.equals(a)) {
      Map<String, Retry> next = new LinkedHashMap<>(all);
      next.remove(a.id());
      replace(next);
    }
  }

  private void replace(Map<String, Retry> next) throws IOException {
    write(next);
    all = next;
  }

  /** Writes the file. */
  void save() throws IOException {
    write(all);
  }

  private void write(Map<String, Retry> retries) throws IOException {
    ObjectNode n = StateFile.content();
    ArrayNode out = n.putArray("attempts");
    former.forEach(f -> out.add(JsonMapper.shared().<JsonNode>valueToTree(f)));
    for (Retry r : retries.values()) {
      Attempt a = r.attempt;
      Long due = r.due;
      long dueMillis =
          due == null ? 0 : clock.millis() + Math.max(1, (due - clock.nanos()) / 1_000_000);
      out.add(
          JsonMapper.shared()
              .<JsonNode>valueToTree(
                  new Former(
                      a.rule.name(),
                      definition(a.rule),
                      a.index,
                      a.alert,
                      a.undo,
                      a.hops,
                      a.number,
                      r.word,
                      r.target,
                      r.error,
                      dueMillis)));
    }
    file.write(n);
  }
}
