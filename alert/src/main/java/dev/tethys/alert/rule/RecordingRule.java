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
 * A rule that stores a query's result under a name of its own.
 *
 * <p>Invariant: {@code outputs} holds the labels made of those of the last result, so that a result
 * with the same series makes none.
 */
public final class RecordingRule extends Rule {
  private final RuleSpec.Recording spec;
  private Map<Labels, Labels> outputs = new HashMap<>();

  RecordingRule(RuleSpec.Recording spec) {
    this.spec = spec;
  }

  @Override
  public RuleSpec.Recording spec() {
    return spec;
  }

  @Override
  List<Output> evaluate(Context c) {
    List<Value.Sample> result = c.query().query(spec.query(), spec.expr(), c.queryTime());
    List<Output> out = new ArrayList<>(result.size());
    Map<Labels, Labels> next = HashMap.newHashMap(result.size());
    Set<Labels> seen = HashSet.newHashSet(result.size());
    for (Value.Sample s : result) {
      Labels known = outputs.get(s.labels());
      Labels labels = known == null ? output(s.labels()) : known;
      next.put(s.labels(), labels);
      if (!seen.add(labels)) {
        throw new Failure(
            "vector contains metrics with the same labelset after applying rule labels");
      }
      out.add(new Output(labels, s.value(), s.histogram()));
    }
    if (c.limit() > 0 && out.size() > c.limit()) {
      throw new Failure("exceeded limit of " + c.limit() + " with " + out.size() + " series");
    }
    outputs = next;
    return out;
  }

  private Labels output(Labels input) {
    LabelsBuilder b = new LabelsBuilder(input).set(Labels.METRIC_NAME, spec.name());
    spec.labels().forEach(b::set);
    return b.build();
  }
}
