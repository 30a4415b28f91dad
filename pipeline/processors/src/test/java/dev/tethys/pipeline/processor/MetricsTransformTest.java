package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.processor.metricstransform.MetricsTransform;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code metricstransform} against the cases of the Collector's own tests. A case is its
 * transforms, {@code >}, the input, and {@code >}, the output; a metric is its type, name, unit and
 * points, {@code [start..time attributes: value]}, a histogram's value being {@code
 * count/sum/bounds/counts}, and {@code /min/max/exemplars}.
 */
final class MetricsTransformTest {
  private static final Pattern METRIC =
      Pattern.compile("(gauge|sum|histogram) (\\S+)(?: unit=(\\S+))?((?: \\[[^]]*])*)");
  private static final Pattern POINT =
      Pattern.compile("\\[(\\d+)\\.\\.(\\d+)((?: [^ :]+)*): ([^]]+)]");

  private final Rig rig = new Rig();

  static Metric metric(String line) {
    Matcher m = METRIC.matcher(line.strip());
    assertThat(m.matches()).as(line).isTrue();
    Metric metric = new Metric();
    metric.setName(m.group(2));
    metric.setUnit(m.group(3) == null ? "" : m.group(3));
    List<DataPoint> points = new ArrayList<>();
    Matcher p = POINT.matcher(m.group(4));
    while (p.find()) {
      points.add(point(p));
    }
    switch (m.group(1)) {
      case "gauge" -> {
        MetricData.Gauge g = new MetricData.Gauge();
        points.forEach(x -> g.points().add((NumberDataPoint) x));
        metric.setData(g);
      }
      case "sum" -> {
        MetricData.Sum s = new MetricData.Sum();
        points.forEach(x -> s.points().add((NumberDataPoint) x));
        metric.setData(s);
      }
      default -> {
        MetricData.Histogram h = new MetricData.Histogram();
        points.forEach(x -> h.points().add((HistogramDataPoint) x));
        metric.setData(h);
      }
    }
    return metric;
  }

  private static DataPoint point(Matcher p) {
    String[] value = p.group(4).split("/", -1);
    DataPoint point;
    if (value.length == 1) {
      NumberDataPoint n = new NumberDataPoint();
      if (value[0].contains(".")) {
        n.setDouble(Double.parseDouble(value[0]));
      } else {
        n.setLong(Long.parseLong(value[0]));
      }
      point = n;
    } else {
      HistogramDataPoint h = new HistogramDataPoint();
      h.setCount(Long.parseLong(value[0]));
      h.setSum(Double.parseDouble(value[1]));
      h.setExplicitBounds(
          Arrays.stream(value[2].split(",")).mapToDouble(Double::parseDouble).toArray());
      h.setBucketCounts(Arrays.stream(value[3].split(",")).mapToLong(Long::parseLong).toArray());
      if (value.length > 4) {
        h.setMin(Double.parseDouble(value[4]));
        h.setMax(Double.parseDouble(value[5]));
        for (String e : value[6].split(",")) {
          Exemplar x = new Exemplar();
          x.setDouble(Double.parseDouble(e));
          h.exemplars().add(x);
        }
      }
      point = h;
    }
    point.setStartTimeUnixNano(Long.parseLong(p.group(1)));
    point.setTimeUnixNano(Long.parseLong(p.group(2)));
    for (String a : p.group(3).strip().split(" ")) {
      if (!a.isEmpty()) {
        point.attributes().put(a.substring(0, a.indexOf('=')), a.substring(a.indexOf('=') + 1));
      }
    }
    return point;
  }

  /** A metric, with everything that counts, in an order that does not depend on how it was made. */
  static String text(Metric m) {
    return Objects.requireNonNull(m.data()).getClass().getSimpleName().toLowerCase(Locale.ROOT)
        + " "
        + m.name()
        + " "
        + m.unit()
        + Objects.requireNonNull(m.data()).points().stream()
            .map(MetricsTransformTest::text)
            .toList();
  }

  private static String text(DataPoint p) {
    List<String> attributes = new ArrayList<>();
    p.attributes().forEach((k, v) -> attributes.add(k + "=" + v));
    attributes.sort(null);
    String value =
        switch (p) {
          case NumberDataPoint n -> n.isInt() ? "" + n.longValue() : "" + n.doubleValue();
          case HistogramDataPoint h ->
              h.count()
                  + "/"
                  + h.sum()
                  + Arrays.toString(h.explicitBounds())
                  + Arrays.toString(h.bucketCounts())
                  + (h.hasMin() ? h.min() + "-" + h.max() : "")
                  + h.exemplars().stream().map(Exemplar::doubleValue).toList();
          default -> throw new AssertionError();
        };
    return p.startTimeUnixNano() + ".." + p.timeUnixNano() + attributes + value;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // update
        "{include: metric1, action: update, new_name: new/metric1}"
            + " > gauge metric1 [1..2: 3] > gauge new/metric1 [1..2: 3]",
        "{include: metric1, action: update, new_name: new/metric1},"
            + " {include: metric2, action: update, new_name: new/metric2}"
            + " > gauge metric1 [1..2: 3]; gauge metric2 [1..2: 3]"
            + " > gauge new/metric1 [1..2: 3]; gauge new/metric2 [1..2: 3]",
        "{include: '^(metric)(?P<namedsubmatch>[12])$', match_type: regexp, action: update,"
            + " new_name: new/$1/$namedsubmatch},"
            + " {include: new/metric/1, action: update, new_name: new/new/metric1}"
            + " > gauge metric1 [1..2: 3]; gauge metric2 [1..2: 3]; gauge metric3 [1..2: 3]"
            + " > gauge new/new/metric1 [1..2: 3]; gauge new/metric/2 [1..2: 3];"
            + " gauge metric3 [1..2: 3]",
        "{include: nonexist, action: update, new_name: new/metric1}"
            + " > gauge metric1 [1..2: 3] > gauge metric1 [1..2: 3]",
        "{include: metric1, action: update, operations: [{action: update_label, label: label1,"
            + " new_label: new/label1}]} > gauge metric1 [1..2 label1=value1: 3] > gauge metric1"
            + " [1..2 new/label1=value1: 3]",
        "{include: metric1, action: update, operations: [{action: update_label, label: label1,"
            + " value_actions: [{value: v1, new_value: new/v1}]}]}"
            + " > gauge metric1 [1..2 label1=v1: 3] [1..2 label1=v2: 3]"
            + " > gauge metric1 [1..2 label1=new/v1: 3] [1..2 label1=v2: 3]",
        "{include: metric1, action: update, operations: [{action: update_label, label: label1,"
            + " new_label: new/label1, value_actions: [{value: v1, new_value: new/v1}]}]}"
            + " > gauge metric1 [1..2 label1=v1: 3] > gauge metric1 [1..2 new/label1=new/v1: 3]",
        "{include: '^matched.*$', match_type: regexp, action: update, operations: [{action:"
            + " update_label, label: label1, value_actions: [{value: v1, new_value: new/v1}]}]}"
            + " > gauge matched-metric1 [1..2 label1=v1 label2=w: 3];"
            + " gauge unmatched-metric2 [1..2 label1=v1 label2=w: 3]"
            + " > gauge matched-metric1 [1..2 label1=new/v1 label2=w: 3];"
            + " gauge unmatched-metric2 [1..2 label1=v1 label2=w: 3]",
        // aggregate_labels
        "{include: metric1, action: update, operations: [{action: aggregate_labels,"
            + " aggregation_type: sum, label_set: [label1]}]}"
            + " > gauge metric1 [1..2 label1=v1 label2=a: 3] [1..2 label1=v1 label2=b: 1]"
            + " > gauge metric1 [1..2 label1=v1: 4]",
        "{include: metric1, action: update, operations: [{action: aggregate_labels,"
            + " aggregation_type: mean, label_set: [label1]}]}"
            + " > gauge metric1 [1..2 label1=v1 label2=a: 3] [1..2 label1=v1 label2=b: 1]"
            + " > gauge metric1 [1..2 label1=v1: 2]",
        "{include: metric1, action: update, operations: [{action: aggregate_labels,"
            + " aggregation_type: max, label_set: [label1]}]}"
            + " > gauge metric1 [1..2 label1=v1 label2=a: 1] [1..2 label1=v1 label2=b: 3]"
            + " [1..2 label1=v1 label2=b: 2] > gauge metric1 [1..2 label1=v1: 3]",
        "{include: metric1, action: update, operations: [{action: aggregate_labels,"
            + " aggregation_type: min, label_set: [label1]}]}"
            + " > gauge metric1 [1..2 label1=v1 label2=a: 1] [1..2 label1=v1 label2=b: 3]"
            + " [1..2 label1=v1 label2=b: 2] > gauge metric1 [1..2 label1=v1: 1]",
        "{include: metric1, action: update, operations: [{action: aggregate_labels,"
            + " aggregation_type: mean, label_set: [label1]}]}"
            + " > gauge metric1 [1..2 label1=v1 label2=a: 3.0] [1..2 label1=v1 label2=b: 1.0]"
            + " > gauge metric1 [1..2 label1=v1: 2.0]",
        "{include: metric1, action: update, operations: [{action: aggregate_labels,"
            + " aggregation_type: max, label_set: [label1]}]}"
            + " > gauge metric1 [1..2 label1=v1 label2=a: 3.0] [1..2 label1=v1 label2=b: 1.0]"
            + " > gauge metric1 [1..2 label1=v1: 3.0]",
        "{include: metric1, action: update, operations: [{action: aggregate_labels,"
            + " aggregation_type: min, label_set: [label1]}]}"
            + " > gauge metric1 [2..2 label1=v2 label2=c: 3.0] [0..2 label1=v0 label2=d: 4.0]"
            + " [1..2 label1=v1 label2=a: 1.0] [1..2 label1=v1 label2=b: 3.0]"
            + " > gauge metric1 [2..2 label1=v2: 3.0] [0..2 label1=v0: 4.0] [1..2 label1=v1: 1.0]",
        "{include: metric1, experimental_match_labels: {label0: a}, action: insert, new_name:"
            + " new/metric1, operations: [{action: aggregate_labels, aggregation_type: sum,"
            + " label_set: [label1, label2]}]}"
            + " > gauge metric1 [1..2 label0=a label1=x label2=y label3=1: 3.0]"
            + " [1..2 label0=a label1=x label2=y label3=2: 1.0]"
            + " [1..2 label0=b label1=x label2=y label3=1: 1.0]"
            + " > gauge metric1 [1..2 label0=a label1=x label2=y label3=1: 3.0]"
            + " [1..2 label0=a label1=x label2=y label3=2: 1.0]"
            + " [1..2 label0=b label1=x label2=y label3=1: 1.0];"
            + " gauge new/metric1 [1..2 label1=x label2=y: 4.0]",
        "{include: metric1, action: update, operations: [{action: aggregate_label_values,"
            + " new_value: new/v, aggregation_type: sum, label: label2, aggregated_values: [a,"
            + " b]}]} > gauge metric1 [0..2 label1=x label2=a: 3] [0..2 label1=x label2=b: 1] [1..2"
            + " label1=x label2=c: 1] [2..2 label1=x label2=d: 4] > gauge metric1 [0..2 label1=x"
            + " label2=new/v: 4] [1..2 label1=x label2=c: 1] [2..2 label1=x label2=d: 4]",
        "{include: metric1, action: update, operations: [{action: aggregate_labels,"
            + " aggregation_type: sum, label_set: [label1]}]}"
            + " > histogram metric1 [0..1 label1=x label2=a: 3/6/1,2,3/0,1,1,1]"
            + " [0..1 label1=x label2=b: 5/10/1,2,3/0,2,1,2]"
            + " [1..1 label1=x label2=c: 7/14/1,2,3/0,3,1,3]"
            + " > histogram metric1 [0..1 label1=x: 15/30/1,2,3/0,6,3,6]",
        "{include: metric1, experimental_match_labels: {label1: x}, action: update, operations:"
            + " [{action: aggregate_labels, aggregation_type: sum, label_set: [label1]}]}"
            + " > gauge metric1 [1..2 label1=x label2=a: 3] [0..2 label1=y label2=b: 1]"
            + " > gauge metric1 [1..2 label1=x label2=a: 3] [0..2 label1=y label2=b: 1]",
        "{include: metric1, action: update, operations: [{action: aggregate_labels,"
            + " aggregation_type: mean, label_set: [label1]}]}"
            + " > histogram metric1 [1..2 label1=x label2=a: 3/6/1,2,3/0,1,1,1]"
            + " > histogram metric1 [1..2 label1=x: 3/6/1,2,3/0,1,1,1]",
        // insert
        "{include: metric1, action: insert, new_name: new/metric1},"
            + " {include: metric2, action: insert, new_name: new/metric2}"
            + " > gauge metric1 [1..2: 3]; gauge metric2 [1..2: 3]"
            + " > gauge metric1 [1..2: 3]; gauge metric2 [1..2: 3]; gauge new/metric1 [1..2: 3];"
            + " gauge new/metric2 [1..2: 3]",
        "{include: metric1, experimental_match_labels: {label1: value1}, action: insert, new_name:"
            + " new/metric1}"
            + " > gauge metric1 [1..3 label1=value1 label2=w: 2]"
            + " > gauge metric1 [1..3 label1=value1 label2=w: 2];"
            + " gauge new/metric1 [1..3 label1=value1 label2=w: 2]",
        "{include: metric1, match_type: regexp, experimental_match_labels: {label1:"
            + " '(.|\\s)*\\S(.|\\s)*'}, action: insert, new_name: new/metric1}"
            + " > gauge metric1 [1..2 label1=value1: 3]"
            + " > gauge metric1 [1..2 label1=value1: 3]; gauge new/metric1 [1..2 label1=value1: 3]",
        "{include: metric1, match_type: regexp, experimental_match_labels: {label1: value3},"
            + " action: insert, new_name: new/metric1}"
            + " > gauge metric1 [1..2 label1=value1: 3] [2..2 label1=value3: 3]"
            + " > gauge metric1 [1..2 label1=value1: 3] [2..2 label1=value3: 3];"
            + " gauge new/metric1 [2..2 label1=value3: 3]",
        "{include: metric1, match_type: regexp, experimental_match_labels: {label1: value3},"
            + " action: insert, new_name: new/metric1}"
            + " > gauge metric1 [1..2 label1=value1: 3] [2..2 label1=value11: 3]"
            + " > gauge metric1 [1..2 label1=value1: 3] [2..2 label1=value11: 3]",
        "{include: metric1, experimental_match_labels: {label1: wrong}, action: insert, new_name:"
            + " new/metric1} > gauge metric1 [1..2 label1=value1: 3]"
            + " > gauge metric1 [1..2 label1=value1: 3]",
        "{include: metric1, match_type: regexp, experimental_match_labels: {label1:"
            + " '.*wrong_ending'}, action: insert, new_name: new/metric1}"
            + " > gauge metric1 [1..2 label1=value1: 3] > gauge metric1 [1..2 label1=value1: 3]",
        "{include: metric1, experimental_match_labels: {missing_key: value1}, action: insert,"
            + " new_name: new/metric1} > gauge metric1 [1..2 label1=value1: 3]"
            + " > gauge metric1 [1..2 label1=value1: 3]",
        "{include: metric1, match_type: regexp, experimental_match_labels: {missing_key: value1},"
            + " action: insert, new_name: new/metric1} > gauge metric1 [1..2 label1=value1: 3]"
            + " > gauge metric1 [1..2 label1=value1: 3]",
        "{include: metric1, match_type: regexp, experimental_match_labels: {label1: value1,"
            + " missing_key: value2}, action: insert, new_name: new/metric1}"
            + " > gauge metric1 [1..2 label1=value1: 3] > gauge metric1 [1..2 label1=value1: 3]",
        "{include: metric1, match_type: regexp, experimental_match_labels: {label1: value1,"
            + " missing_key: '^$'}, action: insert, new_name: new/metric1}"
            + " > gauge metric1 [1..2 label1=value1: 3]"
            + " > gauge metric1 [1..2 label1=value1: 3]; gauge new/metric1 [1..2 label1=value1: 3]",
        "{include: metric1, action: insert, new_name: new/metric1, operations: [{action:"
            + " update_label, label: label1, new_label: new/label1}]}"
            + " > gauge metric1 [1..2 label1=v label2=w: 3]"
            + " > gauge metric1 [1..2 label1=v label2=w: 3];"
            + " gauge new/metric1 [1..2 new/label1=v label2=w: 3]",
        "{include: metric1, action: insert, new_name: new/metric1, operations: [{action:"
            + " update_label, label: label1, value_actions: [{value: v1, new_value: new/v1}]}]}"
            + " > gauge metric1 [1..2 label1=v1: 3] [1..2 label1=v2: 4]"
            + " > gauge metric1 [1..2 label1=v1: 3] [1..2 label1=v2: 4];"
            + " gauge new/metric1 [1..2 label1=new/v1: 3] [1..2 label1=v2: 4]",
        "{include: metric1, action: insert, new_name: n, operations: [{action: aggregate_labels,"
            + " aggregation_type: sum, label_set: [label1]}]}"
            + " > gauge metric1 [1..2 label1=x label2=a: 3] [1..2 label1=x label2=b: 1]"
            + " > gauge metric1 [1..2 label1=x label2=a: 3] [1..2 label1=x label2=b: 1];"
            + " gauge n [1..2 label1=x: 4]",
        "{include: metric1, action: insert, new_name: n, operations: [{action:"
            + " aggregate_label_values, new_value: new/v, aggregation_type: sum, label: label2,"
            + " aggregated_values: [a, b]}]}"
            + " > gauge metric1 [1..2 label1=x label2=a: 3] [1..2 label1=x label2=b: 1]"
            + " > gauge metric1 [1..2 label1=x label2=a: 3] [1..2 label1=x label2=b: 1];"
            + " gauge n [1..2 label1=x label2=new/v: 4]",
        "{include: metric1, action: insert, new_name: n, operations: [{action: aggregate_labels,"
            + " aggregation_type: sum, label_set: [label1]}]}"
            + " > histogram metric1 [1..2 label1=x label2=a: 3/6/1,2/0,1,2]"
            + " [1..2 label1=x label2=b: 5/10/1,2/1,1,3]"
            + " > histogram metric1 [1..2 label1=x label2=a: 3/6/1,2/0,1,2]"
            + " [1..2 label1=x label2=b: 5/10/1,2/1,1,3];"
            + " histogram n [1..2 label1=x: 8/16/1,2/1,2,5]",
        // combine
        "{include: '^([mM]etric)(?P<namedsubmatch>[12])$', match_type: regexp, action: combine,"
            + " new_name: new, submatch_case: lower}"
            + " > gauge Metric1 [1..1: 1]; gauge metric2 [1..1: 2]; gauge metric3 [1..1: 3]"
            + " > gauge metric3 [1..1: 3];"
            + " gauge new [1..1 $1=metric namedsubmatch=1: 1] [1..1 $1=metric namedsubmatch=2: 2]",
        "{include: '^X(metric)(?P<namedsubmatch>[12])$', match_type: regexp, action: combine,"
            + " new_name: new}"
            + " > gauge metric1 [1..1: 1]; gauge metric2 [1..1: 2]"
            + " > gauge metric1 [1..1: 1]; gauge metric2 [1..1: 2]",
        "{include: '^([mM]etric)(?P<namedsubmatch>[1])$', match_type: regexp, action: combine,"
            + " new_name: new, submatch_case: upper}"
            + " > gauge Metric1 [1..1: 1]; gauge metric2 [1..1: 2]; gauge metric3 [1..1: 3]"
            + " > gauge metric2 [1..1: 2]; gauge metric3 [1..1: 3];"
            + " gauge new [1..1 $1=METRIC namedsubmatch=1: 1]",
        "{include: '^metric[12]$', match_type: regexp, action: combine, new_name: new,"
            + " aggregation_type: sum}"
            + " > gauge metric1 [1..1: 1]; gauge metric2 [1..1: 2]; gauge metric3 [1..1: 3]"
            + " > gauge metric3 [1..1: 3]; gauge new [1..1: 3]",
        "{include: '^(metric)(?P<namedsubmatch>[12])$', match_type: regexp, action: combine,"
            + " new_name: new, operations: [{action: add_label, new_label: new_label, new_value:"
            + " value}, {action: aggregate_labels, aggregation_type: sum, label_set: [$1,"
            + " new_label]}]}"
            + " > gauge metric1 [1..1: 1]; gauge metric2 [1..1: 2]; gauge metric3 [1..1: 3]"
            + " > gauge metric3 [1..1: 3]; gauge new [1..1 $1=metric new_label=value: 3]",
        "{include: '^metric[12]$', match_type: regexp, action: combine, new_name: new}"
            + " > gauge metric1 [1..1: 1]; sum metric2 [1..1: 2]; gauge metric3 [1..1: 3]"
            + " > gauge metric1 [1..1: 1]; sum metric2 [1..1: 2]; gauge metric3 [1..1: 3]",
        "{include: '^metric[12]$', match_type: regexp, action: combine, new_name: new}"
            + " > gauge metric1 unit=s [1..1: 1]; gauge metric2 unit=ms [1..1: 2]"
            + " > gauge metric1 unit=s [1..1: 1]; gauge metric2 unit=ms [1..1: 2]",
        "{include: '^metric[12]$', match_type: regexp, action: combine, new_name: new}"
            + " > gauge metric1 [1..1 a=1 b=2: 1]; gauge metric2 [1..1 a=1 b=2 c=3: 2]"
            + " > gauge metric1 [1..1 a=1 b=2: 1]; gauge metric2 [1..1 a=1 b=2 c=3: 2]",
        "{include: '^metric[12]$', match_type: regexp, action: combine, new_name: new}"
            + " > gauge metric1 [1..1 a=1 b=2: 1]; gauge metric2 [1..1 a=1 c=3: 2]"
            + " > gauge metric1 [1..1 a=1 b=2: 1]; gauge metric2 [1..1 a=1 c=3: 2]",
        // toggle_scalar_data_type
        "{include: metric., match_type: regexp, action: update, operations: [{action:"
            + " toggle_scalar_data_type}]}"
            + " > sum metric1 [1..1: 1]; gauge metric2 [1..1: 1]; gauge metric3 [1..1: 1.0]"
            + " > sum metric1 [1..1: 1.0]; gauge metric2 [1..1: 1.0]; gauge metric3 [1..1: 1]",
        "{include: metric1, action: update, operations: [{action: toggle_scalar_data_type}]}"
            + " > histogram metric1 [0..2: 3/6/1,2,3/0,1,1,1]"
            + " > histogram metric1 [0..2: 3/6/1,2,3/0,1,1,1]",
        // experimental_scale_value
        "{include: metric1, action: update, operations: [{action: experimental_scale_value,"
            + " experimental_scale: 100}]}, {include: metric2, action: update, operations:"
            + " [{action: experimental_scale_value, experimental_scale: 10}]} > sum metric1 [1..1:"
            + " 1]; gauge metric2 [1..1: 3] > sum metric1 [1..1: 100]; gauge metric2 [1..1: 30]",
        "{include: metric1, action: update, operations: [{action: experimental_scale_value,"
            + " experimental_scale: 100}]}, {include: metric2, action: update, operations:"
            + " [{action: experimental_scale_value, experimental_scale: .1}]} > sum metric1 [1..1:"
            + " 1.0]; gauge metric2 [1..1: 300.0] > sum metric1 [1..1: 100.0]; gauge metric2 [1..1:"
            + " 30.0]",
        "{include: metric1, action: update, operations: [{action: experimental_scale_value,"
            + " experimental_scale: 100}]}, {include: metric2, action: update, operations:"
            + " [{action: experimental_scale_value, experimental_scale: .1}]} > histogram metric1"
            + " [1..1: 1/1/1/1,1]; histogram metric2 [1..1: 2/400/200/1,2] > histogram metric1"
            + " [1..1: 1/100/100/1,1]; histogram metric2 [1..1: 2/40/20/1,2]",
        "{include: metric1, action: update, operations: [{action: experimental_scale_value,"
            + " experimental_scale: 100}]}, {include: metric2, action: update, operations:"
            + " [{action: experimental_scale_value, experimental_scale: .1}]} > histogram metric1"
            + " [1..1: 1/1/1/1,1/1/1/1]; histogram metric2 [2..2: 2/400/200/1,2/100/300/100,300] >"
            + " histogram metric1 [1..1: 1/100/100/1,1/100/100/100]; histogram metric2 [2..2:"
            + " 2/40/20/1,2/10/30/10,30]",
        "{include: metric1, experimental_match_labels: {label1: v1}, action: update, operations:"
            + " [{action: experimental_scale_value, experimental_scale: 100}]}, {include: metric2,"
            + " experimental_match_labels: {label1: v1}, action: update, operations: [{action:"
            + " experimental_scale_value, experimental_scale: 10}]}"
            + " > sum metric1 [1..1 label1=v1: 1] [1..1 label1=v2: 3];"
            + " histogram metric2 [1..1 label1=v1: 1/1/1/1,1] [1..1 label1=v2: 2/4/2/1,2]"
            + " > sum metric1 [1..1 label1=v1: 100] [1..1 label1=v2: 3];"
            + " histogram metric2 [1..1 label1=v1: 1/10/10/1,1] [1..1 label1=v2: 2/4/2/1,2]",
        // add_label, delete_label_value
        "{include: metric1, action: update, operations: [{action: add_label, new_label: foo,"
            + " new_value: bar}]} > gauge metric1 [1..2: 3] > gauge metric1 [1..2 foo=bar: 3]",
        "{include: metric1, action: update, operations: [{action: add_label, new_label: foo,"
            + " new_value: bar}]} > gauge metric1 [1..2 label1=v label2=w: 3]"
            + " > gauge metric1 [1..2 label1=v label2=w foo=bar: 3]",
        "{include: metric1, action: update, operations: [{action: add_label, new_label: label1,"
            + " new_value: value3}]} > gauge metric1 [1..2 label1=v label2=w: 3]"
            + " > gauge metric1 [1..2 label1=v label2=w: 3]",
        "{include: mymetric, action: update, operations: [{action: add_label, new_label: foo,"
            + " new_value: bar}]} > gauge metric1 [1..2 label1=v: 3]"
            + " > gauge metric1 [1..2 label1=v: 3]",
        "{include: metric, action: update, operations: [{action: delete_label_value, label: label1,"
            + " label_value: v1}]} > gauge metric [1..2 label1=v1 label2=w: 3]"
            + " [1..2 label1=v2 label2=w: 4] > gauge metric [1..2 label1=v2 label2=w: 4]",
        "{include: metric, action: update, operations: [{action: delete_label_value, label: label1,"
            + " label_value: v1}]} > gauge metric [1..2 label1=v1 label2=w: 3] > ",
      })
  void passesCasesOfTheCollector(String aCase) {
    String[] parts = aCase.split(" > ?", 3);
    Metric[] in =
        Arrays.stream(parts[1].split(";")).map(MetricsTransformTest::metric).toArray(Metric[]::new);
    rig.send(
        rig.processor(MetricsTransform.factory(), Signal.METRICS, "transforms: [" + parts[0] + "]"),
        Rig.metrics("s", in));
    String expected =
        Arrays.stream(parts[2].split(";"))
            .filter(s -> !s.isBlank())
            .map(MetricsTransformTest::metric)
            .map(MetricsTransformTest::text)
            .collect(Collectors.joining("\n"));
    String got =
        rig.out.isEmpty()
            ? ""
            : Rig.all(rig.lastMetrics()).stream()
                .map(MetricsTransformTest::text)
                .collect(Collectors.joining("\n"));
    assertThat(got).isEqualTo(expected);
    assertThat(rig.balanced()).isTrue();
  }

  /** Two summaries that differ in a label stay apart: their quantiles cannot be joined. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{include: s, action: update, operations: [{action: aggregate_labels, label_set: [a]}]}",
        "{include: s, action: update, operations: [{action: aggregate_label_values, label: b,"
            + " aggregated_values: [x, y], new_value: z}]}",
        "{include: s, action: combine, new_name: t}",
        "{include: 's(.*)', match_type: regexp, action: combine, new_name: t}"
      })
  void leavesSummariesUnchanged(String transform) {
    MetricData.Summary s = new MetricData.Summary();
    for (String b : List.of("x", "y")) {
      SummaryDataPoint p = new SummaryDataPoint();
      p.setTimeUnixNano(1);
      p.attributes().put("a", "1");
      p.attributes().put("b", b);
      s.points().add(p);
    }
    Metric m = new Metric();
    m.setName("s");
    m.setData(s);
    rig.send(
        rig.processor(
            MetricsTransform.factory(), Signal.METRICS, "transforms: [" + transform + "]"),
        Rig.metrics("r", m));
    Metric out = Rig.all(rig.lastMetrics()).getFirst();
    assertThat(out.name()).isEqualTo("s");
    assertThat(Objects.requireNonNull(out.data()).points())
        .extracting(p -> p.attributes().get("b"))
        .containsExactly("x", "y");
  }
}
