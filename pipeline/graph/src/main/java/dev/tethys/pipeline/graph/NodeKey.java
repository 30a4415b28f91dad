package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Kind;

/**
 * Identity of a graph node across reloads.
 *
 * @param part distinguishes instances of one component: the pipeline of a processor, the signal of
 *     an exporter, both signals of a connector
 */
record NodeKey(Kind kind, ComponentId id, String part) {
  /** As accounts, metrics and the API call it. */
  String component() {
    return kind == Kind.PROCESSOR ? id + " in " + part : id.toString();
  }

  @Override
  public String toString() {
    return kind.word() + ":" + id + (part.isEmpty() ? "" : "@" + part);
  }
}
