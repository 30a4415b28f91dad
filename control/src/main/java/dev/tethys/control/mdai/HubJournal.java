package dev.tethys.control.mdai;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Record of events and actions, on disk before they take effect. */
public interface HubJournal {
  /**
   * Journal entry.
   *
   * @param actor user, or {@code automation:RULE}
   * @param action such as {@code event} and {@code variable}
   * @param fields fields by their MDAI names
   * @param change values of the variable that the entry changes; null for another entry
   */
  record Entry(
      String actor,
      String action,
      String target,
      Map<String, String> fields,
      @Nullable Change change) {}

  /** Text values of a variable before and after a change. */
  record Change(String before, String after) {}

  /**
   * Adds entries.
   *
   * @throws IOException if they are not on disk
   */
  void add(List<Entry> entries) throws IOException;
}
