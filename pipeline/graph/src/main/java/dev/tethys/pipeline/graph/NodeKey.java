package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;

/**
 * Identity of a graph node across reloads.
 *
 * @param part distinguishes instances of one component: the pipeline of a processor, the signal of
 *     an exporter, both signals of a connector
 */
record NodeKey(ComponentKind kind, ComponentId id, String part) {
  /** Returns the name used in accounts, metrics and the API. */
  String component() {
    return kind == ComponentKind.PROCESSOR ? id + " in " + part : id.toString();
  }

  @Override
  public String toString() {
    return kind.word() + ":" + id + (part.isEmpty() ? "" : "@" + part);
  }
}
