package dev.tethys.alert.template;

import dev.tethys.codec.template.GoStruct;
import dev.tethys.model.Histogram;
import dev.tethys.model.histogram.HistogramText;
import java.util.LinkedHashMap;
import java.util.Map;

/** A native histogram as a value in a template. */
public record GoHistogram(Histogram histogram) implements GoStruct {
  @Override
  public String typeName() {
    return "*histogram.FloatHistogram";
  }

  @Override
  public Map<String, ?> fields() {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("Schema", (long) histogram.schema());
    m.put("ZeroThreshold", histogram.zeroThreshold());
    m.put("ZeroCount", histogram.zeroCount());
    m.put("Count", histogram.count());
    m.put("Sum", histogram.sum());
    return m;
  }

  @Override
  public String text() {
    return HistogramText.plain(histogram);
  }
}
