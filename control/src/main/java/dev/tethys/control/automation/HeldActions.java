package dev.tethys.control.automation;

import dev.tethys.control.state.StateFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Actions of rules whose events have not ended: values of variables and rollouts.
 *
 * <p>Format of the file, which is replaced as a whole: a JSON object with {@code format} (1) and
 * {@code actions}, the latest last.
 */
public final class HeldActions {
  private static final int MAX = 10_000;

  /**
   * Held action.
   *
   * @param id ID of the action for this event
   * @param target variable or configuration
   * @param value variable value; "" for a rollout
   * @param since time of the event
   */
  public record Held(
      String id, String rule, String fingerprint, String target, String value, String since) {}

  private final StateFile file;
  private final Map<String, Held> all = new LinkedHashMap<>(); // by id, the latest last
  private final Set<String> loaded = new HashSet<>(); // of a process before this one

  public HeldActions(Path file) throws IOException {
    this.file = new StateFile(file);
    this.file.load(
        n -> {
          for (JsonNode x : n.path("actions")) {
            Held h = JsonMapper.shared().treeToValue(x, Held.class);
            all.put(h.id(), h);
            loaded.add(h.id());
          }
        });
  }

  /** Returns the held actions of a variable, most recent last. */
  synchronized List<Held> of(String target) {
    return all.values().stream().filter(h -> h.target().equals(target)).toList();
  }

  /** Returns the active actions of a rule. */
  synchronized List<Held> ofRule(String rule) {
    return all.values().stream().filter(h -> h.rule().equals(rule)).toList();
  }

  /** Returns an action run by a previous process whose event has not ended; null otherwise. */
  synchronized @Nullable Held ofBefore(String id) {
    return loaded.contains(id) ? all.get(id) : null;
  }

  synchronized void add(Held h) throws IOException {
    Map<String, Held> before = new LinkedHashMap<>(all);
    all.remove(h.id());
    all.put(h.id(), h);
    if (all.size() > MAX) {
      all.remove(all.keySet().iterator().next());
    }
    save(before);
    loaded.remove(h.id());
  }

  synchronized void remove(String id) throws IOException {
    Map<String, Held> before = new LinkedHashMap<>(all);
    if (all.remove(id) != null) {
      save(before);
    }
    loaded.remove(id);
  }

  /** Removes the actions of an event that is no longer known. */
  synchronized void forget(String fingerprint) throws IOException {
    for (Held h : new ArrayList<>(all.values())) {
      if (h.fingerprint().equals(fingerprint)) {
        remove(h.id());
      }
    }
  }

  private void save(Map<String, Held> before) throws IOException {
    ObjectNode n = StateFile.content();
    ArrayNode out = n.putArray("actions");
    all.values().forEach(h -> out.add(JsonMapper.shared().<JsonNode>valueToTree(h)));
    try {
      file.write(n);
    } catch (IOException e) {
      all.clear();
      all.putAll(before);
      throw e;
    }
  }
}
