package dev.tethys.model.telemetry;

import org.jspecify.annotations.Nullable;

/** A metric: its name, and its data points in a {@link MetricData}. */
public final class Metric extends Message implements Item<Metric> {
  private String name = "";
  private String description = "";
  private String unit = "";
  private Attributes metadata = new Attributes();
  private @Nullable MetricData<?> data;

  public String name() {
    return name;
  }

  public void setName(String name) {
    this.name = name;
  }

  public String description() {
    return description;
  }

  public void setDescription(String description) {
    this.description = description;
  }

  /** In UCUM's notation. */
  public String unit() {
    return unit;
  }

  public void setUnit(String unit) {
    this.unit = unit;
  }

  public Attributes metadata() {
    return metadata;
  }

  /** Null if the metric has no data of a known kind. */
  public @Nullable MetricData<?> data() {
    return data;
  }

  public void setData(@Nullable MetricData<?> data) {
    this.data = data;
  }

  @Override
  public int itemCount() {
    return data == null ? 0 : data.points().size();
  }

  /** A deep copy. */
  @Override
  public Metric copy() {
    Metric c = new Metric();
    c.setUnknownFields(unknownFields());
    c.name = name;
    c.description = description;
    c.unit = unit;
    c.metadata = metadata.copy();
    c.data = data == null ? null : data.copy();
    return c;
  }
}
