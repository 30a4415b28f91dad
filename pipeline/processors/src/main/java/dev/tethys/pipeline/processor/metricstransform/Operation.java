package dev.tethys.pipeline.processor.metricstransform;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.DistributionDataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.pipeline.ottl.ValueText;
import dev.tethys.pipeline.processor.Points;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** One edit of the data points of a metric. */
final class Operation {
  private enum Action {
    ADD_LABEL,
    UPDATE_LABEL,
    DELETE_LABEL_VALUE,
    TOGGLE_SCALAR_DATA_TYPE,
    EXPERIMENTAL_SCALE_VALUE,
    AGGREGATE_LABELS,
    AGGREGATE_LABEL_VALUES
  }

  private record ValueAction(String value, String newValue) {}

  private static final Section VALUE_ACTION =
      new Section("value action", "Replacement of an attribute value.");
  private static final Key<String> VALUE =
      VALUE_ACTION.required("value", Type.STRING, "Value to replace.");
  private static final Key<String> VALUE_NEW =
      VALUE_ACTION.required("new_value", Type.STRING, "Value that replaces the old one.");

  private static final Section SECTION = new Section("operation", "Operation on data points.");
  private static final Key<Action> ACTION =
      SECTION.required(
          "action",
          Type.lowerCase("action", Action.class),
          "Operation: add_label, update_label, delete_label_value, "
              + "toggle_scalar_data_type, experimental_scale_value, aggregate_labels "
              + "or aggregate_label_values.");
  private static final Key<String> LABEL =
      SECTION.key("label", Type.STRING, "", "Attribute to change.");
  private static final Key<String> NEW_LABEL =
      SECTION.key(
          "new_label",
          Type.STRING,
          "",
          "New name of the attribute, or name of the added attribute.");
  private static final Key<String> NEW_VALUE =
      SECTION.key(
          "new_value",
          Type.STRING,
          "",
          "Value of the added attribute or of the aggregated points.");
  private static final Key<String> LABEL_VALUE =
      SECTION.key("label_value", Type.STRING, "", "Attribute value whose points are deleted.");
  private static final Key<List<String>> LABEL_SET =
      SECTION.key("label_set", Type.list(Type.STRING), List.of(), "Attributes to keep.");
  private static final Key<List<String>> AGGREGATED_VALUES =
      SECTION.key(
          "aggregated_values",
          Type.list(Type.STRING),
          List.of(),
          "Attribute values that are aggregated into one.");
  private static final Key<Points.Aggregation> AGGREGATION =
      SECTION.key(
          "aggregation_type",
          Type.lowerCase("aggregation", Points.Aggregation.class),
          Points.Aggregation.SUM,
          "Aggregation of points: sum, mean, min, max, count or median.");
  private static final Key<Double> SCALE =
      SECTION.key("experimental_scale", Type.FLOAT, 1.0, "Factor by which values are multiplied.");
  private static final Key<List<ValueAction>> VALUE_ACTIONS =
      SECTION.key(
          "value_actions",
          Type.list(VALUE_ACTION.type(o -> new ValueAction(o.get(VALUE), o.get(VALUE_NEW)))),
          List.of(),
          "Replacements of attribute values.");

  static final Type<Operation> TYPE = SECTION.type(Operation::new);

  private static final LimitedLog LOG =
      new LimitedLog(JulLogger.of("dev.tethys.pipeline.processor"));

  private static final double LN2 = Math.log(2);

  private final Action action;
  private final String label;
  private final String newLabel;
  private final String newValue;
  private final String labelValue;
  private final Set<String> labelSet;
  private final Set<String> aggregated;
  private final Points.Aggregation aggregation;
  private final double scale;
  private final Map<String, String> valueActions = new LinkedHashMap<>();

  private Operation(YamlObject o) {
    action = o.get(ACTION);
    label = o.get(LABEL);
    newLabel = o.get(NEW_LABEL);
    newValue = o.get(NEW_VALUE);
    labelValue = o.get(LABEL_VALUE);
    labelSet = new HashSet<>(o.get(LABEL_SET));
    aggregated = new HashSet<>(o.get(AGGREGATED_VALUES));
    aggregation = o.get(AGGREGATION);
    scale = o.get(SCALE);
    o.get(VALUE_ACTIONS).forEach(v -> valueActions.put(v.value(), v.newValue()));
    boolean lacking =
        switch (action) {
          case ADD_LABEL -> newLabel.isEmpty() || newValue.isEmpty();
          case UPDATE_LABEL, DELETE_LABEL_VALUE -> label.isEmpty();
          case AGGREGATE_LABEL_VALUES -> label.isEmpty() || newValue.isEmpty();
          default -> false;
        };
    if (lacking) {
      throw o.error(
          action == Action.ADD_LABEL
              ? "needs new_label and new_value"
              : action == Action.AGGREGATE_LABEL_VALUES
                  ? "needs label and new_value"
                  : "needs a label");
    }
  }

  /**
   * Edits a metric.
   *
   * @param which selects its points
   * @param whole whether these are all of them; changes of the metric itself are made only then
   */
  void apply(Metric m, Predicate<DataPoint> which, boolean whole) {
    MetricData<?> data = m.data();
    if (data == null) {
      return;
    }
    boolean single =
        switch (action) {
          case UPDATE_LABEL, TOGGLE_SCALAR_DATA_TYPE, EXPERIMENTAL_SCALE_VALUE -> true;
          default -> false;
        };
    if (!single && !whole) {
      return;
    }
    if (data instanceof MetricData.Summary && isAggregation()) {
      LOG.log(
          Level.WARNING, "Summary not aggregated processor=metricstransform metric={0}", m.name());
      return;
    }
    switch (action) {
      case ADD_LABEL -> {
        for (DataPoint p : data.points()) {
          if (!p.attributes().contains(newLabel)) {
            p.attributes().put(newLabel, newValue);
          }
        }
      }
      case UPDATE_LABEL ->
          data.points().stream().filter(which).forEach(p -> update(p.attributes()));
      case DELETE_LABEL_VALUE ->
          data.points()
              .removeIf(
                  p ->
                      p.attributes().contains(label)
                          && ValueText.of(p.attributes().get(label)).equals(labelValue));
      case TOGGLE_SCALAR_DATA_TYPE ->
          data.points().stream().filter(which).forEach(Operation::toggle);
      case EXPERIMENTAL_SCALE_VALUE -> data.points().stream().filter(which).forEach(this::scale);
      case AGGREGATE_LABELS -> {
        data.points().forEach(p -> p.attributes().removeIf((k, _) -> !labelSet.contains(k)));
        Points.aggregate(data, aggregation);
      }
      case AGGREGATE_LABEL_VALUES -> {
        for (DataPoint p : data.points()) {
          if (p.attributes().contains(label)
              && aggregated.contains(ValueText.of(p.attributes().get(label)))) {
            p.attributes().put(label, newValue);
          }
        }
        Points.aggregate(data, aggregation);
      }
    }
  }

  private boolean isAggregation() {
    return action == Action.AGGREGATE_LABELS || action == Action.AGGREGATE_LABEL_VALUES;
  }

  private void update(Attributes a) {
    int i = a.indexOf(label);
    if (i < 0) {
      return;
    }
    Object v = a.value(i);
    String replaced = valueActions.get(ValueText.of(v));
    Object value = replaced == null ? v : replaced;
    if (newLabel.isEmpty() || newLabel.equals(label)) {
      a.setValue(i, value);
    } else {
      a.remove(label);
      a.put(newLabel, value);
    }
  }

  private static void toggle(DataPoint p) {
    if (p instanceof NumberDataPoint n) {
      if (n.isInt()) {
        n.setDouble(n.longValue());
      } else {
        n.setLong((long) n.doubleValue());
      }
    }
  }

  private void scale(DataPoint p) {
    switch (p) {
      case NumberDataPoint n when n.isInt() -> n.setLong((long) (n.longValue() * scale));
      case NumberDataPoint n -> n.setDouble(n.doubleValue() * scale);
      case HistogramDataPoint h -> {
        double[] bounds = h.explicitBounds().clone();
        for (int i = 0; i < bounds.length; i++) {
          bounds[i] *= scale;
        }
        h.setExplicitBounds(bounds);
        scale(h);
      }
      case ExponentialHistogramDataPoint e when scale <= 0 -> {
        // no bucket could hold the result
      }
      case ExponentialHistogramDataPoint e -> {
        e.setZeroThreshold(e.zeroThreshold() * scale);
        if (e.positiveCounts().length > 0) {
          e.setPositiveOffset(offset(e.scale(), e.positiveOffset()));
        }
        if (e.negativeCounts().length > 0) {
          e.setNegativeOffset(offset(e.scale(), e.negativeOffset()));
        }
        scale(e);
      }
      case SummaryDataPoint _ -> {
        // not scaled by the Collector either
      }
    }
  }

  private void scale(DistributionDataPoint p) {
    if (p.hasSum()) {
      p.setSum(p.sum() * scale);
    }
    if (p.hasMin()) {
      p.setMin(p.min() * scale);
    }
    if (p.hasMax()) {
      p.setMax(p.max() * scale);
    }
    for (Exemplar e : p.hasExemplars() ? p.exemplars() : List.<Exemplar>of()) {
      if (e.isInt()) {
        e.setLong((long) (e.longValue() * scale));
      } else if (e.isDouble()) {
        e.setDouble(e.doubleValue() * scale);
      }
    }
  }

  /**
   * Returns the index shift of buckets under scaling, found from the middle of a bucket; all
   * buckets shift equally. Uses logarithms because bounds of coarse buckets are not representable
   * as doubles.
   */
  private int offset(int scaleOfBuckets, int index) {
    double width = Math.scalb(1.0, -scaleOfBuckets);
    double within = width > 60 ? width - 1 : Math.log((1 + Math.pow(2, width)) / 2) / LN2;
    double middle = index * width + within;
    return (int) Math.ceil((middle + Math.log(scale) / LN2) / width) - 1;
  }
}
