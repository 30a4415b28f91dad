package dev.tethys.pipeline.stages;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import org.jspecify.annotations.Nullable;

/**
 * Input of a stage: an extracted value, or the line.
 *
 * @param name name of the extracted value, or null for the line
 */
record Source(@Nullable String name) {
  static Key<String> key(Section section) {
    return section.optional(
        "source", Type.STRING, "Extracted value to parse; by default the line.");
  }

  static Source of(YamlObject o, Key<String> key) {
    String s = o.find(key);
    if (s != null && s.isEmpty() && o.has(key)) {
      throw o.error(key, "\"source\" must not be empty; omit it to read the line");
    }
    return new Source(s);
  }

  /** Returns the text; returns null if the value does not exist or has no text form. */
  @Nullable String text(StageEntry e) {
    return name == null ? e.line() : e.extracted.text(name);
  }
}
