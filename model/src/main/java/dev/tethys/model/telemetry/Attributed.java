package dev.tethys.model.telemetry;

/** What carries attributes: resources, scopes, records, spans, events, links, points, exemplars. */
public sealed interface Attributed
    permits DataPoint, Exemplar, LogRecord, Resource, Scope, Span, SpanEvent, SpanLink {
  /** The attributes, which may be changed in place. */
  Attributes attributes();
}
