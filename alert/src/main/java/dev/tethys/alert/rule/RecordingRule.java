package dev.tethys.alert.rule;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.query.promql.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Recording rule: stores a query's result under a new name.
 *
 * <p>Invariant: {@code inputs} and {@code outputs} are the labels of the last result and those
 * derived from them, at equal positions; all outputs differ. A result with the same series in the
 * same order, the common case, needs no label computation.
 */
public final class RecordingRule extends AlertRule {
  private final RuleSpec.Recording spec;
  private List<Labels> inputs = List.of();
  private List<Labels> outputs = List.of();

  RecordingRule(RuleSpec.Recording spec) {
    this.spec = spec;
  }

  @Override
  public RuleSpec.Recording spec() {
    return spec;
  }

  @Override
  List<Output> evaluate(Context c) {
    List<Value.Sample> result = c.own().at(c.queryTime());
    if (!isAsBefore(result)) {
      learn(result);
    }
    if (c.limit() > 0 && result.size() > c.limit()) {
      throw new Failure("exceeded limit of " + c.limit() + " with " + result.size() + " series");
    }
    List<Output> out = new ArrayList<>(result.size());
    for (int i = 0; i < result.size(); i++) {
      Value.Sample s = result.get(i);
      out.add(new Output(outputs.get(i), s.value(), s.histogram()));
    }
    return out;
  }

  private boolean isAsBefore(List<Value.Sample> result) {
    if (result.size() != inputs.size()) {
      return false;
    }
    for (int i = 0; i < result.size(); i++) {
      if (!result.get(i).labels().equals(inputs.get(i))) {
        return false;
      }
    }
    return true;
  }

  private void learn(List<Value.Sample> result) {
    Map<Labels, Labels> known = HashMap.newHashMap(inputs.size());
    for (int i = 0; i < inputs.size(); i++) {
      known.put(inputs.get(i), outputs.get(i));
    }
    List<Labels> in = new ArrayList<>(result.size());
    List<Labels> out = new ArrayList<>(result.size());
    Set<Labels> seen = HashSet.newHashSet(result.size());
    for (Value.Sample s : result) {
      Labels before = known.get(s.labels());
      Labels labels = before == null ? output(s.labels()) : before;
      if (!seen.add(labels)) {
        throw new Failure(
            "vector contains metrics with the same labelset after applying rule labels");
      }
      in.add(s.labels());
      out.add(labels);
    }
    inputs = in;
    outputs = out;
  }

  private Labels output(Labels input) {
    LabelsBuilder b = new LabelsBuilder(input).set(Labels.METRIC_NAME, spec.name());
    spec.labels().forEach(b::set);
    return b.build();
  }
}
