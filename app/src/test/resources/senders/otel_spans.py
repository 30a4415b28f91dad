"""Sends spans with OpenTelemetry's SDK for Python, and writes what the SDK says of them to the file $SENT."""
import json, os
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

exporter = OTLPSpanExporter(endpoint=os.environ["TETHYS"] + "/v1/traces")


def state(context):
    return context.trace_state.to_header() if context.trace_state else ""


class Noting(SpanExporter):
    def export(self, spans):
        with open(os.environ["SENT"], "a") as f:
            for s in spans:
                f.write(json.dumps(dict(
                    trace=f"{s.context.trace_id:032x}", id=f"{s.context.span_id:016x}", parent=f"{s.parent.span_id:016x}" if s.parent else "",
                    state=state(s.context), name=s.name, kind=s.kind.value + 1, start=str(s.start_time), end=str(s.end_time),
                    status=s.status.status_code.value, message=s.status.description or "", attributes=dict(s.attributes or {}),
                    events=[dict(time=str(e.timestamp), name=e.name, attributes=dict(e.attributes or {})) for e in s.events],
                    links=[dict(trace=f"{l.context.trace_id:032x}", id=f"{l.context.span_id:016x}", state=state(l.context),
                                attributes=dict(l.attributes or {})) for l in s.links],
                    scope=s.instrumentation_scope.name + " " + (s.instrumentation_scope.version or ""), resource=dict(s.resource.attributes))) + "\n")
        return exporter.export(spans)

    def shutdown(self):
        exporter.shutdown()


provider = TracerProvider(resource=Resource({"service.name": "python-shop", "shards": [1, 2]}))
provider.add_span_processor(SimpleSpanProcessor(Noting()))
tracer = provider.get_tracer("shop", "0.3")
remote = dict(trace_id=0x0AF7651916CD43DD8448EB211C80319C, is_remote=True, trace_flags=TraceFlags(1), trace_state=TraceState([("vendor", "a1"), ("other", "b2")]))
parent = trace.set_span_in_context(NonRecordingSpan(SpanContext(span_id=0x00F067AA0BA902B7, **remote)))
with tracer.start_as_current_span(
        "GET /cart", parent, SpanKind.SERVER,
        attributes={"text": 'käse "quoted"\n', "whole": 42, "part": 0.1, "two": 2.0, "yes": True, "texts": ["a", ""], "numbers": [1, 2], "empty": ""},
        links=[Link(SpanContext(span_id=0xAA, **remote), {"why": "batch"})]) as server:
    server.add_event("retry", {"attempt": 2, "final": False})
    with tracer.start_as_current_span("SELECT", kind=SpanKind.CLIENT) as client:
        client.record_exception(ValueError("no rows"))
        client.set_status(Status(StatusCode.ERROR, "no rows"))
    server.set_status(Status(StatusCode.OK))
with tracer.start_as_current_span("alone"):
    pass
provider.shutdown()
