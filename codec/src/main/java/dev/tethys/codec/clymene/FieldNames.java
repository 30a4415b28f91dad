package dev.tethys.codec.clymene;

import java.util.Set;
import java.util.function.Predicate;

/**
 * Label names in documents whose labels share a level with other fields. A label with the name of
 * such a field gets the prefix {@code exported_}, as a scrape renames labels of a target; in
 * Clymene the label replaces the field.
 */
public final class FieldNames {
  /** Document fields of a sample. */
  public static final Set<String> OF_SAMPLES = Set.of("value", "timestamp");

  private FieldNames() {}

  /**
   * The name of a label in a document.
   *
   * @param fields field names of the document
   * @param isLabel whether the series has a label of a name
   */
  public static String of(String label, Set<String> fields, Predicate<String> isLabel) {
    if (!fields.contains(label)) {
      return label;
    }
    String name = label;
    do {
      name = "exported_" + name;
    } while (isLabel.test(name));
    return name;
  }
}
