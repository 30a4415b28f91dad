package dev.tethys.alert.template;

import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.GoStruct;
import dev.tethys.model.Histogram;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Query result element available to templates.
 *
 * @param histogram the value if it is a histogram, or null
 */
public record QuerySample(Map<String, String> labels, double value, @Nullable Histogram histogram)
    implements GoStruct {
  @Override
  public String typeName() {
    return "*template.sample";
  }

  @Override
  public Map<String, ?> fields() {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("Labels", GoMap.ofStrings(labels));
    m.put("Value", shown());
    return m;
  }

  /** Returns the value as seen by templates. */
  Object shown() {
    return histogram == null ? value : new GoHistogram(histogram);
  }
}
