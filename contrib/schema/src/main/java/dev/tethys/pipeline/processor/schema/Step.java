package dev.tethys.pipeline.processor.schema;

import java.util.Map;
import java.util.Set;

/**
 * One change of a schema file in one direction: of attributes, or of names of metrics or events.
 *
 * @param attributes new names of attributes; empty for a change of names
 * @param names new names of metrics or events; empty for a change of attributes
 * @param spans names of the spans that it applies to; empty for all
 * @param holders names of the metrics or events that it applies to; empty for all
 */
record Step(
    Map<String, String> attributes,
    Map<String, String> names,
    Set<String> spans,
    Set<String> holders) {

  Step inverted() {
    return new Step(Renames.inverted(attributes), Renames.inverted(names), spans, holders);
  }
}
