package dev.tethys.web.internal;

import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.SpanRecorder;
import dev.tethys.model.tracing.TraceContext;

/**
 * The span of a request, named and described as by Prometheus and Alertmanager; source of the
 * attributes: OpenTelemetry's semantic conventions for HTTP servers. Queries are not recorded: they
 * can hold anything, and their relevant parts have their own spans.
 */
final class RequestSpan {
  private RequestSpan() {}

  static ActiveSpan begin(SpanRecorder recorder, IncomingRequest q) {
    if (!recorder.isOn()) {
      return ActiveSpan.NONE;
    }
    ActiveSpan span =
        recorder.begin(
            q.method() + " " + q.path(),
            ActiveSpan.Kind.SERVER,
            TraceContext.of(
                q.header(TraceContext.PARENT_HEADER), q.header(TraceContext.STATE_HEADER)));
    if (span.isRecorded()) {
      String agent = q.header("User-Agent");
      span.set("http.request.method", q.method())
          .set("url.path", q.path())
          .set("url.scheme", q.isSecure() ? "https" : "http")
          .set("network.protocol.version", q.protocol().substring(q.protocol().indexOf('/') + 1))
          .set("client.address", q.remoteAddress().getAddress().getHostAddress());
      if (!q.host().isEmpty()) {
        span.set("server.address", q.host());
      }
      if (agent != null) {
        span.set("user_agent.original", agent);
      }
    }
    return span;
  }

  static void end(ActiveSpan span, OutgoingResponse r) {
    if (span.isRecorded()) {
      span.set("http.response.status_code", r.status());
      if (!r.route().isEmpty()) {
        span.set("http.route", r.route());
      }
      if (r.status() >= 500) {
        span.failed("");
      }
    }
    span.close();
  }
}
