package dev.tethys.model.telemetry;

/** Object with attributes: resources, scopes, records, spans, events, links, points, exemplars. */
public sealed interface Attributed permits AttributedMessage, DataPoint, Exemplar {
  /** The attributes, which may be changed in place. */
  Attributes attributes();
}
