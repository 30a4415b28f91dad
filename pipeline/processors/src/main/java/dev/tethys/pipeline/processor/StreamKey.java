package dev.tethys.pipeline.processor;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.Objects;

/**
 * Identity of a stream of data points. Attributes in it are copies.
 *
 * @param kind the class of the data, its temporality and whether it is monotonic
 */
public record StreamKey(
    Attributes resource,
    String scope,
    String version,
    Attributes scopeAttributes,
    String name,
    String unit,
    String kind,
    Attributes attributes) {

  /** Returns the key of a point. */
  public static StreamKey of(ResourceGroup<?> r, ScopeGroup<?> s, Metric m, DataPoint p) {
    MetricData<?> data = Objects.requireNonNull(m.data());
    String kind =
        data.getClass().getSimpleName()
            + (data instanceof MetricData.Aggregated<?> a ? a.temporality() : "")
            + (data instanceof MetricData.Sum x && x.isMonotonic() ? "m" : "");
    return new StreamKey(
        r.resource().attributes().copy(),
        s.scope().name(),
        s.scope().version(),
        s.scope().attributes().copy(),
        m.name(),
        m.unit(),
        kind,
        p.attributes().copy());
  }
}
