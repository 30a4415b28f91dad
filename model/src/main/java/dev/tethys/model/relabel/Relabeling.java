package dev.tethys.model.relabel;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rules applied one after another. */
public record Relabeling(List<RelabelRule> rules) {
  /** Changes nothing. */
  public static final Relabeling NONE = new Relabeling(List.of());

  public Relabeling {
    rules = List.copyOf(rules);
  }

  /** True if there are no rules. */
  public boolean isEmpty() {
    return rules.isEmpty();
  }

  /** The rewritten set (the same object if unchanged), or null if it is dropped. */
  public @Nullable Labels apply(Labels labels) {
    if (rules.isEmpty()) {
      return labels;
    }
    LabelsBuilder b = labels.toBuilder();
    if (!apply(b)) {
      return null;
    }
    Labels out = b.build();
    return out.equals(labels) ? labels : out;
  }

  /**
   * Rewrites in place; false if the set is dropped, which leaves the builder in an undefined state.
   */
  public boolean apply(LabelsBuilder labels) {
    for (RelabelRule rule : rules) {
      if (!rule.apply(labels)) {
        return false;
      }
    }
    return true;
  }
}
