package dev.tethys.codec.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.GoQuote;

/**
 * Walks an {@code ExportMetricsServiceRequest} and has its data points translated to series. What
 * encloses data points is read first (the resource before its scopes, a metric's name and
 * temporality before its points), regardless of the order on the wire.
 *
 * <p>A data point or metric that cannot be translated is counted as rejected and the rest
 * continues; only bytes that are not the message throw. Reusable; not for several threads
 * concurrently.
 */
public final class OtlpMetricsReader {
  private final OtlpTranslator translator;
  private final ProtoReader r = new ProtoReader();
  private final ProtoReader points = new ProtoReader();
  private final DataPoint point = new DataPoint();
  private final Attributes scopeAttributes = new Attributes();
  private final Attributes metadata = new Attributes(); // of the metric

  public OtlpMetricsReader(OtlpOptions options) {
    translator = new OtlpTranslator(options);
  }

  /**
   * Translates a request.
   *
   * @throws CodecException if it is malformed; the sink then has the data before the error
   */
  public OtlpResult read(byte[] buf, int offset, int length, OtlpSink sink) {
    OtlpResult result = new OtlpResult();
    translator.begin(sink, result);
    r.reset(buf, offset, length);
    while (r.next()) {
      if (r.field() == 1) {
        int outer = r.enter();
        resource();
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    translator.end();
    return result;
  }

  private void resource() {
    int start = r.position();
    Attributes attributes = translator.resourceAttributes();
    attributes.clear();
    while (r.next()) {
      if (r.field() == 1) {
        int outer = r.enter();
        while (r.next()) {
          if (r.field() == 1) {
            attributes.read(r);
          } else {
            r.skip();
          }
        }
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    translator.beginResource();
    r.position(start);
    while (r.next()) {
      if (r.field() == 2) {
        int outer = r.enter();
        scope();
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    translator.endResource();
  }

  private void scope() {
    int start = r.position();
    scopeAttributes.clear();
    String name = "";
    String version = "";
    String schemaUrl = "";
    while (r.next()) {
      switch (r.field()) {
        case 1 -> {
          int outer = r.enter();
          while (r.next()) {
            switch (r.field()) {
              case 1 -> name = r.readString();
              case 2 -> version = r.readString();
              case 3 -> scopeAttributes.read(r);
              default -> r.skip();
            }
          }
          r.leave(outer);
        }
        case 3 -> schemaUrl = r.readString();
        default -> r.skip();
      }
    }
    translator.beginScope(name, version, schemaUrl, scopeAttributes);
    r.position(start);
    while (r.next()) {
      if (r.field() == 2) {
        int outer = r.enter();
        metric();
        r.leave(outer);
      } else {
        r.skip();
      }
    }
  }

  private void metric() {
    String name = "";
    String description = "";
    String unit = "";
    metadata.clear();
    int data = 0;
    int at = 0;
    int length = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> name = r.readString();
        case 2 -> description = r.readString();
        case 3 -> unit = r.readString();
        case 5, 7, 9, 10, 11 -> {
          data = r.field();
          length = r.readLength();
          at = r.position();
          r.position(at + length);
        }
        case 12 -> metadata.read(r);
        default -> r.skip();
      }
    }
    points.reset(r.buffer(), at, length);
    int temporality = 0;
    boolean monotonic = false;
    int count = 0;
    while (points.next()) {
      switch (points.field()) {
        case 1 -> {
          count++;
          points.skip();
        }
        case 2 -> temporality = points.readInt();
        case 3 -> monotonic = points.readBool();
        default -> points.skip();
      }
    }
    MetricKind kind =
        switch (data) {
          case 5 -> MetricKind.GAUGE;
          case 7 -> monotonic ? MetricKind.MONOTONIC_SUM : MetricKind.SUM;
          case 9 -> MetricKind.HISTOGRAM;
          case 10 -> MetricKind.EXPONENTIAL_HISTOGRAM;
          case 11 -> MetricKind.SUMMARY;
          default -> MetricKind.NONE;
        };
    if (kind == MetricKind.NONE) {
      translator
          .result()
          .reject(0, "metric " + GoQuote.quote(name) + " has no data of a known type");
      return;
    }
    if (!translator.beginMetric(name, description, unit, metadata, kind, temporality, count)) {
      return;
    }
    points.reset(r.buffer(), at, length);
    while (points.next()) {
      if (points.field() == 1) {
        int outer = points.enter();
        point.read(points, kind);
        points.leave(outer);
        translator.point(point);
      } else {
        points.skip();
      }
    }
  }
}
